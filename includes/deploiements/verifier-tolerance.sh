# La réponse donnée doit être la tolérance du Pod temoin, en secondes.
manque() { echo "Pas encore. $1"; exit 1; }

kubectl get pod temoin > /dev/null 2>&1 || manque "Le Pod temoin n’existe pas."
secondes=$(kubectl get pod temoin -o jsonpath='{.spec.tolerations[0].tolerationSeconds}')
[ "$1" = "$secondes" ] || manque "${1:-Aucun nombre} n’est pas le nombre de secondes."
echo "C’est réussi."
