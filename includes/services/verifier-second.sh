# Le Service second doit être un NodePort, devant les mêmes Pods.
manque() { echo "Pas encore. $1"; exit 1; }

kubectl get service second > /dev/null 2>&1 || manque "Le Service second n’existe pas."
type=$(kubectl get service second -o jsonpath='{.spec.type}')
[ "$type" = NodePort ] || manque "Le type du Service second est $type."
choisis=$(kubectl get service second -o jsonpath='{.spec.selector}')
voulus=$(kubectl get service my-app-service -o jsonpath='{.spec.selector}')
[ "$choisis" = "$voulus" ] || manque "Le Service second ne choisit pas les mêmes Pods que my-app-service."
echo "C’est réussi."
