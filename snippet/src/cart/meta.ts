// Reads what platforms write into the page: Open Graph properties, and names that were escaped for HTML.

export const meta = (property: string) =>
  document.querySelector<HTMLMetaElement>(`meta[property="${property}"]`)?.content

const NAMED: Record<string, string> = { amp: '&', quot: '"', lt: '<', gt: '>', nbsp: ' ' }

/** `Caps &amp; Hats &#8211; M`. By hand, since letting a document parse it would need Trusted Types. */
export const plain = (escaped: string) =>
  escaped.replace(/&(#(\d+)|\w+);/g, (all, name, code) =>
    code ? String.fromCodePoint(code) : NAMED[name] || all,
  )
