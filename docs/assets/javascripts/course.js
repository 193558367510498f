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

  // Beside a chapter the lessons of it that are done are counted, the first one among them.
  function count(pages) {
    const done = finished()
    const all = new Set(pages)
    const ours = [...all].filter((page) => done.has(page)).length
    return ours === all.size ? "✓" : ours ? ours + "/" + all.size : ""
  }

  function tick() {
    const links = (root) => Array.from(root.querySelectorAll("a.md-nav__link[href]")).filter((link) => !link.hash)
    for (const item of document.querySelectorAll(".md-nav--primary .md-nav__item")) {
      const [head] = links(item)
      if (head) head.dataset.done = count(links(item).map((link) => chapter(link.href)))
    }
    for (const time of document.querySelectorAll("[data-lessons]")) {
      const first = chapter(time.closest("tr").querySelector("a").href)
      const within = first.slice(0, first.lastIndexOf("/") + 1)
      const ours = [...finished()].filter((page) => page.startsWith(within)).length
      time.dataset.done = ours ? (ours >= Number(time.dataset.lessons) ? "✓" : ours + "/" + time.dataset.lessons) : ""
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
      button.textContent = done ? "✓ Leçon terminée" : "Marquer cette leçon comme terminée"
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

  // The cheat sheet: filtered as one types, without accents; what was found keeps its title.
  const bare = (text) => text.normalize("NFD").replace(/[\u0300-\u036f]/g, "").toLowerCase()

  // Of the buttons of a table, the first one to be seen is a stop of the Tab key; preuve.js walks to the others.
  function stop(table) {
    table.dataset.walk = ""
    const buttons = [...table.querySelectorAll(".preuve-copy")]
    const first = buttons.find((button) => !button.closest("tr").hidden)
    for (const button of buttons) button.tabIndex = button === first ? 0 : -1
  }

  function filter() {
    const field = document.querySelector(".filter input")
    if (!field || field.dataset.heard) return
    field.dataset.heard = ""
    const tables = Array.from(document.querySelectorAll("article table")).filter((table) => table.querySelector("td > a > code"))
    field.addEventListener("input", () => {
      const words = bare(field.value).split(/\s+/).filter(Boolean)
      for (const table of tables) {
        const rows = [...table.tBodies[0].rows]
        for (const row of rows) row.hidden = !words.every((word) => bare(row.textContent).includes(word))
        const none = rows.every((row) => row.hidden)
        const place = table.closest(".md-typeset__scrollwrap") ?? table
        place.hidden = none
        if (place.previousElementSibling?.matches("h2, h3")) place.previousElementSibling.hidden = none
        stop(table)
      }
    })
    for (const command of document.querySelectorAll("article td > a > code")) {
      const button = document.createElement("button")
      Object.assign(button, { type: "button", className: "preuve-copy", title: "Copier la commande", tabIndex: -1 })
      button.setAttribute("aria-label", "Copier la commande")
      button.addEventListener("click", async () => {
        await navigator.clipboard.writeText(command.textContent)
        button.dataset.done = ""
        button.setAttribute("aria-label", "Copié")
        button.addEventListener("blur", () => { delete button.dataset.done; button.setAttribute("aria-label", button.title) }, { once: true })
      })
      command.closest("td").append(button)
    }
    tables.forEach(stop)
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
    filter()
    tick()
  })
})()
