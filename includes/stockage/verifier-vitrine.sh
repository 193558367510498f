# Le Pod vitrine doit servir une page qui est dans le volume de la demande pages.
manque() { echo "Pas encore. $1"; exit 1; }

kubectl get pvc pages > /dev/null 2>&1 || manque "La demande pages n’existe pas."
kubectl get pod vitrine > /dev/null 2>&1 || manque "Le Pod vitrine n’existe pas."
demande=$(kubectl get pod vitrine -o jsonpath='{.spec.volumes[*].persistentVolumeClaim.claimName}')
[ "$demande" = pages ] || manque "Le Pod vitrine n’utilise pas la demande pages."
kubectl exec vitrine -- curl -s -f -o /dev/null localhost || manque "Le Pod vitrine n’a pas de page à servir."
echo "C’est réussi."
