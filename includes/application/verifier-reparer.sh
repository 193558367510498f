# Le Service base doit mener de nouveau au Pod de la base.
manque() { echo "Pas encore. $1"; exit 1; }

adresses=$(kubectl get endpointslices -l kubernetes.io/service-name=base \
  -o jsonpath='{.items[*].endpoints[*].addresses[0]}')
[ -n "$adresses" ] || manque "Le Service base ne mène à aucun Pod."
kubectl exec deployment/api -- python -c \
  'import socket; socket.create_connection(("base", 6379), timeout=2)' 2> /dev/null \
  || manque "L’API ne joint pas la base."
echo "C’est réussi."
