// One more step of lunr's French pipeline: each word is indexed as written, without accents, and in the reader's words.
(function (lunr) {
  var french = lunr.fr
  // What Kubernetes calls it, and what a French reader may look for. Singular, no accents.
  var WORDS = {
    cluster: ["grappe"],
    container: ["conteneur"],
    controller: ["controleur"],
    deployment: ["deploiement"],
    deployments: ["deploiements"],
    label: ["etiquette"],
    labels: ["etiquettes"],
    namespace: ["espace"],
    node: ["noeud"],
    nodes: ["noeuds"],
    replicas: ["repliques"],
    rollback: ["retour"],
    scheduler: ["ordonnanceur", "planificateur"],
    selector: ["selecteur"],
    service: ["svc"],
  }

  function bare(word) {
    return word.normalize("NFD").replace(/[\u0300-\u036f]/g, "").replace(/œ/g, "oe").replace(/æ/g, "ae")
  }

  function variants(token) {
    var word = token.toString()
    var all = new Set([word, bare(word)].concat(WORDS[bare(word)] || []))
    return Array.from(all, function (variant) { return token.clone(function () { return variant }) })
  }

  lunr.Pipeline.registerFunction(variants, "variants-fr")
  lunr.fr = Object.assign(function () {
    french.apply(this, arguments)
    this.pipeline.add(variants)
  }, french)
})(lunr)
