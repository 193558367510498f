# La réponse donnée doit être le nombre de nœuds du cluster.
manque() { echo "Pas encore. $1"; exit 1; }

nombre=$(kubectl get nodes -o name | grep -c .)
[ "$1" = "$nombre" ] || manque "${1:-Aucun nombre} n’est pas le nombre de nœuds."
echo "C’est réussi."
