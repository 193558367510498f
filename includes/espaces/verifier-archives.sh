# Le Deployment archives doit avoir deux Pods prêts avec les trois labels, et un sélecteur sans env.
manque() { echo "Pas encore. $1"; exit 1; }

kubectl get deployment archives > /dev/null 2>&1 || manque "Le Deployment archives n’existe pas."
env=$(kubectl get deployment archives -o jsonpath='{.spec.selector.matchLabels.env}')
[ -z "$env" ] || manque "Le sélecteur contient env : il ne pourra plus changer."
pods=$(kubectl get pods -l app=blog,role=archives,env=production -o name | grep -c .)
[ "$pods" -eq 2 ] || manque "Pods qui portent les trois labels : $pods."
prets=$(kubectl get deployment archives -o jsonpath='{.status.readyReplicas}')
[ "$prets" = 2 ] || manque "Les deux répliques ne sont pas prêtes."
echo "C’est réussi."
