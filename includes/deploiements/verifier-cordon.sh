# Le nœud donné doit être interdit aux nouveaux Pods, et web avoir huit Pods prêts.
manque() { echo "Pas encore. $1"; exit 1; }

interdit=$(kubectl get node "${1#node/}" -o jsonpath='{.spec.unschedulable}')
[ "$interdit" = true ] || manque "Le nœud n’est pas interdit aux nouveaux Pods."
prets=$(kubectl get deployment web -o jsonpath='{.status.readyReplicas}')
[ "$prets" = 8 ] || manque "Le nombre de Pods prêts est ${prets:-0}."
echo "C’est réussi."
