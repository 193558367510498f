# Le Secret correct doit contenir six octets.
manque() { echo "Pas encore. $1"; exit 1; }

kubectl get secret correct > /dev/null 2>&1 || manque "Le Secret correct n’existe pas."
kubectl describe secret correct | grep -q "^MOT_DE_PASSE: *6 bytes" ||
  manque "La clé MOT_DE_PASSE du Secret correct ne contient pas six octets."
echo "C’est réussi."
