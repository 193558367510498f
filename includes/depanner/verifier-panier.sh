# Le Service panier doit répondre.
manque() { echo "Pas encore. $1"; exit 1; }

kubectl get service panier > /dev/null 2>&1 || manque "Le Service panier n’existe pas."
kubectl exec client -- curl -s -o /dev/null http://panier || manque "Le Service panier ne répond pas."
echo "C’est réussi."
