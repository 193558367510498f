# Le Service doit envoyer toutes les requêtes d’un utilisateur au même Pod.
manque() { echo "Pas encore. $1"; exit 1; }

choix=$(kubectl get service my-app-service -o jsonpath='{.spec.sessionAffinity}')
[ "$choix" = ClientIP ] || manque "Le champ sessionAffinity vaut $choix."
echo "C’est réussi."
