# La réponse donnée doit être un nœud du plan de contrôle.
manque() { echo "Pas encore. $1"; exit 1; }

noeuds=$(kubectl get nodes -l node-role.kubernetes.io/control-plane -o name)
echo "$noeuds" | grep -q -x "node/${1#node/}" || manque "${1:-Aucun nom} n’est pas celui d’un tel nœud."
echo "C’est réussi."
