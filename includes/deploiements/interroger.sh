# Demande sans fin la page d’une adresse, environ dix fois par seconde,
# et écrit le code HTTP de chaque réponse.
while true; do
  curl -s -m 1 -o /dev/null -w '%{http_code}\n' "$1"
  sleep 0.1
done
