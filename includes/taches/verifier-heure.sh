# La réponse donnée doit être la plus grande heure que le cluster accepte.
manque() { echo "Pas encore. $1"; exit 1; }

permise() {
  kubectl patch cronjob rapport --dry-run=server -p "{\"spec\": {\"schedule\": \"30 $1 * * 1\"}}" > /dev/null 2>&1
}

permise "$1" || manque "Le cluster refuse cette heure."
permise $(($1 + 1)) && manque "Le cluster accepte aussi l’heure qui suit $1."
echo "C’est réussi."
