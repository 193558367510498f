# La base doit contenir une voix pour lapin.
manque() { echo "Pas encore. $1"; exit 1; }

choix=$(kubectl get configmap reglages -o jsonpath='{.data.CHOIX}')
echo "$choix" | grep -q lapin || manque "Le ConfigMap ne connaît pas le choix lapin."
voix=$(kubectl exec deployment/base -- redis-cli get lapin)
[ "${voix:-0}" -gt 0 ] || manque "La base ne contient aucune voix pour lapin."
echo "C’est réussi."
