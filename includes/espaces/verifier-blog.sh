# Il ne doit rester ni Pod du blog, ni Deployment archives.
manque() { echo "Pas encore. $1"; exit 1; }

[ -z "$(kubectl get deployment archives --ignore-not-found -o name)" ] || manque "Le Deployment archives existe toujours."
[ -z "$(kubectl get pods -l app=blog -o name)" ] || manque "Il reste des Pods du blog."
echo "C’est réussi."
