# Le Pod garanti doit être de la classe Guaranteed.
manque() { echo "Pas encore. $1"; exit 1; }

kubectl get pod garanti > /dev/null 2>&1 || manque "Le Pod garanti n’existe pas."
classe=$(kubectl get pod garanti -o jsonpath='{.status.qosClass}')
[ "$classe" = Guaranteed ] || manque "La classe du Pod garanti est $classe."
echo "C’est réussi."
