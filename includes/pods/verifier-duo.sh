# Le Pod duo doit avoir deux conteneurs, web et aide, et être prêt.
manque() { echo "Pas encore. $1"; exit 1; }

kubectl get pod duo > /dev/null 2>&1 || manque "Le Pod duo n’existe pas."
noms=$(kubectl get pod duo -o jsonpath='{.spec.containers[*].name}')
[ "$noms" = "web aide" ] || manque "Les conteneurs du Pod duo sont $noms."
pret=$(kubectl get pod duo -o jsonpath='{.status.conditions[?(@.type=="Ready")].status}')
[ "$pret" = True ] || manque "Le Pod duo n’est pas prêt."
echo "C’est réussi."
