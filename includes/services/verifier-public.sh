# Le Service public doit être un LoadBalancer, avec un port sur les nœuds.
manque() { echo "Pas encore. $1"; exit 1; }

kubectl get service public > /dev/null 2>&1 || manque "Le Service public n’existe pas."
type=$(kubectl get service public -o jsonpath='{.spec.type}')
[ "$type" = LoadBalancer ] || manque "Le type du Service public est $type."
port=$(kubectl get service public -o jsonpath='{.spec.ports[0].nodePort}')
[ -n "$port" ] || manque "Le Service public n’a pas de port sur les nœuds."
echo "C’est réussi."
