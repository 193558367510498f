# Le Pod sidecar doit déclarer le conteneur lecteur comme un sidecar, et être prêt.
manque() { echo "Pas encore. $1"; exit 1; }

kubectl get pod sidecar > /dev/null 2>&1 || manque "Le Pod sidecar n’existe pas."
premier='{.spec.initContainers[0]'
trouve=$(kubectl get pod sidecar -o jsonpath="$premier.name} $premier.restartPolicy}")
[ "$trouve" = "lecteur Always" ] || manque "Dans initContainers, il n’y a pas lecteur, avec restartPolicy: Always."
noms=$(kubectl get pod sidecar -o jsonpath='{.spec.containers[*].name}')
[ "$noms" = web ] || manque "Dans containers, il y a $noms, et non web seul."
pret=$(kubectl get pod sidecar -o jsonpath='{.status.conditions[?(@.type=="Ready")].status}')
[ "$pret" = True ] || manque "Le Pod sidecar n’est pas prêt."
echo "C’est réussi."
