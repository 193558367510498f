# Le Deployment site-essai doit être celui de la base, avec le label env: essai.
manque() { echo "Pas encore. $1"; exit 1; }

kubectl get deployment site-essai > /dev/null 2>&1 || manque "Le Deployment site-essai n’existe pas."
env=$(kubectl get deployment site-essai -o jsonpath='{.metadata.labels.env}')
[ "$env" = essai ] || manque "Son label env ne vaut pas essai."
choisit=$(kubectl get deployment site-essai -o jsonpath='{.spec.selector.matchLabels.env}')
[ "$choisit" = essai ] || manque "Son sélecteur ne contient pas le label env."
image=$(kubectl get deployment site-essai -o jsonpath='{.spec.replicas} {.spec.template.spec.containers[0].image}')
[ "$image" = "1 nginx:1.22" ] || manque "Répliques et image : $image. Ce n’est pas comme dans la base."
echo "C’est réussi."
