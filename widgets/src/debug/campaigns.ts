// What is to be told of each campaign: whether it shows, each of its conditions, the visitor's arm, and a look at it now.
import type { Core } from '../../../snippet/src/core.ts'
import { fresh, type Moments } from '../../../snippet/src/rules/moments.ts'
import { isCovered, isTyping } from '../../../snippet/src/stage/typing.ts'
import type { Campaign } from '../../../snippet/src/types.ts'
import { h } from '../dom.ts'
import { type All, armInWords, conditions } from './conditions.ts'
import { say } from './panel.ts'
import { createPreview } from './preview.ts'
import { explain } from './why.ts'
import { ownMoney, plural } from './words.ts'

const NOTHING: Moments = { ref: '', utm: '', attributes: {}, added: 0, ...fresh(Date.now()) }

/** As the stage sees it (stage.ts), and what the rare conditions know. */
const factsOf = (core: Core): All => ({
  _now: Date.now(),
  _record: core.visitor(),
  _currency: core.config.currency,
  _path: location.pathname,
  _isAtCheckout: core.isCheckout(),
  _device: core.device,
  _lang: core.lang,
  _moments: core.moments || NOTHING,
  _money: ownMoney(core),
  _attention: core.config.attention,
  _isPreview: core.isPreview,
  _isLeaving: false,
  _isCheckout: core.isCheckout() && !core.ordered,
  _isEngaged: core.isEngaged,
  _seconds: core.seconds,
  _isTyping: isTyping(),
  _isCovered: isCovered(core),
  _isBusy: core.isShown || core.isSpent,
  _here: core.here || new Set(),
  _parts: core.parts || {},
})

const rowOf = (
  core: Core,
  campaign: Campaign,
  preview: ReturnType<typeof createPreview>,
  lang: () => string,
) => {
  const state = h('p')
  const count = h('summary')
  const items = h('ul')
  const arm = h('p', { className: 'arm' })
  const buttons = campaign.variants.map((variant) => {
    const button = h('button', { className: 'b' })
    const name = `${campaign.id} ${variant.id}`
    button.onclick = core.guard(async () => {
      if (preview.on === name) return preview.end()
      button.textContent = 'Fetching…'
      if (!(await preview.show(campaign, variant, lang()))) button.textContent = 'Cannot work here'
    })
    const look = () => {
      say(button, preview.on === name ? 'End preview' : `Preview “${variant.id}”`)
    }
    look()
    return { button, look }
  })
  const look = (facts: All) => {
    const all = conditions(campaign, facts)
    const against = all.filter((one) => one.tone !== 'good')
    const [tone, text] = core.isOpen()
      ? explain(campaign, core.why?.(campaign), against[0]?.text)
      : (['wait', 'Without consent nothing is decided and nothing shows.'] as const)
    say(state, text.trim(), tone)
    say(
      count,
      against.length
        ? `${against.length} of ${plural(all.length, 'condition')} not met`
        : `All ${all.length} conditions met`,
    )
    while (items.children.length < all.length) items.append(h('li'))
    for (const [index, one] of all.entries()) say(items.children[index] as HTMLElement, one.text, one.tone)
    say(arm, armInWords(campaign, facts))
  }
  const row = h(
    'li',
    { className: 'card' },
    h('b', {}, campaign.id),
    state,
    h('details', {}, count, items, arm),
    h('div', { className: 'r' }, ...buttons.map(({ button }) => button)),
  )
  return {
    row,
    look,
    relabel: () => {
      for (const one of buttons) one.look()
    },
  }
}

/** previewed: a preview has begun, with what ends it; or, without, it is over. */
export const campaignPart = (core: Core, previewed: (end?: () => void) => void) => {
  const { campaigns, languages } = core.config
  const select = h(
    'select',
    { ariaLabel: 'Language of previews' },
    ...languages.map((one) => h('option', { value: one, selected: one === core.lang }, one)),
  )
  const preview = createPreview(core, () => {
    for (const { relabel } of rows) relabel()
    previewed(preview.on ? preview.end : undefined)
  })
  const rows = campaigns.map((campaign) => rowOf(core, campaign, preview, () => select.value))
  const note = h('p', { className: 'arm' }, 'Previews are not counted. Language: ', select)
  const list = h('ul', {}, ...rows.map(({ row }) => row))
  const part = h(
    'section',
    {},
    h('h2', {}, 'Campaigns, in the order in which they are asked'),
    ...(rows.length ? [note, list] : [h('p', { className: 'wait' }, 'No campaign is live in this shop.')]),
  )
  const look = () => {
    const facts = factsOf(core)
    for (const row of rows) row.look(facts)
  }
  return { part, look, off: preview.end }
}
