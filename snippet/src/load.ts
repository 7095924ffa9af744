// Fetches a widget's file before it is needed, so that there is no request at the moment of leaving.
import { config, edge, tag } from './config.ts'

const asked = new Set<string>()

export const load = (name: string) => {
  const [path, integrity] = config.widgets[name] || []
  if (!path || asked.has(name)) return
  asked.add(name)
  const add = () => {
    const script = document.createElement('script')
    Object.assign(script, { src: edge + path, integrity, crossOrigin: 'anonymous', nonce: tag?.nonce })
    document.head.append(script)
  }
  // Safari has no idle callback.
  ;(window.requestIdleCallback || setTimeout)(add)
}
