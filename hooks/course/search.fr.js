// Two more steps of lunr's French: each word is indexed as written, without accents, and in the reader's words; and what
// holds the words of a search side by side comes before what holds them apart, the cheat sheet first.
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

  var SHEET = "memo/"
  var TOGETHER = 1e6 // more than a word in a title counts, which is a thousand times one in a text

  // A text, or what was typed and Material has marked, as its words.
  function plain(text) {
    return bare(text.replace(/<[^>]*>/g, "").replace(/[*+]/g, " ")).toLowerCase().split(/\s+/).join(" ").trim()
  }

  // lunr scores each word for itself: in a course on kubectl, « kubectl get » would find what speaks of kubectl most.
  function together(builder) {
    var add = builder.add
    var build = builder.build
    var texts = new Map()
    builder.add = function (section) {
      texts.set(section.location, section.text)
      return add.apply(this, arguments)
    }
    builder.build = function () {
      var index = build.apply(this, arguments)
      var search = index.search
      index.search = function (typed) {
        var found = search.apply(this, arguments)
        var words = plain(typed)
        if (words.indexOf(" ") < 0) return found
        return found.map(function (each) {
          if (plain(texts.get(each.ref) || "").indexOf(words) < 0) return each
          var first = each.ref.indexOf(SHEET) ? 1 : 100
          return Object.assign({}, each, { score: each.score * TOGETHER * first })
        })
      }
      return index
    }
  }

  lunr.Pipeline.registerFunction(variants, "variants-fr")
  lunr.fr = Object.assign(function () {
    french.apply(this, arguments)
    this.pipeline.add(variants)
    together(this)
  }, french)
})(lunr)
