// All that a tweak does to the page, each with its way back: what is undone leaves the page as it was, to the byte.
import { guard } from '../../../snippet/src/guard.ts'

/** ms: a shop's scripts change much at once, and to look takes time. */
const SOON_MS = 99

export interface Hand {
  /** Runs when everything is undone, the last first. pays: because the shopper comes to pay. */
  back(run: (pays?: boolean) => void): void
  // biome-ignore lint/suspicious/noExplicitAny: an event's type follows from its name, which only the caller knows
  on(target: EventTarget, types: string, listen: (event: any) => void): void
  /**
   * Runs in so many ms, or soon, but not between a press and its release, however slow the hand: what moves the page there
   * takes the click away from what was pressed.
   */
  later(run: () => void, ms?: number): void
  /**
   * Runs later, when something on the page is put in, taken out, or changes one of these attributes; and whenever what it
   * returns is called.
   */
  watch(run: () => void, attributeFilter?: string[]): () => void
  attr(element: Element, name: string, value: string): void
  /** Puts a node of ours before another one. */
  put(node: Element, place: Element): void
  /**
   * For what takes up room: at once where nothing that is seen moves for it, below the window; else with the shopper's
   * first tap or key, when the page may move (CLS 0). And again, before the next paint, where the shop has rendered anew
   * what it stood in, as WooCommerce does at every change of the address.
   */
  settle(node: Element, find: () => Element | null | undefined, isAfter?: boolean): void
  css(root: Document | ShadowRoot, text: string): void
  end(pays?: boolean): void
}

export const hand = (): Hand => {
  const ways: ((pays?: boolean) => void)[] = []
  const stop = new AbortController()
  const back: Hand['back'] = (run) => {
    ways.push(run)
  }
  const on: Hand['on'] = (target, types, listen) => {
    for (const type of types.split(' '))
      target.addEventListener(type, guard(listen), { capture: true, signal: stop.signal })
  }
  const observe = (run: () => void, options?: MutationObserverInit) => {
    const observer = new MutationObserver(guard(run))
    observer.observe(document, { childList: true, subtree: true, ...options })
    back(() => observer.disconnect())
  }
  let isPressed = false
  // By all that tells of it: a release over a frame, or at the end of a drag, is told by nothing but the next move or key.
  on(document, 'pointerdown pointermove pointerup pointercancel keydown', ({ buttons }: PointerEvent) => {
    isPressed = buttons > 0
  })
  const later: Hand['later'] = (run, ms = SOON_MS) => {
    setTimeout(() => {
      if (stop.signal.aborted) return
      if (isPressed) later(run, ms)
      else guard(run)()
    }, ms)
  }
  return {
    back,
    on,
    later,
    put(node, place) {
      place.before(node)
      back(() => node.remove())
    },
    settle(node, find, isAfter) {
      let isFree = false
      const look = () => {
        if (node.isConnected) return
        const place = find()
        if (!place) return
        const { top, bottom } = place.getBoundingClientRect()
        isFree ||= (isAfter ? bottom : top) > innerHeight
        if (isFree) place[isAfter ? 'after' : 'before'](node)
      }
      back(() => node.remove())
      on(document, 'click keydown', () => {
        isFree = true
        look()
      })
      observe(look)
      look()
    },
    watch(run, attributeFilter) {
      let isDue = false
      const soon = () => {
        if (isDue) return
        isDue = true
        later(() => {
          isDue = false
          run()
        })
      }
      observe(soon, attributeFilter && { attributeFilter })
      return soon
    },
    attr(element, name, value) {
      const before = element.getAttribute(name)
      if (before === value) return
      element.setAttribute(name, value)
      back(() => {
        // The shop has written something else meanwhile: then that is how it shall be.
        if (element.getAttribute(name) !== value) return
        if (before === null) element.removeAttribute(name)
        else element.setAttribute(name, before)
      })
    },
    /** A sheet, not style attributes: adopted sheets are exempt from style-src, and hold for what the shop renders later. */
    css(root, text) {
      const sheet = new CSSStyleSheet()
      sheet.replaceSync(text)
      root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheet]
      back(() => {
        root.adoptedStyleSheets = root.adoptedStyleSheets.filter((one) => one !== sheet)
      })
    },
    end(pays) {
      stop.abort()
      for (const run of ways.reverse()) guard(run)(pays)
      ways.length = 0
    },
  }
}
