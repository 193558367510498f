# Le Service premier doit avoir le premier port permis aux nœuds.
manque() { echo "Pas encore. $1"; exit 1; }

kubectl get service premier > /dev/null 2>&1 || manque "Le Service premier n’existe pas."
port=$(kubectl get service premier -o jsonpath='{.spec.ports[0].nodePort}')
[ "$port" = 30000 ] || manque "Le port du Service premier est $port."
echo "C’est réussi."
