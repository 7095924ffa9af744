// Asks for an e-mail address or a phone number, with what the shopper agrees to. Both are checked by the browser itself;
// what is wrong is said where it is, and read out. The words of the agreement go with the address, as they were shown.
import type { Field } from '../content/popup.ts'
import { h } from '../dom.ts'
import type { Kit } from './popup.ts'

/** [whether it is filled well, which also hands it in; what is shown] */
export const ask = ({ _ctx: ctx, _text, _go }: Kit, field: Field): [() => boolean, ...Node[]] => {
  const { type, name, pattern, label, required, consent, version, wants } = field
  const words = ctx.text(consent)
  const input = h('input', { type, pattern, required, autocomplete: type as 'email' })
  const yes = h('input', { type: 'checkbox' })
  const wrong = h('p', { role: 'alert', id: 'e' })
  input.setAttribute('aria-describedby', 'e')
  input.onkeydown = ({ key }) => {
    if (key === 'Enter') _go()
  }
  const isReady = () => {
    const { value } = input
    yes.required = !!value
    // What is told as invalid is the same that is looked for; the browser makes a word of it.
    const bad = [input, yes].find((one) => (one.ariaInvalid = !one.validity.valid as never))
    wrong.textContent = bad ? _text(bad === yes ? 'agree' : name) : ''
    bad?.focus()
    if (!bad && value)
      ctx.track('visitor_identified', {
        [name]: value,
        consent: words,
        consent_version: version,
        wants,
      })
    return !bad
  }
  return [isReady, h('label', { className: 'f' }, ctx.text(label), input), wrong, h('label', {}, yes, words)]
}
