# Les trois répliques de site doivent avoir la nouvelle image, et être prêtes.
manque() { echo "Pas encore. $1"; exit 1; }

image=$(kubectl get deployment site -o jsonpath='{.spec.template.spec.containers[0].image}')
[ "$image" = nginx:1.22 ] || manque "L’image de site est $image."
nombres=$(kubectl get deployment site -o jsonpath='{.spec.replicas} {.status.updatedReplicas} {.status.readyReplicas}')
[ "$nombres" = "3 3 3" ] || manque "Répliques voulues, à jour, prêtes : $nombres."
echo "C’est réussi."
