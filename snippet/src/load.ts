// Fetches a widget's file before it is needed, so that there is no request at the moment of leaving.

/** name -> [path on the edge, SRI] as in the config. */
export const createLoader = (edge: string, widgets: Record<string, [string, string]>, nonce: string) => {
  const asked = new Set<string>()
  const idle = window.requestIdleCallback || setTimeout

  return (name: string) => {
    const [path, integrity] = widgets[name] || []
    if (!path || !integrity || asked.has(name)) return
    asked.add(name)
    idle(() => {
      const script = document.createElement('script')
      Object.assign(script, { src: edge + path, integrity, crossOrigin: 'anonymous', nonce })
      document.head.append(script)
    })
  }
}
