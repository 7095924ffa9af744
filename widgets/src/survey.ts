// Asks a few questions, one at a time. Each answer is told at once, so a shopper who leaves in between is still heard. Here
// are the way through and the slider; the other kinds, and the rules of which comes next, are in questions.ts.
import type { WidgetContext } from '../../snippet/src/types.ts'
import type { Answer, Field, MakeQuestions, Question, SurveyContent } from './content/survey.ts'
import { h } from './dom.ts'
import { shell } from './shell.ts'

// The thumb is as large as a finger likes it; the track is painted, since each browser has its own parts for it.
const thumb =
  '{appearance:none;box-sizing:border-box;width:28px;height:28px;border:3px solid var(--s);border-radius:50%;' +
  'background-color:var(--a);box-shadow:0 1px 6px #0006}'
const css =
  'output{display:block;font-size:2em;font-weight:600;line-height:1.2;text-align:center}' +
  '[type=range]{appearance:none;display:block;width:100%;height:48px;margin:0;border:1px solid #0000;' +
  'border-radius:var(--r);background:linear-gradient(#8886 0 0) 50%/100% 8px no-repeat;cursor:pointer}' +
  `::-webkit-slider-thumb${thumb}::-moz-range-thumb${thumb}` +
  'textarea{box-sizing:border-box;width:100%;padding:11px;border:1px solid;border-radius:var(--r);background:0 0;' +
  'color:inherit;font:inherit}' +
  '::placeholder{color:inherit;opacity:1}' +
  // Two ends that are too long for one row stand in two; a word that fits into one is not broken for the other's sake.
  '.e{display:flex;flex-wrap:wrap;justify-content:space-between;align-items:center;gap:0 20px;' +
  'overflow-wrap:break-word;font-size:.875em;color:var(--q)}' +
  '.e :last-child{margin-inline-start:auto;text-align:end}' +
  '.r+.e{margin:8px 0 -16px}' +
  '.e button{flex:none;padding:0;border:0;color:var(--i);text-decoration:underline}' +
  ':disabled{opacity:.5;cursor:default}'

const DOUBLE_MS = 500 // as long as systems wait for a second click

heimta('widget', 'survey', (ctx: WidgetContext) => {
  const { questions, thanks, labels } = ctx.content as SurveyContent
  const text = (key: string, values?: Record<string, number>) => ctx.text(labels[key] ?? '', values)
  const ends = ({ low = '', high = '' }: Question) =>
    h('p', { className: 'e' }, h('span', {}, ctx.text(low)), h('span', {}, ctx.text(high)))
  const given: Answer[] = [] // by question; kept for a shopper who goes back
  let timer: ReturnType<typeof setTimeout>

  const slider: Field = (question, answer, send) => {
    const { min, max, step, low = '', high = '' } = question
    const input = h('input', {
      // The type comes last: only then does the thumb rest in the middle of these bounds.
      min: `${min}`,
      max: `${max}`,
      step: `${step}`,
      type: 'range',
      ariaLabel: ctx.text(question.question),
    })
    const output = h('output', { ariaLive: 'off' }, '–')
    const touch = () => {
      const { value } = input
      const end = ctx.text(+value === min ? low : +value === max ? high : '')
      output.value = value
      answer.value = +value
      input.ariaValueText = end ? `${value}, ${end}` : value
      send.disabled = false
    }
    input.oninput = input.onclick = touch
    if (answer.value !== undefined) {
      input.value = `${answer.value}`
      touch()
    }
    return [output, input, ends(question)]
  }

  /** way: the numbers of the questions so far, the one to ask last; beyond the last question there is only thanks. */
  const show = (way: number[]) => {
    const index = way.at(-1) as number
    const question = questions[index]
    if (!question) {
      card.show(ctx.text(thanks))
      timer = setTimeout(card.end, 5000, 'close')
      return
    }
    given[index] ||= {}
    const answer = given[index]
    const tell = ({ name, ask }: Question, said: Answer, done: boolean) =>
      ctx.track('survey_answered', { question: name, kind: ask, ...said, step: way.length, done })
    const go = () => {
      const next = more ? more.next(index, tell) : 1
      tell(question, answer, !questions[next])
      ctx.accepted()
      show([...way, next])
    }
    // An untouched slider is no answer, and its resting place must not become one.
    const send = h(
      'button',
      { className: 'a', onclick: go, disabled: true },
      text(question.left > 1 ? 'next' : 'send'),
    )
    const row = h('div', { className: 'r', inert: true }, send)
    // Not before the second half of a double click is over: it would answer this question, too.
    setTimeout(() => {
      row.inert = false
    }, DOUBLE_MS)
    const kids = (more?.fields[question.ask] || slider)(question, answer, send, go)
    card.show(ctx.text(question.question), ...kids, row, more ? more.foot(way, show) : '')
  }

  const more = (ctx.part('questions') as MakeQuestions | undefined)?.({
    ctx,
    h,
    text,
    ends,
    questions,
    given,
  })
  const card = shell(ctx, text('close'), 'corner', css + (more?.css || ''), () => clearTimeout(timer))
  show([0])
  return card
})
