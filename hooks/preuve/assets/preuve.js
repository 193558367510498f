// Executed blocks, for whoever has a script: copy a command, unfold, replay, link to a block, walk with the keyboard,
// see in the place of a drawing the one before it, or the drawing as large as it was drawn.
// Without it everything reads.
(function () {
  "use strict"

  const WORDS = {
    en: { after: "Back to this state", before: "See the state before", close: "Close", copy: "Copy the command", copied: "Copied", less: "Show less", link: "Link to this block", replay: "Replay", replayTitle: "Replay with its real timing, waits cut at 5 s", stop: "Show all" },
    fr: { after: "Revenir à cet état", before: "Voir l’état précédent", close: "Fermer", copy: "Copier la commande", copied: "Copié", less: "Réduire", link: "Lien vers ce bloc", replay: "Rejouer", replayTitle: "Rejouer au rythme du cluster, chaque attente limitée à 5 s", stop: "Tout montrer" },
    es: { after: "Volver a este estado", before: "Ver el estado anterior", close: "Cerrar", copy: "Copiar el comando", copied: "Copiado", less: "Mostrar menos", link: "Enlace a este bloque", replay: "Reproducir", replayTitle: "Reproducir al ritmo del clúster, cada espera limitada a 5 s", stop: "Mostrar todo" },
  }
  const words = WORDS[document.documentElement.lang.slice(0, 2)] ?? WORDS.en
  const TYPING_MS = 600 // to read a command before it is sent; nobody measured the typing
  const LONGEST_MS = 5000 // of an answer: the title of the button says so

  function element(name, attributes, text) {
    const made = document.createElement(name)
    for (const [attribute, value] of Object.entries(attributes)) made.setAttribute(attribute, value)
    made.textContent = text
    return made
  }

  // What is folded is still found by the search of the page, which unfolds it; the keyboard does not go there.
  function foldable(output, button) {
    const [attribute, rest] = button.matches(".preuve-unfold") ? ["data-unfolded", output.querySelector(".preuve-rest")] : ["data-columns"]
    const more = button.textContent
    const show = (all) => {
      output.toggleAttribute(attribute, all)
      button.setAttribute("aria-expanded", all)
      button.textContent = all ? words.less : more
      if (rest && all) rest.removeAttribute("hidden")
      else if (rest) rest.setAttribute("hidden", "until-found")
    }
    button.addEventListener("click", () => show(!output.hasAttribute(attribute)))
    rest?.addEventListener("beforematch", () => show(true))
    show(false)
  }

  async function copied(text) {
    try {
      await navigator.clipboard.writeText(text)
    } catch {
      const area = element("textarea", { style: "position:fixed;opacity:0" }, text) // a page that came over plain HTTP
      document.body.append(area)
      area.select()
      document.execCommand("copy")
      area.remove()
    }
  }

  function copyable(command) {
    const button = element("button", { type: "button", class: "preuve-copy", title: words.copy, "aria-label": words.copy }, "")
    button.addEventListener("click", async () => {
      await copied(Array.from(command.querySelectorAll(".preuve-line"), (line) => line.textContent.slice(2)).join("").trimEnd())
      button.dataset.done = ""
      button.setAttribute("aria-label", words.copied)
      button.addEventListener("blur", () => { delete button.dataset.done; button.setAttribute("aria-label", words.copy) }, { once: true })
      button.focus()
    })
    command.append(button)
  }

  // One note for all that has one, and one ear: a page has hundreds of marks, and a site may note other words.
  const NOTED = "[data-note]"
  const note = element("div", { id: "preuve-note", class: "preuve-tip", role: "tooltip", hidden: "" }, "")

  function tell(mark) {
    if (!note.isConnected) document.body.append(note)
    note.textContent = mark.dataset.note
    note.hidden = false
    mark.setAttribute("aria-describedby", note.id)
    const place = mark.getBoundingClientRect()
    const left = Math.min(place.left, document.documentElement.clientWidth - note.offsetWidth - 8)
    note.style.left = Math.max(8, left) + "px"
    note.style.top = (place.bottom + note.offsetHeight > innerHeight ? place.top - note.offsetHeight : place.bottom) + "px"
  }

  function hush() {
    note.hidden = true
  }

  function onMark(act) {
    return (event) => event.target.matches?.(NOTED) && act(event.target, event)
  }

  // One stop of the Tab key a block, then the arrows: a table of Pods has twenty marks. A site may have others walked
  // through: [data-walk].
  const WALKED = ".preuve, [data-walk]"
  const STOPS = ".preuve-copy, .preuve-mark, .preuve-more > button, .preuve-bar > *"
  const stops = (block) => Array.from(block.querySelectorAll(STOPS)).filter((stop) => stop.checkVisibility() && stop.offsetHeight)

  function walk(event) {
    const block = event.target.matches?.(STOPS) && event.target.closest(WALKED)
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key]
    if (!block || !step) return
    const all = stops(block)
    const next = all[all.indexOf(event.target) + step]
    if (!next) return
    event.preventDefault()
    next.focus()
  }

  function stay(event) {
    const block = event.target.matches?.(STOPS) && event.target.closest(WALKED)
    if (block) for (const stop of block.querySelectorAll(STOPS)) stop.tabIndex = stop === event.target ? 0 : -1
  }

  document.addEventListener("pointerover", onMark(tell))
  document.addEventListener("focusin", onMark(tell))
  document.addEventListener("pointerout", onMark((mark, event) => event.relatedTarget === note || mark.matches(":focus") || hush()))
  note.addEventListener("pointerleave", hush)
  document.addEventListener("focusout", onMark(hush))
  document.addEventListener("focusin", stay)
  document.addEventListener("keydown", walk)
  document.addEventListener("keydown", (event) => event.key === "Escape" && hush())
  const follow = () => note.hidden || (document.activeElement.matches(NOTED) ? tell(document.activeElement) : hush())
  document.addEventListener("scroll", follow, { capture: true, passive: true })

  function replayable(block) {
    const exchanges = [...block.querySelectorAll(".preuve-exchange[data-ms]")]
    const drawing = block.nextElementSibling?.matches(".preuve-drawing") ? block.nextElementSibling : undefined // it comes last
    const button = element("button", { type: "button", class: "preuve-replay", title: words.replayTitle }, "")
    let timer

    function rest() {
      clearTimeout(timer)
      timer = undefined
      block.classList.remove("preuve-playing")
      exchanges.forEach((exchange) => exchange.classList.remove("preuve-coming", "preuve-waiting"))
      drawing?.classList.remove("preuve-coming")
      button.textContent = "▶ " + words.replay
    }

    function show(index) {
      const exchange = exchanges[index]
      if (!exchange) return rest()
      exchange.classList.replace("preuve-coming", "preuve-waiting")
      timer = setTimeout(() => {
        exchange.classList.remove("preuve-waiting")
        show(index + 1)
      }, TYPING_MS + Math.min(Number(exchange.dataset.ms), LONGEST_MS))
    }

    button.addEventListener("click", () => {
      if (timer) return rest()
      block.classList.add("preuve-playing")
      exchanges.forEach((exchange) => exchange.classList.add("preuve-coming"))
      drawing?.classList.add("preuve-coming")
      button.textContent = "■ " + words.stop
      show(0)
    })
    block.addEventListener("keydown", (event) => event.key === "Escape" && timer && rest())
    rest()
    return button
  }

  function enrich(block) {
    block.dataset.enriched = ""
    block.querySelectorAll(".preuve-command").forEach(copyable)
    block.querySelectorAll(".preuve-more > button").forEach((button) => foldable(button.closest(".preuve-output"), button))
    const bar = element("span", { class: "preuve-bar" }, "")
    if ("slow" in block.dataset) bar.append(replayable(block))
    if (block.id) bar.append(element("a", { href: "#" + block.id, title: words.link, "aria-label": words.link }, "#"))
    if (bar.hasChildNodes()) block.querySelector("pre").append(bar)
    block.querySelectorAll(STOPS).forEach((stop, index) => { stop.tabIndex = index ? -1 : 0 })
  }

  // What the drawing shows, the last one of the same kinds showed before: objects keep their places from one to the next.
  function comparable(drawing, index, drawings) {
    const kinds = (one) => one.querySelector("title").textContent
    const before = drawings.slice(0, index).findLast((one) => kinds(one) === kinds(drawing))
    if (!before || drawing.querySelector(".preuve-before")) return
    const now = [...drawing.querySelectorAll(":scope > svg")]
    const then = Array.from(before.querySelectorAll(":scope > svg:not([data-then])"), (picture) => picture.cloneNode(true))
    for (const picture of then) {
      picture.dataset.then = ""
      picture.removeAttribute("aria-labelledby") // its title names it, without the id that the first one has
      picture.querySelector("title").removeAttribute("id")
    }
    const button = element("button", { type: "button", class: "preuve-before" }, words.before)
    let back = false
    const show = () => {
      now.forEach((picture) => picture.toggleAttribute("hidden", back))
      then.forEach((picture) => picture.toggleAttribute("hidden", !back))
      button.textContent = back ? words.after : words.before
    }
    button.addEventListener("click", () => {
      drawing.style.minHeight = back ? "" : drawing.offsetHeight + "px" // nothing below moves when the other is smaller
      back = !back
      show()
    })
    addEventListener("beforeprint", () => back && button.click()) // on paper no button says that it is the state before
    drawing.append(...then, button)
    show()
  }

  // As large as it was drawn, of its layouts the wide one.
  const whole = (box) => box.querySelector(":scope > svg:not(.preuve-narrow, [hidden])")

  // That is offered where it would show more. The button keeps its place: nothing beneath it moves.
  const rooms = new ResizeObserver((entries) => {
    for (const { target, contentRect } of entries) {
      const picture = whole(target) // none while it is shown over the page
      if (picture) target.toggleAttribute("data-whole", picture.viewBox.baseVal.width <= contentRect.width + 1)
    }
  })

  // On a phone a drawing is shown over the page as large as it was drawn, where a finger or the arrows move it. It is
  // the same one, so that its ids stay its own, and goes back to its place.
  function enlarge(box) {
    const picture = whole(box)
    const dialog = element("dialog", { class: "preuve-dialog", "aria-label": picture.querySelector("title").textContent }, "")
    const frame = element("div", { class: box.className, tabindex: 0, style: `--width: ${picture.viewBox.baseVal.width}px` }, "")
    const close = element("button", { type: "button", class: "preuve-close" }, words.close)
    const [next, height, left] = [picture.nextSibling, box.style.minHeight, box.scrollLeft]
    close.addEventListener("click", () => dialog.close())
    dialog.addEventListener("close", () => {
      box.insertBefore(picture, next)
      box.style.minHeight = height
      box.scrollLeft = left
      dialog.remove()
    })
    box.style.minHeight = box.offsetHeight + "px" // nothing moves behind
    frame.append(picture)
    dialog.append(close, frame)
    document.body.append(dialog)
    dialog.showModal()
    frame.querySelector(".preuve-frame, .preuve-item, .node")?.scrollIntoView({ block: "nearest", inline: "center" }) // where one begins to read
  }

  document.addEventListener("click", ({ target }) => {
    const box = target.closest(".preuve-enlarge, svg")?.parentElement
    if (box?.querySelector(":scope > .preuve-enlarge")?.checkVisibility({ visibilityProperty: true })) enlarge(box)
  })

  // A link to a block in a fold leads to the block, not to the fold.
  function reveal() {
    const target = location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1)))
    let closed = false
    for (let fold = target && target.closest("details"); fold; fold = fold.parentElement.closest("details")) {
      closed ||= !fold.open
      fold.open = true
    }
    if (closed) target.scrollIntoView()
  }

  function start() {
    document.querySelector(".preuve-dialog")?.close() // the reader went elsewhere
    document.querySelectorAll(".preuve:not([data-enriched])").forEach(enrich)
    Array.from(document.querySelectorAll(".preuve-drawing:has(title)")).forEach(comparable)
    document.querySelectorAll(".preuve-enlarge").forEach((button) => rooms.observe(button.parentElement))
    reveal()
  }

  addEventListener("hashchange", reveal)

  // Material swaps the content of a page for the next one's, and says so; its own script may come after this one.
  const begin = () => (window.document$ ? window.document$.subscribe(start) : start())
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", begin)
  else begin()
})()
