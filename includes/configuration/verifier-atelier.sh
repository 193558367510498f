# Le Pod atelier doit lire la clé OUVERTURE dans sa variable DEBUT.
manque() { echo "Pas encore. $1"; exit 1; }

kubectl get pod atelier > /dev/null 2>&1 || manque "Le Pod atelier n’existe pas."
voulue=$(kubectl get configmap horaires -o jsonpath='{.data.OUVERTURE}')
lue=$(kubectl exec atelier -- printenv DEBUT)
[ "$lue" = "$voulue" ] || manque "La variable DEBUT du Pod atelier n’a pas la valeur de la clé OUVERTURE."
echo "C’est réussi."
