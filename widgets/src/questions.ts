// What a survey of more than one slider takes: stars and faces, 0 to 10, choices, words; the rules of which question comes
// next, and the way back. Fetched only for such surveys; it is lent what survey.ts has anyway.
import type { Ask, Field, MakeQuestions, Question } from './content/survey.ts'
import { next } from './next.ts'

// All that can be picked is a native radio button or box: keyboard, screen reader and forced colours have what they know.
// A star's lies unseen over the whole of its picture, a number's is the number's box, and a choice's looks as everywhere.
const css =
  '.q{display:grid;gap:8px;margin:16px 0}' +
  '.q label{display:flex;align-items:center;gap:12px;min-height:30px;padding:9px 12px;' +
  'border:1px solid #8886;border-radius:var(--r)}' +
  '.q label:has(:checked){border-color:var(--a)}' +
  '.q input{flex:0 0 20px;height:20px;margin:0;accent-color:var(--a);color:inherit;font:inherit}' +
  '.q [type=text]{flex:1;width:0;padding:0;border:0;background:0 0}' +
  '.g{grid-template-columns:repeat(6,1fr);gap:4px}' +
  '@media(width<360px){.g{margin:16px -10px}}' +
  '.g input{appearance:none;display:grid;place-items:center;height:48px;border:1px solid var(--q);' +
  'border-radius:var(--r)}' +
  '.g :after{content:attr(value)}' +
  // Where colours are forced, only the border tells what was taken.
  '.g :checked{border:4px double var(--a);background-color:var(--a);color:var(--o)}' +
  '.s{display:flex;justify-content:center;gap:0}' +
  '.s label{position:relative;border:0;color:var(--a)}' +
  '.s input{position:absolute;inset:0;z-index:1;width:100%;height:100%;opacity:0}' +
  'svg{width:24px;height:24px;scale:1.5;fill:none;stroke:currentColor;stroke-linejoin:round}' +
  '.stars label:has(~label :checked) svg,.stars :checked+svg{fill:currentColor}' +
  '.faces svg{border-radius:50%;box-shadow:0 0 0 1px}' +
  '.faces :checked+svg{background-color:var(--a);color:var(--o)}' +
  ':focus-visible+svg{outline:2px solid}'

const STAR = 'M12 3l3 6 6 1-5 4 2 7-6-4-6 4 2-7-5-4 6-1z'
const EYES = 'M8 8v2M16 8v2M7 '

const draw = (tag: string) => document.createElementNS('http://www.w3.org/2000/svg', tag)

const make: MakeQuestions = ({ ctx, h, text, ends, questions, given }) => {
  const group = (role: string, className: string, { question }: Question, kids: Node[]) =>
    h('div', { role, className: `q ${className}`, ariaLabel: ctx.text(question) }, ...kids)

  const scale: Field = (question, answer, send) => {
    const { min = 0, max = 0, low = '', high = '', shape } = question
    const isStars = shape === 'stars'
    const kids: Node[] = []
    for (let value = min; value <= max; value++) {
      const name = shape ? text('of', { n: value, of: max }) : `${value}`
      const end = ctx.text(value === min ? low : value === max ? high : '')
      const input = h('input', {
        type: 'radio',
        name: 'q',
        value: `${value}`,
        ariaLabel: end ? `${name}, ${end}` : name,
        checked: answer.value === value,
        onchange() {
          answer.value = value
          send.disabled = false
        },
      })
      const svg = draw('svg')
      const path = draw('path')
      const share = (value - min) / (max - min) // 0: the unhappy end
      path.setAttribute('d', isStars ? STAR : `${EYES}${18 - 3 * share}q5 ${8 * share - 4} 10 0`)
      svg.append(path)
      kids.push(shape ? h('label', {}, input, svg) : input)
    }
    send.disabled = answer.value === undefined
    return [group('radiogroup', shape ? `s ${shape}` : 'g', question, kids), ends(question)]
  }

  const choose: Field = (question, answer, send) => {
    const isMany = question.ask === 'choices'
    const type = isMany ? 'checkbox' : 'radio'
    const { choices = [] } = answer
    const own = h('input', { type: 'text', maxLength: 200, value: answer.text || '' })
    const inputs: HTMLInputElement[] = []
    const note = () => {
      answer.choices = inputs.filter(({ checked }) => checked).map(({ value }) => value)
      answer.text = answer.choices.includes('other') ? own.value : ''
      send.disabled = !answer.choices.length
    }
    const kids = (question.choices || []).map(([value, words]) => {
      const ariaLabel = ctx.text(words)
      const checked = choices.includes(value)
      const input = h('input', { type, name: 'q', value, ariaLabel, checked, onchange: note })
      inputs.push(input)
      if (value !== 'other') return h('label', {}, input, ariaLabel)
      own.placeholder = own.ariaLabel = ariaLabel
      own.onclick = own.oninput = () => {
        input.checked = true
        note()
      }
      return h('label', {}, input, own)
    })
    send.disabled = !choices.length
    return [group(isMany ? 'group' : 'radiogroup', '', question, kids)]
  }

  const words: Field = (question, answer, send, go) => {
    const field = h('textarea', {
      rows: 3,
      maxLength: 500,
      ariaLabel: ctx.text(question.question),
      value: answer.text || '',
      oninput() {
        answer.text = field.value
      },
    })
    field.setAttribute('aria-describedby', 'd')
    send.disabled = false
    const skip = h('button', {}, text('skip'))
    skip.onclick = () => {
      answer.text = ''
      go()
    }
    send.after(skip)
    return [field, h('p', { className: 'e', id: 'd' }, text('private'))]
  }

  const fields: Partial<Record<Ask, Field>> = {
    rating: scale,
    nps: scale,
    choice: choose,
    choices: choose,
    text: words,
  }

  return {
    css,
    fields,
    next(index, tell) {
      const to = next(questions[index] as Question, index, given[index] || {})
      // What was answered on a way that the shopper has left is taken back: ways only lead forward.
      for (let past = index + 1; past < to; past++)
        if (given[past]) {
          tell(questions[past] as Question, {}, false)
          delete given[past]
        }
      return to
    },
    foot(way, show) {
      const step = way.length
      const of = step + (questions[way.at(-1) as number] as Question).left - 1
      const foot = h('div', { className: 'e' })
      if (step > 1) foot.append(h('button', { onclick: () => show(way.slice(0, -1)) }, text('back')))
      if (of > 1) foot.append(h('span', { id: 'p' }, text('of', { n: step, of })))
      // Once it is on the page: whoever is led to a question by ear hears how many there are.
      queueMicrotask(() => foot.closest('.w')?.setAttribute('aria-describedby', 'p'))
      return foot
    },
  }
}

heimta('widget', 'questions', make)
