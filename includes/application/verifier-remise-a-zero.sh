# Le CronJob remise-a-zero doit s’exécuter chaque nuit à minuit, et avoir vidé les résultats.
manque() { echo "Pas encore. $1"; exit 1; }

kubectl get cronjob remise-a-zero > /dev/null 2>&1 || manque "Le CronJob remise-a-zero n’existe pas."
horaire=$(kubectl get cronjob remise-a-zero -o jsonpath='{.spec.schedule}')
[ "$horaire" = "0 0 * * *" ] || manque "L’horaire du CronJob est $horaire."
voix=$(kubectl exec deployment/base -- redis-cli get chat)
[ "${voix:-0}" = 0 ] || manque "La base contient encore des voix."
echo "C’est réussi."
