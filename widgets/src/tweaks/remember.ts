// Fills the checkout in for somebody who has been here, from this browser's own memory and only if they have ticked that.
// What is remembered is a part of the visitor's record (snippet/src/storage.ts): it stays in this browser, no request
// ever carries it, and it goes when the box is unticked or consent is withdrawn. Never a card, never a password.
import type { Core } from '../../../snippet/src/core.ts'
import type { WidgetContext } from '../../../snippet/src/types.ts'
import { h } from '../dom.ts'
import { kindOf } from '../kinds.ts'
import type { Hand } from './hand.ts'
import { type Field, fields, isMeant, meaningOf } from './meaning.ts'

const KEPT =
  /^((shipping|billing) )?((home|work|mobile) )?(email|tel(-\S+)?|name|given-name|family-name|organization|street-address|address-(line|level)\d|postal-code|country(-name)?)$/
const LONGEST = 200
const CSS =
  ':host{display:block;clear:both;margin:12px 0 20px;font:inherit;color:inherit;text-align:start}' +
  'label{display:flex;gap:12px;align-items:center;min-height:48px;cursor:pointer}' +
  'input{flex:none;width:22px;height:22px;margin:0;accent-color:var(--a)}' +
  'p{margin:0;padding-inline-start:34px;font-size:.875em;line-height:1.45;opacity:.85}'

/** Under what it is kept: its meaning; a house number, which the standard has no word for, under the shop's own name. */
const keyOf = (field: Field) => {
  const meaning = meaningOf(field)
  if (KEPT.test(meaning)) return meaning
  return !meaning && /numm?er|haus|house/i.test(field.name) && kindOf(field) !== 'phone'
    ? `~${field.name}`
    : ''
}

/** As if typed: past what React and others have put in the way of `value`, and told to whoever listens. */
const fill = (field: Field, value: string) => {
  Object.getOwnPropertyDescriptor(Object.getPrototypeOf(field), 'value')?.set?.call(field, value)
  for (const type of ['input', 'change']) field.dispatchEvent(new Event(type, { bubbles: true }))
}

/** The part that holds all the fields, and of that the piece with the last of them. */
const placeAfter = (all: Field[]): Element | undefined => {
  let place: Element | null | undefined = all[all.length - 1]
  while (place?.parentElement && !all.every((field) => place?.parentElement?.contains(field)))
    place = place.parentElement
  return place || undefined
}

export const rememberFields = ({ on, css, settle, watch, back }: Hand, ctx: WidgetContext, core: Core) => {
  const { labels } = ctx.content
  const say = (name: string) => ctx.text(labels[name] ?? '')
  const mine = (some = fields()) =>
    some.map((field) => [field, keyOf(field)] as const).filter(([, key]) => key)
  const filled = new Map<Field, string>()
  const typed = new WeakSet<EventTarget>()
  const here = location.href

  const note = h('p', { role: 'status' }, say('remember_how'))
  const box = h('input', { type: 'checkbox', checked: !!core.visitor().fields })
  const host = h('heimta-remember' as 'div', { lang: ctx.lang })
  const root = host.attachShadow({ mode: 'open' })
  css(root, `:host{${ctx.theme}}${CSS}`)
  root.append(h('label', {}, box, say('remember')), note)

  const keep = (some?: Field[]) => {
    const known = core.visitor().fields
    if (!known) box.checked = false // unticked in another tab
    if (!box.checked) return
    // What the shopper has emptied is kept as empty: else a company's name would be back in each order.
    const now = mine(some).filter(
      ([field]) => (field.value || typed.has(field)) && field.validity.valid && field.value.length <= LONGEST,
    )
    core.visitor().fields = {
      ...known,
      ...Object.fromEntries(now.map(([field, key]) => [key, field.value])),
    }
    core.save()
  }
  const forget = () => {
    delete core.visitor().fields
    core.save()
  }
  const restore = () => {
    const count = filled.size
    const known = { ...core.visitor().fields }
    // The country first: shops render what depends on it.
    const empty = mine().filter(
      ([field]) => field !== document.activeElement && !typed.has(field) && isEmpty(field),
    )
    empty.sort(([a], [b]) => +(kindOf(b) === 'country') - +(kindOf(a) === 'country'))
    for (const [field, key] of empty) {
      const value = known[key]
      const isChoice = field.localName === 'select'
      if (typeof value !== 'string' || !value || value === field.value || filled.has(field)) continue
      if (
        isChoice &&
        ![...(field as unknown as HTMLSelectElement).options].some((one) => one.value === value)
      )
        continue
      filled.set(field, field.value)
      fill(field, value)
    }
    if (filled.size > count) note.textContent = say('remembered')
  }
  box.onchange = () => {
    if (box.checked) {
      core.visitor().fields = {}
      keep()
    } else forget()
    note.textContent = say(box.checked ? 'remember_how' : 'forgotten')
  }
  // Each by itself: the browser fills in ten at once. Not later: this step may be gone with the click that comes next.
  on(document, 'change', ({ target }: { target: Field }) => {
    if (isMeant(target)) keep([target])
  })
  on(document, 'submit', () => keep())
  on(window, 'pagehide', () => keep())

  on(document, 'input', ({ target, isTrusted }: Event) => {
    if (isTrusted && target) typed.add(target)
  })
  restore()
  watch(restore) // fields come later, too: with the next step, or with the shop's own scripts
  settle(host, () => placeAfter(mine().map(([field]) => field)), true)
  // Taken away on the page where it was filled in, what nobody has changed goes too. On the next step of a checkout that
  // changes its address without loading, and where the shopper comes to pay, it stays: the shop may be about to read it.
  back((pays) => {
    if (pays || location.href !== here) return
    const known = { ...core.visitor().fields }
    for (const [field, before] of filled) if (field.value === known[keyOf(field)]) fill(field, before)
  })
}

/** A list that nobody has chosen from counts as empty: it shows its first line. */
const isEmpty = (field: Field) =>
  !field.value ||
  (field.localName === 'select' &&
    [...(field as unknown as HTMLSelectElement).options].every(
      (one) => one.selected === (one.defaultSelected || one.index === 0),
    ))
