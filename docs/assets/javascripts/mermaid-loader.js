// Material draws `pre.mermaid` with a global `mermaid`, or fetches one from afar. This one is local, and comes when the
// first diagram asks. In the finished site diagrams are drawings already: nothing asks, and nothing comes.
(function () {
  const library = new URL("mermaid.min.js", document.currentScript.src).href
  let settings = {}
  let loading

  function load() {
    loading ??= new Promise(function (resolve, reject) {
      const ours = window.mermaid
      const script = document.createElement("script")
      script.src = library
      script.onload = function () {
        const theirs = window.mermaid
        window.mermaid = ours
        theirs.initialize({ ...settings, startOnLoad: false, securityLevel: "strict" })
        resolve(theirs)
      }
      script.onerror = function () {
        loading = undefined
        reject(new Error("mermaid introuvable : " + library))
      }
      document.head.append(script)
    })
    return loading
  }

  window.mermaid = {
    initialize: function (more) { settings = { ...settings, ...more } },
    render: async function (...what) { return (await load()).render(...what) },
  }
})()
