// Why a campaign shows now, or why not, in a merchant's words. The decision is the stage's own (decide.ts); where it says
// only "audience", each rule is asked alone.
import { isIn, type Surroundings } from '../../../snippet/src/stage/audience.ts'
import { DONE } from '../../../snippet/src/stage/frequency.ts'
import type { Audience, Campaign, Trigger } from '../../../snippet/src/types.ts'

/** good: it shows, or would at once · wait: for what the shopper does · no: not on this page, or not for them */
export type Tone = 'good' | 'wait' | 'no'

type Money = (minor: number) => string

const rule = (name: keyof Audience, { [name]: value }: Audience, money: Money) =>
  ({
    min_cart_minor: () => `carts from ${money(value as number)}`,
    max_cart_minor: () => `carts up to ${money(value as number)}`,
    min_items: () => `${value} items or more`,
    pages: () => `pages ${value}`,
    not_pages: () => `pages other than ${value}`,
    devices: () => `devices: ${value}`,
    languages: () => `languages: ${value}`,
    visitors: () => `${value} visitors`,
    push: () => `push: ${value}`,
  })[name]()

const awaited = ({ on, after_s = 0 }: Trigger) =>
  ({
    exit: 'Waits until the shopper is about to leave.',
    checkout: 'Waits for the checkout page.',
    after: `Waits for ${after_s} s on this page.`,
    engaged: `Waits for ${after_s ? `${after_s} s and ` : ''}a tap, a key or a scroll.`,
  })[on]

/** answer: the stage's own, undefined before it has come. */
export const explain = (
  campaign: Campaign,
  answer: [number, number] | string | undefined,
  seen: Surroundings,
  money: Money,
): [Tone, string] => {
  if (!answer) return ['wait', 'Not decided yet: that begins with a tap or scroll, or after two seconds.']
  if (typeof answer !== 'string') {
    const arm = campaign.variants[answer[0]]?.id
    return arm
      ? ['good', `Shows “${arm}”.`]
      : ['no', 'This visitor is in the holdout: sees nothing, to measure against.']
  }
  if (answer === 'audience') {
    const broken = (Object.keys(campaign.audience) as (keyof Audience)[])
      .filter((name) => !isIn({ [name]: campaign.audience[name] }, seen))
      .map((name) => rule(name, campaign.audience, money))
    return ['no', `Not for this visitor here. Only for ${broken.join('; only for ')}.`]
  }
  if (answer === 'frequency')
    return [
      'no',
      seen._record.seen[campaign.id]?.includes(DONE)
        ? 'Accepted or answered before: never again.'
        : `Seen often enough: ${campaign.frequency.max} in ${campaign.frequency.per_h} h, or three a day of all.`,
    ]
  if (answer === 'trigger') return ['wait', awaited(campaign.trigger)]
  return {
    here: ['good', 'Was met on this page.'],
    busy: ['no', 'Another campaign has interrupted on this page; one is enough.'],
    typing: ['wait', 'Waits until nobody is typing.'],
    widget: ['wait', 'Its file is on the way, or it cannot work in this browser.'],
  }[answer] as [Tone, string]
}
