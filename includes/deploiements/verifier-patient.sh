# Le Pod patient doit tolérer, sans limite de temps, un nœud qui ne répond plus.
manque() { echo "Pas encore. $1"; exit 1; }

kubectl get pod patient > /dev/null 2>&1 || manque "Le Pod patient n’existe pas."
duree=$(kubectl get pod patient \
  -o jsonpath='{.spec.tolerations[?(@.key=="node.kubernetes.io/unreachable")].tolerationSeconds}')
[ -z "$duree" ] || manque "Le Pod patient ne tolère un tel nœud que pendant $duree secondes."
echo "C’est réussi."
