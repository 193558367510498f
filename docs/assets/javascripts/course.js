// The course in a browser: names for what the theme leaves unnamed, and the chapters that the reader has finished.
(function () {
  "use strict"

  const KEY = "chapitres-termines" // the reader's own; it never leaves the browser

  // A page as it is known everywhere it is linked from, wherever the site stands.
  function chapter(address) {
    const base = new URL(JSON.parse(document.getElementById("__config").textContent).base, location.href)
    return new URL(address, location.href).pathname.slice(base.pathname.length).replace(/(^|\/)$/, "$1index.html")
  }

  function finished() {
    try {
      return new Set(JSON.parse(localStorage.getItem(KEY) ?? "[]"))
    } catch {
      return new Set() // storage is forbidden, or holds something else
    }
  }

  function finish(page, done) {
    const all = finished()
    if (done) all.add(page)
    else all.delete(page)
    try {
      localStorage.setItem(KEY, JSON.stringify([...all]))
    } catch {
      // Then it lasts as long as the page.
    }
  }

  function tick() {
    const done = finished()
    for (const link of document.querySelectorAll(".md-nav--primary a.md-nav__link[href]")) {
      link.toggleAttribute("data-done", !link.hash && done.has(chapter(link.href)))
    }
  }

  // A page with objectives is one that can be finished.
  function offerToFinish() {
    const article = document.querySelector("article.md-content__inner")
    if (!article?.querySelector(".admonition.abstract") || article.querySelector(".chapter-done")) return
    const page = chapter(location.href)
    const button = document.createElement("button")
    const show = (done) => {
      button.setAttribute("aria-pressed", done)
      button.textContent = done ? "✓ Chapitre terminé" : "Marquer ce chapitre comme terminé"
      button.className = done ? "md-button md-button--primary" : "md-button"
    }
    button.type = "button"
    button.addEventListener("click", () => {
      const done = button.getAttribute("aria-pressed") !== "true"
      finish(page, done)
      show(done)
      tick()
    })
    show(finished().has(page))
    const place = document.createElement("p")
    place.className = "chapter-done"
    place.append(button)
    article.append(place)
  }

  // What the theme draws without a name, or with one in English.
  function name(root) {
    root.querySelector(".md-search[role=dialog]")?.setAttribute("aria-label", "Recherche")
    for (const nav of root.querySelectorAll("nav.md-code__nav:not([role])")) nav.setAttribute("role", "none")
    for (const button of root.querySelectorAll('button[data-md-type="select"]:not([lang])')) {
      button.lang = "fr"
      button.title = "Choisir des lignes, pour un lien vers elles"
    }
    for (const link of root.querySelectorAll("a.md-annotation__index:not([aria-label])")) {
      link.setAttribute("aria-label", "Annotation")
    }
  }

  // A wide drawing is read from the left, but for a tree, whose root stands above its middle: how far to scroll from
  // here. The first of several in a row is meant; what nothing reaches beyond is an end, not a root. What is new comes
  // into sight too, as far as the root stays there.
  function beyond(box) {
    const nodes = Array.from(box.querySelectorAll(".node"), (node) => node.getBoundingClientRect())
    const middle = ({ top, bottom }) => (top + bottom) / 2
    const highest = Math.min(...nodes.map(middle))
    const [root] = nodes.filter((node) => middle(node) < highest + 1).sort((a, b) => a.left - b.left)
    if (!nodes.some(({ right }) => right > root.right)) return -box.scrollLeft
    const { left, right } = box.getBoundingClientRect()
    const clear = 16 // of the shade
    const news = Array.from(box.querySelectorAll(".node.new"), (node) => node.getBoundingClientRect().right)
    const fresh = Math.min(Math.max(...news) + clear - right, root.left - clear / 2 - left)
    return Math.max(-box.scrollLeft, Math.ceil(Math.max(root.right + clear - right, fresh)))
  }

  // What scrolls, and what explains itself, can be reached with the keyboard. The browser tells when it has laid
  // the drawings out, and when the window has another width: to ask before would have it lay out the page once more.
  const sizes = new ResizeObserver((entries) => {
    const drawings = entries.map(({ target }) => {
      const wide = target.scrollWidth > target.clientWidth
      return [target, wide, wide ? beyond(target) : 0]
    })
    for (const [box, wide, further] of drawings) {
      if (wide) box.tabIndex = 0
      else box.removeAttribute("tabindex")
      if (further) box.scrollLeft += further
    }
  })

  function reach() {
    sizes.disconnect()
    for (const box of document.querySelectorAll(".mermaid")) sizes.observe(box)
    for (const word of document.querySelectorAll("article abbr[title]")) {
      word.tabIndex = 0
      word.dataset.note = word.title // preuve.js shows it, to a finger too
      word.removeAttribute("title")
    }
  }

  new MutationObserver(() => name(document)).observe(document.body, { childList: true, subtree: true })
  window.document$.subscribe(() => {
    name(document)
    reach()
    offerToFinish()
    tick()
  })
})()
