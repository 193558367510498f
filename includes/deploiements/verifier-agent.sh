# Le DaemonSet agent doit exister, et avoir un Pod prêt par nœud.
manque() { echo "Pas encore. $1"; exit 1; }

kubectl get daemonset agent > /dev/null 2>&1 || manque "Le DaemonSet agent n’existe pas."
voulus=$(kubectl get daemonset agent -o jsonpath='{.status.desiredNumberScheduled}')
prets=$(kubectl get daemonset agent -o jsonpath='{.status.numberReady}')
[ "$voulus" = "$prets" ] || manque "Il y a $prets Pods prêts, et il en faut $voulus."
echo "C’est réussi."
