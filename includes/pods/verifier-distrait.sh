# Le Pod distrait doit exister, et son programme s’être terminé sans erreur.
manque() { echo "Pas encore. $1"; exit 1; }

kubectl get pod distrait > /dev/null 2>&1 || manque "Le Pod distrait n’existe pas."
etat=$(kubectl get pod distrait -o jsonpath='{.status.phase}')
[ "$etat" = Succeeded ] || manque "L’état du Pod distrait est $etat, et non Succeeded."
echo "C’est réussi."
