// Asks one question with a slider, then perhaps one in words. The number is sent before the words are asked for, so a
// shopper who leaves in between is still heard.
import type { SurveyContent } from '../../snippet/src/types.ts'
import { h } from './dom.ts'
import { shell } from './shell.ts'

const css =
  'output{display:block;font-size:2em;font-weight:700;line-height:1.2;text-align:center;font-variant-numeric:tabular-nums}' +
  'input{display:block;width:100%;height:44px;margin:0;accent-color:var(--a);cursor:pointer}' +
  'textarea{display:block;box-sizing:border-box;width:100%;margin:0 0 16px;padding:12px;border:1px solid;' +
  'border-radius:var(--r);background:0 0;color:inherit;font:inherit;resize:vertical}' +
  '.e{display:flex;justify-content:space-between;gap:24px;margin-top:0;font-size:.875em}' +
  '.e :last-child{text-align:end}'

heimta('widget', 'survey', (ctx) => {
  const { question, name, min, max, step, low, high, follow_up, thanks, labels } =
    ctx.content as SurveyContent
  const text = (key: string) => ctx.text(labels[key] ?? '')
  let timer: ReturnType<typeof setTimeout>
  const card = shell(ctx, text('close'), false, css, () => clearTimeout(timer))
  const more = ctx.text(follow_up)

  const answer = (words: string, done: boolean) =>
    ctx.track('survey_answered', { question: name, value: slider.valueAsNumber, text: words, done })

  const thank = () => {
    card.show(ctx.text(thanks))
    timer = setTimeout(card.end, 5000, 'close')
  }

  const ask = () => {
    const field = h('textarea', { rows: 3, maxLength: 500, ariaLabel: more })
    const finish = (words: string) => {
      answer(words, true)
      thank()
    }
    card.show(
      more,
      field,
      h(
        'div',
        { className: 'r' },
        h('button', { className: 'a', onclick: () => finish(field.value) }, text('send')),
        h('button', { onclick: () => finish('') }, text('skip')),
      ),
    )
  }

  const slider = h('input', { type: 'range', ariaLabel: ctx.text(question) })
  // In this order: a range keeps its value within the bounds it has at that moment.
  Object.assign(slider, { min, max, step })
  const output = h('output', { ariaLive: 'off' }, '–')
  const send = h('button', { className: 'a', disabled: true }, text(more ? 'next' : 'send'))
  // An untouched slider is no answer, and its resting place must not become one.
  const touch = () => {
    const { value } = slider
    output.value = value
    slider.ariaValueText =
      value + (+value === min ? `, ${ctx.text(low)}` : +value === max ? `, ${ctx.text(high)}` : '')
    send.disabled = false
  }
  slider.oninput = slider.onclick = touch
  send.onclick = () => {
    answer('', !more)
    ctx.accepted()
    if (more) ask()
    else thank()
  }
  card.show(
    ctx.text(question),
    output,
    slider,
    h('p', { className: 'e' }, h('span', {}, ctx.text(low)), h('span', {}, ctx.text(high))),
    h('div', { className: 'r' }, send),
  )
  return card.remove
})
