# La réponse donnée doit être le nombre de Pods prêts du DaemonSet.
manque() { echo "Pas encore. $1"; exit 1; }

nombre=$(kubectl get daemonset serveur -o jsonpath='{.status.numberReady}')
[ "$1" = "$nombre" ] || manque "${1:-Aucun nombre} n’est pas le nombre de serveurs prêts."
echo "C’est réussi."
