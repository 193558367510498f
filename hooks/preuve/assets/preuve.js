// Executed blocks, for whoever has a script: unfold, replay, link to a block, walk the marks with the keyboard.
// Without it everything reads; copying is the theme's, from data-copy.
(function () {
  "use strict"

  const WORDS = {
    en: { link: "Link to this block", replay: "Replay", replayTitle: "Replay with its real timing, waits cut at 5 s", stop: "Show all" },
    fr: { link: "Lien vers ce bloc", replay: "Rejouer", replayTitle: "Rejouer au rythme du cluster, chaque attente limitée à 5 s", stop: "Tout montrer" },
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

  function unfoldable(output) {
    const button = element("button", { type: "button", class: "preuve-unfold" }, "↓ " + output.dataset.long)
    const unfold = () => output.classList.add("preuve-unfolded")
    button.addEventListener("click", unfold)
    output.addEventListener("scroll", unfold) // the page's own search found something further down
    output.addEventListener("focusin", (event) => event.target === button || unfold())
    output.append(button)
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

  // One stop of the Tab key a block, then the arrows: a table of Pods has twenty marks.
  function walk(mark, event) {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key]
    const marks = step ? [...(mark.closest(".preuve")?.querySelectorAll(".preuve-mark") ?? [])] : []
    const next = marks[marks.indexOf(mark) + step]
    if (!next) return
    event.preventDefault()
    mark.tabIndex = -1
    next.tabIndex = 0
    next.focus()
  }

  document.addEventListener("pointerover", onMark(tell))
  document.addEventListener("focusin", onMark(tell))
  document.addEventListener("pointerout", onMark((mark, event) => event.relatedTarget === note || mark.matches(":focus") || hush()))
  note.addEventListener("pointerleave", hush)
  document.addEventListener("focusout", onMark(hush))
  document.addEventListener("keydown", onMark(walk))
  document.addEventListener("keydown", (event) => event.key === "Escape" && hush())
  const follow = () => note.hidden || (document.activeElement.matches(NOTED) ? tell(document.activeElement) : hush())
  document.addEventListener("scroll", follow, { capture: true, passive: true })

  function replayable(block) {
    const exchanges = [...block.querySelectorAll(".preuve-exchange[data-ms]")]
    const button = element("button", { type: "button", class: "preuve-replay", title: words.replayTitle }, "")
    let timer

    function rest() {
      clearTimeout(timer)
      timer = undefined
      block.classList.remove("preuve-playing")
      exchanges.forEach((exchange) => exchange.classList.remove("preuve-coming", "preuve-waiting"))
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
      button.textContent = "■ " + words.stop
      show(0)
    })
    block.addEventListener("keydown", (event) => event.key === "Escape" && timer && rest())
    rest()
    return button
  }

  function enrich(block) {
    block.dataset.enriched = ""
    block.querySelectorAll(".preuve-output[data-long]").forEach(unfoldable)
    block.querySelectorAll(".preuve-mark").forEach((mark, index) => { mark.tabIndex = index ? -1 : 0 })
    const bar = element("span", { class: "preuve-bar" }, "")
    if (block.querySelector(".preuve-exchange[data-ms] > .preuve-output")) bar.append(replayable(block))
    if (block.id) bar.append(element("a", { href: "#" + block.id, title: words.link, "aria-label": words.link }, "#"))
    if (bar.hasChildNodes()) block.querySelector("pre").append(bar)
  }

  function start() {
    document.querySelectorAll(".preuve:not([data-enriched])").forEach(enrich)
  }

  // Material swaps the content of a page for the next one's, and says so; its own script may come after this one.
  const begin = () => (window.document$ ? window.document$.subscribe(start) : start())
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", begin)
  else begin()
})()
