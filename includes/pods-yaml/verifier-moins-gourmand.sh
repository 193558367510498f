# Le Pod trop-gourmand doit être prêt, et réserver 16 mébioctets.
manque() { echo "Pas encore. $1"; exit 1; }

memoire=$(kubectl get pod trop-gourmand -o jsonpath='{.spec.containers[0].resources.requests.memory}')
[ "$memoire" = 16Mi ] || manque "Le Pod trop-gourmand réserve $memoire."
pret=$(kubectl get pod trop-gourmand -o jsonpath='{.status.conditions[?(@.type=="Ready")].status}')
[ "$pret" = True ] || manque "Le Pod trop-gourmand n’est pas prêt."
echo "C’est réussi."
