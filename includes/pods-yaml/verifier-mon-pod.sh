# Le Pod mon-pod doit exister et être prêt.
manque() { echo "Pas encore. $1"; exit 1; }

kubectl get pod mon-pod > /dev/null 2>&1 || manque "Le Pod mon-pod n’existe pas."
pret=$(kubectl get pod mon-pod -o jsonpath='{.status.conditions[?(@.type=="Ready")].status}')
[ "$pret" = True ] || manque "Le Pod mon-pod n’est pas prêt."
echo "C’est réussi."
