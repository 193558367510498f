# Le Deployment doit avoir un seul Pod, prêt, et le Service son adresse.
manque() { echo "Pas encore. $1"; exit 1; }

prets=$(kubectl get deployment my-app-deployment -o jsonpath='{.status.readyReplicas}')
[ "$prets" = 1 ] || manque "Le nombre de Pods prêts est ${prets:-0}."
adresses=$(kubectl get endpointslices -l kubernetes.io/service-name=my-app-service \
  -o jsonpath='{.items[*].endpoints[*].addresses[0]}')
[ -n "$adresses" ] || manque "Le Service n’a pas d’adresse."
echo "C’est réussi."
