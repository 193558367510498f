# Le modèle de Pod doit porter l’annotation que rollout restart ajoute.
manque() { echo "Pas encore. $1"; exit 1; }

heure=$(kubectl get deployment my-app-deployment \
  -o jsonpath='{.spec.template.metadata.annotations.kubectl\.kubernetes\.io/restartedAt}')
[ -n "$heure" ] || manque "Les Pods n’ont pas été remplacés par rollout restart."
kubectl rollout status deployment/my-app-deployment --timeout=60s > /dev/null ||
  manque "Les Pods ne sont pas encore tous remplacés."
echo "C’est réussi."
