# La réponse donnée doit être le nombre de baux des nœuds.
manque() { echo "Pas encore. $1"; exit 1; }

nombre=$(kubectl get leases -n kube-node-lease -o name | grep -c .)
[ "$1" = "$nombre" ] || manque "${1:-Aucun nombre} n’est pas le nombre de baux."
echo "C’est réussi."
