# Le cluster doit refuser le manifeste donné, parce qu’il n’a pas d’image.
manque() { echo "Pas encore. $1"; exit 1; }

[ -f "$1" ] || manque "Donnez le nom de votre manifeste après celui du script."
reponse=$(kubectl apply --dry-run=server -f "$1" 2>&1) && manque "Le cluster accepte $1."
echo "$reponse" | grep -q "image: Required value" || manque "Le cluster refuse $1, mais pour une autre raison."
echo "C’est réussi."
