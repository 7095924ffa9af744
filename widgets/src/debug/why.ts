// In one sentence, whether a campaign shows now, or what is against it. The word is the stage's own (stage/decide.ts);
// what is behind it is told by conditions.ts.
import type { Campaign, Trigger } from '../../../snippet/src/types.ts'
import type { Tone } from './conditions.ts'

const awaited = ({ on, after_s = 0, depth_pct, selector }: Trigger) =>
  ({
    exit: 'Waits until the shopper is about to leave.',
    checkout: 'Waits for the checkout page.',
    after: `Waits for ${after_s} s on this page.`,
    engaged: `Waits for ${after_s ? `${after_s} s and ` : ''}a tap, a key or a scroll.`,
    order: 'Waits for an order.',
    scroll: `Waits until ${depth_pct} % of the page were seen.`,
    idle: `Waits for ${after_s} s without a sign of life.`,
    added: 'Waits until something is put into the cart.',
    click: `Waits for a click on ${selector}.`,
    call: 'Waits for the shop’s own call.',
  })[on]

const reasons: Record<string, [Tone, string]> = {
  here: ['good', 'Was met on this page.'],
  audience: ['no', 'Not for this visitor here.'],
  schedule: ['no', 'Not at this time.'],
  busy: ['no', 'Another has interrupted on this page; one is enough.'],
  frequency: ['no', 'This visitor has seen enough for now.'],
  widget: ['wait', 'Waits for its files.'],
  rules: ['wait', 'Waits for its files.'],
  early: ['wait', 'Waits until the page was seen.'],
  typing: ['wait', 'Waits until nobody is typing.'],
  covered: ['wait', 'Waits until the open dialog is closed.'],
}

/**
 * answer: the stage's own, undefined before it has come. against: the first of the conditions (conditions.ts) that does
 * not hold, in words.
 */
export const explain = (
  { trigger, variants }: Campaign,
  answer: [number, number] | string | undefined,
  against = '',
): [Tone, string] => {
  if (!answer) return ['wait', 'Not decided yet: that begins with a tap or scroll, or after two seconds.']
  if (answer === 'trigger') return ['wait', awaited(trigger)]
  if (typeof answer === 'string') {
    const [tone, text] = reasons[answer] || ['wait', answer]
    return [tone, /audience|frequency/.test(answer) ? `${text} ${against}` : text]
  }
  const arm = variants[answer[0]]?.id
  return arm
    ? ['good', `Shows “${arm}”.`]
    : ['no', 'This visitor is in the holdout: sees nothing, to measure against.']
}
