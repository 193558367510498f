# La réponse donnée doit être la valeur que le cluster choisit par défaut.
manque() { echo "Pas encore. $1"; exit 1; }

valeur=$(kubectl get pod hello-minikube -o jsonpath='{.spec.restartPolicy}')
[ "$1" = "$valeur" ] || manque "${1:-Aucun mot} n’est pas la valeur par défaut."
echo "C’est réussi."
