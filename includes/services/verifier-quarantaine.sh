# Un Pod de l’application doit tourner sans être choisi par le Service, qui en choisit un autre.
manque() { echo "Pas encore. $1"; exit 1; }

choisis=$(kubectl get endpointslices -l kubernetes.io/service-name=my-app-service \
  -o jsonpath='{.items[*].endpoints[*].addresses[0]}')
[ -n "$choisis" ] || manque "Le Service ne choisit aucun Pod."
tournent=$(kubectl get pods -l pod-template-hash --field-selector=status.phase=Running \
  -o jsonpath='{.items[*].status.podIP}')
isole=
for adresse in $tournent; do
  case " $choisis " in
    *" $adresse "*) ;;
    *) isole=$adresse ;;
  esac
done
[ -n "$isole" ] || manque "Le Service choisit tous les Pods de l’application."
echo "C’est réussi."
