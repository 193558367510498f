# Le Pod client doit pouvoir appeler chaque Pod de web.
manque() { echo "Pas encore. $1"; exit 1; }

kubectl get pod client > /dev/null 2>&1 || manque "Le Pod client n’existe pas."
for adresse in $(kubectl get pods -l app=web -o jsonpath='{.items[*].status.podIP}'); do
  kubectl exec client -- curl -s -o /dev/null "http://$adresse" || manque "Le Pod $adresse ne répond pas."
done
echo "C’est réussi."
