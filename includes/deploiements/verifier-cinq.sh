# Le Deployment doit avoir cinq Pods prêts.
manque() { echo "Pas encore. $1"; exit 1; }

prets=$(kubectl get deployment my-app-deployment -o jsonpath='{.status.readyReplicas}')
[ "$prets" = 5 ] || manque "Le nombre de Pods prêts est ${prets:-0}."
echo "C’est réussi."
