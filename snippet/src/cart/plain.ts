// Takes names that were escaped for HTML back to text: `Caps &amp; Hats &#8211; M`. By hand, since letting a document
// parse them would need Trusted Types; and only what is found in names.

export const plain = (escaped: string) =>
  escaped.replace(/&(#(\d+)|amp|quot);/g, (all, _, code = all > '&b' ? 34 : 38) => String.fromCodePoint(code))
