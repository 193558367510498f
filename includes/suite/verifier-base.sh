# Le StatefulSet base doit avoir une réplique, et trois demandes de volume.
manque() { echo "Pas encore. $1"; exit 1; }

voulues=$(kubectl get statefulset base -o jsonpath='{.spec.replicas}')
[ "$voulues" = 1 ] || manque "Répliques voulues : $voulues."
demandes=$(kubectl get pvc -l app=base -o name | grep -c .)
[ "$demandes" -eq 3 ] || manque "Demandes de volume : $demandes. Avez-vous demandé trois répliques ?"
echo "C’est réussi."
