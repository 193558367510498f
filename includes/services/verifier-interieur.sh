# Le Service frontend doit être un ClusterIP, et répondre dans le cluster.
manque() { echo "Pas encore. $1"; exit 1; }

type=$(kubectl get service frontend -o jsonpath='{.spec.type}')
[ "$type" = ClusterIP ] || manque "Le type du Service frontend est $type."
kubectl exec frontend -- curl -s -o /dev/null http://frontend || manque "Le Service frontend ne répond pas."
echo "C’est réussi."
