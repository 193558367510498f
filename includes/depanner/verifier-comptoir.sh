# Le Service comptoir doit répondre sur le port 8080.
manque() { echo "Pas encore. $1"; exit 1; }

kubectl get service comptoir > /dev/null 2>&1 || manque "Le Service comptoir n’existe pas."
kubectl exec client -- curl -s -o /dev/null http://comptoir:8080 || manque "Le Service comptoir ne répond pas."
echo "C’est réussi."
