# Le quota services doit exister, et autoriser un seul Service.
manque() { echo "Pas encore. $1"; exit 1; }

kubectl get resourcequota services > /dev/null 2>&1 || manque "Le quota services n’existe pas."
maximum=$(kubectl get resourcequota services -o jsonpath='{.spec.hard.services}')
[ "$maximum" = 1 ] || manque "Il n’autorise pas un Service, mais $maximum."
echo "C’est réussi."
