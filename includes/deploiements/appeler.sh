# Appelle trente fois une adresse, et écrit une fois chaque code HTTP reçu.
for i in $(seq 30); do
  curl -s -m 3 -o /dev/null -w '%{http_code}\n' "$1" &
done | sort -u
