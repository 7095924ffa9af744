// Makes an SVG element, as dom.ts makes HTML: by DOM calls only.

export const svg = (name: string, attributes: Record<string, string>, ...kids: Node[]) => {
  const element = document.createElementNS('http://www.w3.org/2000/svg', name)
  for (const key in attributes) element.setAttribute(key, attributes[key] as string)
  element.append(...kids)
  return element
}
