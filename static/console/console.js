// What the console does in the browser beside htmx: copy buttons, and words where no answer came.

const say = (words) => {
  const status = document.getElementById('status')
  if (status) status.textContent = words
}

// Without TLS there is no clipboard API; selecting the text leaves the rest to the merchant's own keys.
const copy = async (source) => {
  if (navigator.clipboard) return navigator.clipboard.writeText(source.textContent)
  getSelection()?.selectAllChildren(source)
  return Promise.reject(new Error('no clipboard'))
}

document.addEventListener('click', (event) => {
  const button = event.target instanceof Element ? event.target.closest('[data-copy]') : null
  const source = button && document.getElementById(button.dataset.copy)
  if (!source) return
  const word = button.querySelector('span')
  const before = word.innerHTML
  const show = (text) => {
    word.textContent = text
    say(text)
    setTimeout(() => {
      word.innerHTML = before
    }, 2000)
  }
  copy(source).then(
    () => show('Copied'),
    () => show('Selected: press Ctrl+C'),
  )
})

// No answer at all: a switch that stays as it was must not look as if nobody had pressed it.
document.addEventListener('htmx:error', (event) => {
  const form = event.detail.ctx?.sourceElement
  const place = form instanceof Element && form.closest('.campaign')?.querySelector('[role="alert"]')
  if (place)
    place.textContent =
      'No answer came. Is this device online? Reload the page to see whether it is on or off.'
})
