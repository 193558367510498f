# Le Service secours doit être un ClusterIP, et répondre sur le port 8080.
manque() { echo "Pas encore. $1"; exit 1; }

kubectl get service secours > /dev/null 2>&1 || manque "Le Service secours n’existe pas."
type=$(kubectl get service secours -o jsonpath='{.spec.type}')
[ "$type" = ClusterIP ] || manque "Le type du Service secours est $type."
kubectl exec frontend -- curl -s -o /dev/null http://secours:8080 || manque "Le Service secours ne répond pas."
echo "C’est réussi."
