# La réponse donnée, oui ou non, doit être ce que permet la classe de la demande archives.
manque() { echo "Pas encore. $1"; exit 1; }

kubectl get pvc archives > /dev/null 2>&1 || manque "La demande archives n’existe pas."
classe=$(kubectl get pvc archives -o jsonpath='{.spec.storageClassName}')
permis=$(kubectl get storageclass "$classe" -o jsonpath='{.allowVolumeExpansion}')
reponse=non
[ "$permis" = true ] && reponse=oui
[ "$1" = "$reponse" ] || manque "Ce n’est pas ce que dit la classe $classe."
echo "C’est réussi."
