# Le Service tous doit choisir le Pod autre et celui de notre application, par le label equipe=web.
manque() { echo "Pas encore. $1"; exit 1; }

kubectl get service tous > /dev/null 2>&1 || manque "Le Service tous n’existe pas."
type=$(kubectl get service tous -o jsonpath='{.spec.type}')
[ "$type" = NodePort ] || manque "Le type du Service tous est $type."
choisi=$(kubectl get service tous -o jsonpath='{.spec.selector.equipe}')
[ "$choisi" = web ] || manque "Le Service tous ne choisit pas par le label equipe=web."
adresses=$(kubectl get endpointslices -l kubernetes.io/service-name=tous \
  -o jsonpath='{.items[*].endpoints[*].addresses[0]}')
[ "${adresses#* }" != "$adresses" ] || manque "Le Service tous ne choisit pas deux Pods."
echo "C’est réussi."
