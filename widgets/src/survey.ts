// Asks one question with a slider, then perhaps one in words. The number is sent before the words are asked for, so a
// shopper who leaves in between is still heard.
import type { SurveyContent } from './content/survey.ts'
import { h } from './dom.ts'
import { shell } from './shell.ts'

// The thumb is as large as a finger likes it; the track is painted, since each browser has its own parts for it.
const thumb =
  '{appearance:none;box-sizing:border-box;width:28px;height:28px;border:3px solid var(--s);border-radius:50%;' +
  'background:var(--a);box-shadow:0 1px 6px #0006}'
const css =
  'output{display:block;font-size:2em;font-weight:600;line-height:1.2;text-align:center}' +
  'input{appearance:none;display:block;width:100%;height:44px;margin:0;border:1px solid #0000;border-radius:var(--r);' +
  'background:linear-gradient(#0002 0 0) 50%/100% 8px no-repeat;cursor:pointer}' +
  `::-webkit-slider-thumb${thumb}::-moz-range-thumb${thumb}` +
  'textarea{display:block;box-sizing:border-box;width:100%;margin:16px 0;padding:11px;border:1px solid;' +
  'border-radius:var(--r);background:0 0;color:inherit;font:inherit;resize:vertical}' +
  '.e{display:flex;justify-content:space-between;gap:20px;font-size:.875em}' +
  '.e :last-child{text-align:end}' +
  ':disabled{opacity:.5;cursor:default}'

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

  const slider = h('input', {
    // The type comes last: only then does the thumb rest in the middle of these bounds.
    min: `${min}`,
    max: `${max}`,
    step: `${step}`,
    type: 'range',
    ariaLabel: ctx.text(question),
  })
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
