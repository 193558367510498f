# Le ReplicaSet doit avoir trois Pods prêts.
manque() { echo "Pas encore. $1"; exit 1; }

prets=$(kubectl get replicaset my-app-replicaset -o jsonpath='{.status.readyReplicas}')
[ "$prets" = 3 ] || manque "Le nombre de Pods prêts est ${prets:-0}."
echo "C’est réussi."
