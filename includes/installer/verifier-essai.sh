# Le Pod essai doit être prêt.
manque() { echo "Pas encore. $1"; exit 1; }

kubectl get pod essai > /dev/null 2>&1 || manque "Le Pod essai n’existe pas."
pret=$(kubectl get pod essai -o jsonpath='{.status.conditions[?(@.type=="Ready")].status}')
[ "$pret" = True ] || manque "Le Pod essai n’est pas prêt."
echo "C’est réussi."
