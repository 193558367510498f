# La réponse donnée doit être le nom du conteneur que kubectl choisit : le premier du Pod.
manque() { echo "Pas encore. $1"; exit 1; }

[ -n "$1" ] || manque "Donnez le nom du conteneur après celui du script."
premier=$(kubectl get pod api-et-ui -o jsonpath='{.spec.containers[0].name}')
[ "$1" = "$premier" ] || manque "Ce n’est pas $1."
echo "C’est réussi."
