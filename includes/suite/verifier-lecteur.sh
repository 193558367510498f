# Le compte lecteur doit pouvoir supprimer des Pods, et ne pas pouvoir lire les Secrets.
manque() { echo "Pas encore. $1"; exit 1; }

kubectl get serviceaccount lecteur > /dev/null 2>&1 || manque "Le compte lecteur n’existe pas."
espace=$(kubectl get serviceaccount lecteur -o jsonpath='{.metadata.namespace}')
compte=system:serviceaccount:$espace:lecteur
kubectl auth can-i delete pods --as="$compte" > /dev/null || manque "Il ne peut pas supprimer de Pod."
[ "$(kubectl auth can-i get secrets --as="$compte")" = no ] || manque "Il peut lire les Secrets."
echo "C’est réussi."
