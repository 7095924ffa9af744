// Says what is wrong with a field under the field: its name, the fault, and what to do. Where the browser would show a
// bubble, this is in its place; where the shop has its own words, those are tied to the field. Nothing is held up that
// the shop lets pass, and nothing more is counted: the watch tells each field's state once, as ever.

import type { WidgetContext } from '../../../snippet/src/types.ts'
import { h } from '../dom.ts'
import { kindOf } from '../kinds.ts'
import type { Hand } from './hand.ts'
import { type Field, isOurs } from './meaning.ts'

const CSS =
  'heimta-error{display:block;clear:both;margin:6px 0 0;padding-inline-start:1.75em;text-indent:-1.75em;font-size:.9em;line-height:1.4;font-weight:600;text-align:start}' +
  'heimta-error::before{content:"!";content:"!"/"";display:inline-block;text-indent:0;width:1.25em;margin-inline-end:.5em;border-radius:50%;' +
  'background:#b3261e;color:#fff;line-height:1.25;text-align:center;font-weight:700}' +
  'heimta-said{position:fixed;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}' +
  '[aria-describedby*=heimta-error]{border-color:#b3261e!important}'
/** The shop's own words for what is wrong, as platforms and form libraries mark them. */
const THEIRS =
  ':is([class*=error i],[class*=invalid i],[class*=fehler i],[role=alert]):not(heimta-error,input,select,textarea,label,:has(input,select,textarea))'
const LONGEST = 60
const ASKED_MS = 1000
/** A tap's release is told before it takes the focus, and its click after that: hence a wait for every press. */
const PRESS_MS = 200

/** The label without its star, colon and brackets, and without the field that it may hold. */
const nameOf = (field: Field) => {
  const label = field.labels?.[0]
  const words = label
    ? [...label.childNodes].map((node) => (node.contains(field) ? '' : node.textContent)).join('')
    : field.ariaLabel || field.placeholder || ''
  const name = words
    .replace(/\s+/g, ' ')
    .replace(/\s*[*:(].*$/, '')
    .trim()
  return name.length > LONGEST ? `${name.slice(0, LONGEST)}…` : name
}

const isTick = ({ type }: Field) => type === 'checkbox'

/** The label's name of the fault: lacks_email, wrong_zip, short. */
const faultOf = (field: Field) => {
  const { valueMissing, tooShort, tooLong, customError } = field.validity
  const kind = kindOf(field)
  if (customError) return 'said'
  if (valueMissing) return isTick(field) ? 'tick' : `lacks_${kind}`
  if (tooShort) return 'short'
  return tooLong ? 'long' : `wrong_${kind}`
}

/** The part of the page that is this field's alone. */
const rowOf = (field: Field) => {
  let row: Element = field
  for (let up = row.parentElement; up && up.localName !== 'form'; up = up.parentElement) {
    if (up.querySelectorAll('input:not([type=hidden]),select,textarea').length > 1) break
    row = up
  }
  return row
}

const describing = (field: Field) =>
  (field.getAttribute('aria-describedby') || '')
    .split(' ')
    .map((id) => document.getElementById(id))
    .filter((one) => one && one.localName !== 'heimta-error') as HTMLElement[]

/** What the shop says is wrong with it; what describes a field counts only while the shop calls it wrong. */
const theirsOf = (field: Field, isWrong: boolean) =>
  [...rowOf(field).querySelectorAll<HTMLElement>(THEIRS), ...(isWrong ? describing(field) : [])].find(
    (one) => one.checkVisibility?.() !== false && one.textContent?.trim(),
  )

export const explainErrors = (
  { on, attr, css, back, later, watch }: Hand,
  { content, text, lang }: WidgetContext,
) => {
  const { labels } = content
  const ours = new Map<Field, { note: HTMLElement; undo: () => void }>()
  const touched = new WeakSet<Field>()
  let count = 0
  let askedAt = 0 // ms, when the shopper last pressed something that may send the form
  let timer: ReturnType<typeof setTimeout> | undefined

  css(document, CSS)
  // There before it speaks: only then is it heard.
  const said = h('heimta-said' as 'div', { lang, role: 'status' })
  document.body.append(said)
  back(() => said.remove())

  const wordsFor = (field: Field) => {
    const fault = faultOf(field)
    const [what] = fault.split('_')
    return text(labels[fault] ?? labels[`${what}_other`] ?? '', {
      field: nameOf(field) || text(labels.field ?? ''),
      n: fault === 'short' ? field.minLength : field.maxLength,
      why: fault === 'said' ? field.validationMessage : field.title,
    })
  }
  const clear = (field: Field) => {
    ours.get(field)?.undo()
    ours.delete(field)
  }
  /** Ties words to a field, so that they are read with it. */
  const tie = (field: Field, note: HTMLElement) => {
    if (!note.id) attr(note, 'id', `heimta-error-${++count}`)
    const told = field.getAttribute('aria-describedby')
    if (!` ${told} `.includes(` ${note.id} `))
      attr(field, 'aria-describedby', told ? `${told} ${note.id}` : note.id)
  }
  const show = (field: Field) => {
    const theirs = theirsOf(field, !ours.has(field) && field.getAttribute('aria-invalid') === 'true')
    if (theirs) {
      clear(field)
      tie(field, theirs)
      return
    }
    const words = wordsFor(field)
    const known = ours.get(field)
    if (known) known.note.textContent = words
    else {
      const id = `heimta-error-${++count}`
      const note = h('heimta-error' as 'div', { id, lang }, words)
      const before = ['aria-describedby', 'aria-invalid'].map(
        (name) => [name, field.getAttribute(name)] as const,
      )
      const told = before[0]?.[1]
      const after = { 'aria-describedby': told ? `${told} ${id}` : id, 'aria-invalid': 'true' }
      for (const [name, value] of Object.entries(after)) field.setAttribute(name, value)
      placeOf(field).after(note)
      ours.set(field, {
        note,
        undo: () => {
          note.remove()
          for (const [name, value] of before) {
            if (field.getAttribute(name) !== after[name as keyof typeof after]) continue
            if (value === null) field.removeAttribute(name)
            else field.setAttribute(name, value)
          }
        },
      })
    }
    return words
  }
  back(() => [...ours.keys()].map(clear))

  const judge = (field: Field) => {
    // The press that left it may have led to the next step.
    if (!field.isConnected || field.validity.valid) clear(field)
    else said.textContent = show(field) || ''
  }
  const canTell = (field: Field) =>
    !!field.validity && (isOurs(field) || (isTick(field) && !field.closest('[class*=payment i]')))

  on(document, 'click keydown', ({ target, type, key }: { target: Element; type: string; key: string }) => {
    const sends = type === 'click' ? 'button,[type=submit],[type=image]' : 'input' // in a textarea Enter is a new line
    if ((type === 'click' || key === 'Enter') && target.closest?.(sends)) askedAt = Date.now()
  })
  // The browser asks each field of the form in turn, and would show its bubble at the first that is not held back.
  // Scripts ask too, as the page opens and at every key: only what the shopper has asked for gets an answer.
  on(document, 'invalid', (event: Event) => {
    const field = event.target as Field
    if (!canTell(field) || Date.now() - askedAt > ASKED_MS) return
    event.preventDefault()
    show(field)
    if (timer) return
    timer = setTimeout(() => {
      timer = undefined
      field.focus() // the first that is wrong: its words are read with it
      field.scrollIntoView({ block: 'center' })
    })
  })
  on(document, 'input', ({ target }: { target: Field }) => {
    askedAt = 0
    touched.add(target)
    if (ours.has(target) && target.validity.valid) clear(target)
  })
  on(document, 'change focusout', ({ target }: { target: Field }) => {
    if (touched.has(target) && canTell(target)) later(() => judge(target), PRESS_MS)
  })
  // A form that the shop checks by itself goes to the shop all the same; the shopper sees at once what is wrong.
  on(document, 'submit', ({ target }: { target: HTMLFormElement }) => {
    if (!target.noValidate) return
    for (const field of target.elements as unknown as Field[])
      if (
        canTell(field) &&
        field.willValidate &&
        !field.validity.valid &&
        field.checkVisibility?.() !== false
      )
        show(field)
  })

  /** What the shop has found wrong, on the server or by its own scripts, now or later. */
  const lookAtTheirs = () => {
    // Rendered anew: words under a field that is gone are about nothing, and without its words a field is as new.
    for (const [field, { note }] of ours) if (!field.isConnected || !note.isConnected) clear(field)
    for (const field of document.querySelectorAll<Field>(':is(input,select,textarea)[aria-invalid=true]')) {
      if (!canTell(field)) continue
      const theirs = theirsOf(field, !ours.has(field))
      if (!theirs) continue
      clear(field)
      tie(field, theirs)
    }
  }
  watch(lookAtTheirs, ['aria-invalid'])
  lookAtTheirs()
}

/** After the label that holds it, and after a row that it shares with a button: words between those would break it. */
const placeOf = (field: Field) => {
  let place: Element = field.closest('label') || field
  for (
    let up = place.parentElement;
    up && /flex|grid/.test(getComputedStyle(up).display);
    up = up.parentElement
  ) {
    const { display, flexDirection, gridTemplateColumns } = getComputedStyle(up)
    const isStack = display.includes('flex')
      ? /^column/.test(flexDirection)
      : !gridTemplateColumns.includes(' ')
    if (isStack) break
    place = up
  }
  return place
}
