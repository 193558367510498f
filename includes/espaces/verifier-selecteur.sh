# Le sélecteur donné ne doit choisir que le Pod journal.
manque() { echo "Pas encore. $1"; exit 1; }

[ -n "$1" ] || manque "Donnez le sélecteur après le nom du script, entre apostrophes."
choisis=$(kubectl get pods -l "$1" -o name | grep -c .)
[ "$choisis" -eq 1 ] || manque "Pods choisis : $choisis. Il en faut un."
[ "$(kubectl get pods -l "$1" -o name)" = pod/journal ] || manque "Ce n’est pas le bon Pod."
echo "C’est réussi."
