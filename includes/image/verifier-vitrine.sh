# Le Deployment vitrine doit avoir un Pod prêt, avec la version 2.0 de l’image.
manque() { echo "Pas encore. $1"; exit 1; }

kubectl get deployment vitrine > /dev/null 2>&1 || manque "Le Deployment vitrine n’existe pas."
image=$(kubectl get deployment vitrine -o jsonpath='{.spec.template.spec.containers[0].image}')
[ "$image" = salut:2.0 ] || manque "L’image est $image."
prets=$(kubectl get deployment vitrine -o jsonpath='{.status.readyReplicas}')
[ "$prets" = 1 ] || manque "Aucun Pod n’est prêt."
echo "C’est réussi."
