# Le Pod seul doit pouvoir appeler sa propre adresse.
manque() { echo "Pas encore. $1"; exit 1; }

kubectl get pod seul > /dev/null 2>&1 || manque "Le Pod seul n’existe pas."
adresse=$(kubectl get pod seul -o jsonpath='{.status.podIP}')
kubectl exec seul -- curl -s -o /dev/null "http://$adresse" || manque "Le Pod seul ne répond pas à sa propre adresse."
echo "C’est réussi."
