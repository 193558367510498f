# Le Deployment grace doit avoir deux Pods prêts, avec l’image, la règle et la variable demandées.
manque() { echo "Pas encore. $1"; exit 1; }

kubectl get deployment grace > /dev/null 2>&1 || manque "Le Deployment grace n’existe pas."
conteneur='{.spec.template.spec.containers[0]'
image=$(kubectl get deployment grace -o jsonpath="$conteneur.image}")
[ "$image" = salut:2.0 ] || manque "L’image est $image."
regle=$(kubectl get deployment grace -o jsonpath="$conteneur.imagePullPolicy}")
[ "$regle" = Never ] || manque "La règle imagePullPolicy est $regle."
nom=$(kubectl get deployment grace -o jsonpath="$conteneur.env[?(@.name=='NOM')].value}")
[ "$nom" = Grace ] || manque "La variable NOM vaut « $nom »."
prets=$(kubectl get deployment grace -o jsonpath='{.status.readyReplicas}')
[ "$prets" = 2 ] || manque "Il n’y a pas deux Pods prêts."
echo "C’est réussi."
