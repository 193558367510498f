# Le CronJob rapport doit s’exécuter chaque lundi à 8 h 30.
manque() { echo "Pas encore. $1"; exit 1; }

kubectl get cronjob rapport > /dev/null 2>&1 || manque "Le CronJob rapport n’existe pas."
horaire=$(kubectl get cronjob rapport -o jsonpath='{.spec.schedule}')
[ "$horaire" = "30 8 * * 1" ] || manque "L’horaire du CronJob rapport est $horaire."
echo "C’est réussi."
