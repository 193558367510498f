# Les réponses données doivent être les codes de sortie de curl, pour chaque panne.
manque() { echo "Pas encore. $1"; exit 1; }

prets=$(kubectl get deployment backend -o jsonpath='{.status.readyReplicas}')
[ "${prets:-0}" = 0 ] || manque "Le Deployment backend a encore des Pods."
kubectl exec frontend -- curl -s http://backand > /dev/null 2>&1
[ "$1" = $? ] || manque "${1:-Aucun nombre} n’est pas le code pour un nom inconnu."
kubectl exec frontend -- curl -s http://backend > /dev/null 2>&1
[ "$2" = $? ] || manque "${2:-Aucun nombre} n’est pas le code pour un Service sans Pod."
echo "C’est réussi."
