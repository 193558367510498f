# Un Pod de l’application doit tourner sans être choisi par le Service, qui en choisit un autre.
manque() { echo "Pas encore. $1"; exit 1; }

adresse=$(kubectl get pods -l 'app=myapp,!type' -o jsonpath='{.items[0].status.podIP}' 2> /dev/null)
[ -n "$adresse" ] || manque "Tous les Pods de l’application portent encore le label type."
choisis=$(kubectl get endpointslices -l kubernetes.io/service-name=my-app-service \
  -o jsonpath='{.items[*].endpoints[*].addresses[0]}')
[ -n "$choisis" ] || manque "Le Service ne choisit aucun Pod."
for choisi in $choisis; do
  [ "$choisi" != "$adresse" ] || manque "Le Service choisit encore ce Pod."
done
echo "C’est réussi."
