# Le cluster doit être conforme au fichier replicaset-quatre.yml.
manque() { echo "Pas encore. $1"; exit 1; }

kubectl diff -f replicaset-quatre.yml > /dev/null || manque "Le fichier et le cluster sont différents."
echo "C’est réussi."
