# Le Deployment doit utiliser nginx 1.22, et sa révision en donner la raison.
manque() { echo "Pas encore. $1"; exit 1; }

image=$(kubectl get deployment my-app-deployment -o jsonpath='{.spec.template.spec.containers[0].image}')
[ "$image" = nginx:1.22 ] || manque "L’image du Deployment est $image."
raison=$(kubectl get deployment my-app-deployment \
  -o jsonpath='{.metadata.annotations.kubernetes\.io/change-cause}')
[ -n "$raison" ] || manque "L’annotation qui donne la raison n’existe pas."
[ "$raison" != "nginx 1.22" ] || manque "L’annotation est celle du début, nginx 1.22 : écrivez votre raison."
echo "C’est réussi."
