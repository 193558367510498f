// Run in a page of Chromium that holds mermaid: each source as an SVG that stands in a page of HTML, or what is wrong.
async ([diagrams, themeCSS, fontFamily]) => {
  mermaid.initialize({
    startOnLoad: false,
    securityLevel: "strict",
    themeCSS,
    fontFamily,
    htmlLabels: false, // text that any browser draws alike, and that HTML allows inside an SVG
    flowchart: { htmlLabels: false, nodeSpacing: 18, padding: 12, subGraphTitleMargin: { top: 4, bottom: 12 } },
    sequence: { actorFontSize: "16px", messageFontSize: "16px", noteFontSize: "16px" }, // as Material does
  })

  // mermaid draws a box with round ends by hand, point by point, twice over: 13 KB, of which HTML needs a line.
  function round(svg) {
    for (const shape of svg.querySelectorAll(".node > g.outer-path")) {
      const [fill] = shape.children
      const { x, y, width, height } = shape.getBBox()
      const start = fill.getPointAtLength(0)
      const stadium = width > height && Math.abs(start.x - x - height / 2) < 1 && Math.abs(start.y - y) < 1
      if (!stadium || fill.getAttribute("d").length < 1000) continue
      const rect = document.createElementNS(svg.namespaceURI, "rect")
      const sizes = { class: "basic label-container", x, y, width, height, rx: height / 2 }
      for (const [name, value] of Object.entries(sizes)) rect.setAttribute(name, value)
      shape.replaceWith(rect)
    }
    return svg
  }

  // mermaid writes 200 rules, 10 markers and some icons into each drawing, which uses a tenth of them.
  function shaken(svg) {
    for (const style of svg.querySelectorAll("style")) {
      const used = [...style.sheet.cssRules].filter((rule) => rule.selectorText && document.querySelector(rule.selectorText))
      style.textContent = used.map((rule) => rule.cssText).join("")
    }
    const users = (id) => `[marker-start="url(#${id})"], [marker-end="url(#${id})"], use[href="#${id}"]`
    for (const part of svg.querySelectorAll("marker, symbol")) if (!svg.querySelector(users(part.id))) part.remove()
    for (const filter of svg.querySelectorAll("filter")) if (!svg.outerHTML.includes(`#${filter.id})`)) filter.closest("defs").remove()
    for (const part of svg.querySelectorAll("*"))
      for (const name of ["x", "y", "width", "height", "rx", "transform"]) {
        const long = part.getAttribute(name)
        if (long) part.setAttribute(name, long.replace(/\d+\.\d{2,}/g, (number) => +(+number).toFixed(1)))
      }
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

  // A frame has its title in its midst, where arrows come in: it moves to a corner that none goes through.
  function titled(svg) {
    const { a: scale } = svg.getScreenCTM()
    const points = Array.from(svg.querySelectorAll(".edgePaths path:not(.edge-thickness-invisible)"), (arrow) => {
      const steps = Math.ceil(arrow.getTotalLength() / 2)
      return Array.from({ length: steps + 1 }, (_, n) => arrow.getPointAtLength(2 * n).matrixTransform(arrow.getScreenCTM()))
    }).flat()
    const nodes = Array.from(svg.querySelectorAll(".node"), (node) => node.getBoundingClientRect())
    for (const frame of svg.querySelectorAll(".cluster")) {
      const label = frame.querySelector(".cluster-label")
      const { left, top, width, height } = label.getBoundingClientRect()
      const around = frame.querySelector("rect").getBoundingClientRect()
      const clear = 4 * scale
      const free = ([x, y]) => {
        const beside = (box) => box.right < x || box.left > x + width || box.bottom < y || box.top > y + height
        const past = (point) => beside({ left: point.x - clear, right: point.x + clear, top: point.y - clear, bottom: point.y + clear })
        return points.every(past) && nodes.every(beside)
      }
      const [near, far] = [around.left + 2 * clear, around.right - 2 * clear - width]
      const low = around.bottom - clear - height
      const place = [[left, top], [near, top], [far, top], [near, low], [far, low]].find(free)
      if (!place || place[0] === left) continue
      const moved = `translate(${(place[0] - left) / scale} ${(place[1] - top) / scale})`
      label.setAttribute("transform", `${moved} ${label.getAttribute("transform") ?? ""}`)
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
      drawn[key] = [valid(shaken(placed(titled(round(document.querySelector("svg")))))).outerHTML, ""]
    } catch (error) {
      drawn[key] = ["", error.message]
    }
  }
  return drawn
}
