// Two more steps of lunr's French: each word is indexed as written, without accents, and in the reader's words; and what
// holds the words of a search side by side comes before what holds them apart, in the order of the course (search.py):
// first in a title, then on the cheat sheet, then in a text.
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

  // Each page comes before the next one of the course, though Material doubles what it finds at the top of a page.
  var STEP = 6
  // In steps: a word in a title counts a thousand times one in a text, and a course has less than a hundred pages.
  var TOGETHER = 6
  var SHEET = 100
  var TITLE = 200

  // What was typed, and Material has marked: the words that are indexed, each with its place.
  function typedWords(typed) {
    var words = typed.replace(/[*+]/g, " ").toLowerCase().split(lunr.tokenizer.separator).filter(Boolean)
    return words
      .map(function (word, place) { return { word: word, place: place, last: place === words.length - 1 } })
      .filter(function (each) { return french.stopWordFilter(each.word) })
  }

  // Where they stand side by side in a field of what was found; the last one may be typed in part.
  function phrases(found, words, field) {
    var places = words.map(function (each) {
      var word = bare(each.word)
      var all = new Set()
      Object.keys(found).forEach(function (term) {
        var fits = each.last ? term.indexOf(word) === 0 : term === word
        if (fits && found[term][field]) found[term][field].position.forEach(function (place) { all.add(place - each.place) })
      })
      return all
    })
    return Array.from(places[0]).filter(function (place) {
      return places.every(function (all) { return all.has(place) })
    })
  }

  // What was found, without other places in the text: Material shows the lines that hold what it is told of.
  function only(found, starts, words) {
    var places = new Set()
    starts.forEach(function (start) { words.forEach(function (each) { places.add(start + each.place) }) })
    var shown = {}
    Object.keys(found).forEach(function (term) {
      shown[term] = Object.assign({}, found[term])
      if (found[term].text) shown[term].text = { position: found[term].text.position.filter(function (place) { return places.has(place) }) }
    })
    return shown
  }

  // lunr scores each word for itself: in a course on kubectl, « kubectl get » would find what speaks of kubectl most.
  function together(builder) {
    var add = builder.add
    var build = builder.build
    var sections = []
    var pages = new Set()
    var places = new Map()
    builder.add = function (section) {
      pages.add(section.location.split("#")[0])
      sections.push(section.location)
      places.set(section.location, pages.size)
      return add.apply(this, arguments)
    }
    builder.build = function () {
      var index = build.apply(this, arguments)
      var search = index.search
      index.search = function (typed) {
        var found = search.apply(this, arguments)
        var words = typedWords(typed)
        if (words.length < 2) return found
        return found.map(function (each) {
          var matched = each.matchData.metadata
          var titled = phrases(matched, words, "title").length
          var texts = phrases(matched, words, "text")
          if (!titled && !texts.length) return each
          var steps = TOGETHER + (titled && TITLE) + (each.ref.indexOf("memo/") ? 0 : SHEET) + pages.size - places.get(each.ref)
          return {
            ref: each.ref,
            score: Math.pow(STEP, steps - sections.indexOf(each.ref) / sections.length),
            matchData: { metadata: texts.length ? only(matched, texts, words) : matched },
          }
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
