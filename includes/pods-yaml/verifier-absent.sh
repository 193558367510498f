# Le Pod absent doit exister, avec la commande demarre-tout.
manque() { echo "Pas encore. $1"; exit 1; }

kubectl get pod absent > /dev/null 2>&1 || manque "Le Pod absent n’existe pas."
commande=$(kubectl get pod absent -o jsonpath='{.spec.containers[0].command[0]}')
[ "$commande" = demarre-tout ] || manque "La commande du Pod absent n’est pas demarre-tout."
echo "C’est réussi."
