# La réponse donnée doit être l’adresse du Pod voisin.
manque() { echo "Pas encore. $1"; exit 1; }

adresse=$(kubectl get pod voisin -o jsonpath='{.status.podIP}')
[ "$1" = "$adresse" ] || manque "${1:-Aucune adresse} n’est pas l’adresse du Pod voisin."
echo "C’est réussi."
