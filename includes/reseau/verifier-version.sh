# Les Pods de web doivent tous utiliser nginx 1.22.
manque() { echo "Pas encore. $1"; exit 1; }

image=$(kubectl get deployment web -o jsonpath='{.spec.template.spec.containers[0].image}')
[ "$image" = nginx:1.22 ] || manque "L’image du Deployment web est $image."
kubectl rollout status deployment/web --timeout=60s > /dev/null || manque "Les Pods ne sont pas encore tous remplacés."
echo "C’est réussi."
