// Whether somebody is typing: nothing may come between a person and their word.

/** A text field that has the focus and text in it; an empty one was focused by the page as likely as by the shopper. */
export const isTyping = () => {
  const field = document.activeElement as HTMLInputElement | null
  return field?.matches(':read-write') && field.value !== ''
}
