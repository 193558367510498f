# Le ReplicaSet cache doit avoir deux Pods prêts, choisis par le label app=cache.
manque() { echo "Pas encore. $1"; exit 1; }

kubectl get replicaset cache > /dev/null 2>&1 || manque "Le ReplicaSet cache n’existe pas."
label=$(kubectl get replicaset cache -o jsonpath='{.spec.selector.matchLabels.app}')
[ "$label" = cache ] || manque "Le sélecteur ne choisit pas le label app=cache."
prets=$(kubectl get replicaset cache -o jsonpath='{.status.readyReplicas}')
[ "$prets" = 2 ] || manque "Le nombre de Pods prêts est ${prets:-0}."
echo "C’est réussi."
