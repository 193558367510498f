# La réponse donnée doit être le nombre de Pods qu’un nœud accepte.
manque() { echo "Pas encore. $1"; exit 1; }

nombre=$(kubectl get nodes -o jsonpath='{.items[0].status.capacity.pods}')
[ "$1" = "$nombre" ] || manque "${1:-Aucun nombre} n’est pas le nombre de Pods qu’un nœud accepte."
echo "C’est réussi."
