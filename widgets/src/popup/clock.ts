// Counts down to the end of a code that the shopper holds, by the server's clock: it never starts again, and there is no
// countdown without a code. A screen reader may read it, and is not read to; it hears of the end.
import type { Claim } from '../../../snippet/src/types.ts'
import { h } from '../dom.ts'

/** over: the code is worth nothing any more. */
export const countDown = ({ expires_at, now }: Claim, over: () => void) => {
  const ends = Date.now() + expires_at - now
  const left = h('time', { role: 'timer' })
  const tick = () => {
    const ms = Math.max(0, ends - Date.now())
    left.textContent = `${Math.floor(ms / 3_600_000)}${new Date(ms).toISOString().slice(13, 19)}`
    if (!ms) over()
  }
  // Not shown yet, as long as the shop takes to put the code on the cart; nor any more, once the popup is closed.
  setInterval(() => left.isConnected && tick(), 1000)
  tick()
  return left
}
