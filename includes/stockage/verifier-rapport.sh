# Le Pod rapport doit tourner, avec la demande rapports.
manque() { echo "Pas encore. $1"; exit 1; }

kubectl get pvc rapports > /dev/null 2>&1 || manque "La demande rapports n’existe pas."
etat=$(kubectl get pod rapport -o jsonpath='{.status.phase}' 2> /dev/null)
[ "$etat" = Running ] || manque "Le Pod rapport ne tourne pas."
demande=$(kubectl get pod rapport -o jsonpath='{.spec.volumes[*].persistentVolumeClaim.claimName}')
[ "$demande" = rapports ] || manque "Le Pod rapport n’utilise plus la demande rapports."
echo "C’est réussi."
