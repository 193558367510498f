# Le Service boutique doit exister, et n’avoir aucun Pod.
manque() { echo "Pas encore. $1"; exit 1; }

kubectl get service boutique > /dev/null 2>&1 || manque "Le Service boutique n’existe pas."
adresses=$(kubectl get endpointslices -l kubernetes.io/service-name=boutique \
  -o jsonpath='{.items[*].endpoints[*].addresses[0]}')
[ -z "$adresses" ] || manque "Le Service boutique a encore des Pods."
echo "C’est réussi."
