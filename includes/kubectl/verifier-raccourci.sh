# La réponse donnée doit être le raccourci des Deployments.
manque() { echo "Pas encore. $1"; exit 1; }

raccourci=$(kubectl api-resources --api-group=apps | grep "^deployments " | grep -c -w "${1:-rien}")
[ "$1" != deployments ] && [ "$raccourci" = 1 ] || manque "${1:-Aucun mot} n’est pas ce raccourci."
echo "C’est réussi."
