# Le Deployment web doit réserver 32 mébioctets, et ses deux Pods être prêts.
manque() { echo "Pas encore. $1"; exit 1; }

kubectl get deployment web > /dev/null 2>&1 || manque "Le Deployment web n’existe pas."
memoire=$(kubectl get deployment web -o jsonpath='{.spec.template.spec.containers[0].resources.requests.memory}')
[ "$memoire" = 32Mi ] || manque "Le Deployment web ne réserve pas 32 mébioctets."
prets=$(kubectl get deployment web -o jsonpath='{.status.readyReplicas}')
[ "$prets" = 2 ] || manque "Le nombre de Pods prêts est ${prets:-0}."
echo "C’est réussi."
