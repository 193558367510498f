// Run in a page of Chromium that holds mermaid: each source as an SVG that stands in a page of HTML, or what is wrong.
async ([diagrams, themeCSS, fontFamily]) => {
  mermaid.initialize({
    startOnLoad: false,
    securityLevel: "strict",
    themeCSS,
    fontFamily,
    htmlLabels: false, // text that any browser draws alike, and that HTML allows inside an SVG
    flowchart: { htmlLabels: false, subGraphTitleMargin: { top: 4, bottom: 12 } },
    sequence: { actorFontSize: "16px", messageFontSize: "16px", noteFontSize: "16px" }, // as Material does
  })

  // mermaid writes 200 rules, 10 markers and some icons into each drawing, which uses a tenth of them.
  function shaken(svg) {
    for (const style of svg.querySelectorAll("style")) {
      const used = [...style.sheet.cssRules].filter((rule) => rule.selectorText && document.querySelector(rule.selectorText))
      style.textContent = used.map((rule) => rule.cssText).join("")
    }
    const users = (id) => `[marker-start="url(#${id})"], [marker-end="url(#${id})"], use[href="#${id}"]`
    for (const part of svg.querySelectorAll("marker, symbol")) if (!svg.querySelector(users(part.id))) part.remove()
    for (const path of svg.querySelectorAll("path[d]")) {
      path.removeAttribute("data-points")
      path.setAttribute("d", path.getAttribute("d").replace(/\d+\.\d{2,}/g, (number) => +(+number).toFixed(1)))
    }
    return svg
  }

  // In how many frames a node, a frame or a word at an arrow stands, its own among them: what is behind it has that colour.
  function placed(svg) {
    const frames = Array.from(svg.querySelectorAll(".cluster > rect"), (rect) => rect.getBoundingClientRect())
    const within = ({ left, top }) => (box) => box.left <= left && left <= box.right && box.top <= top && top <= box.bottom
    for (const part of svg.querySelectorAll(".cluster, .node, .edgeLabel")) {
      const depth = frames.filter(within((part.querySelector(":scope > rect") ?? part).getBoundingClientRect())).length
      if (depth && part.textContent.trim()) part.dataset.depth = depth
    }
    return svg
  }

  // What HTML does not know, and no browser looks at.
  function valid(svg) {
    for (const shape of svg.querySelectorAll("[name]")) shape.removeAttribute("name")
    for (const circle of svg.querySelectorAll("circle")) for (const size of ["width", "height"]) circle.removeAttribute(size)
    return svg
  }

  // A generated name is too long for a box: broken before what was generated, not in the middle of it.
  const GENERATED = /^(.+?-)((?:[2456789b-df-hj-np-tv-xz]{8,10}-)?[2456789b-df-hj-np-tv-xz]{5}|[2456789b-df-hj-np-tv-xz]{8,10})$/
  const broken = (source) => source.replace(/[a-z0-9][a-z0-9-]{17,}(?=<br)/g, (name) => name.replace(GENERATED, "$1<br/>$2"))

  const drawn = {}
  for (const [key, source] of Object.entries(diagrams)) {
    try {
      document.body.innerHTML = (await mermaid.render(key, broken(source))).svg
      drawn[key] = [valid(shaken(placed(document.querySelector("svg")))).outerHTML, ""]
    } catch (error) {
      drawn[key] = ["", error.message]
    }
  }
  return drawn
}
