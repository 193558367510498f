# La base doit accepter le mot de passe tournesol.
manque() { echo "Pas encore. $1"; exit 1; }

reponse=$(kubectl exec base -- redis-cli auth tournesol)
[ "$reponse" = OK ] || manque "La base refuse ce mot de passe."
echo "C’est réussi."
