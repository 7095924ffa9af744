// Hides what leads out of the checkout, where the merchant has named nothing: menus, and links in the footer.
// Careful on purpose. What has a form field in it stays, and so does every link that the law or a doubtful shopper
// needs: imprint, terms, privacy, withdrawal, accessibility; delivery, returns, contact, help; the cart, the language.
import type { Hand } from './hand.ts'

const NEEDED =
  /impr|legal|rechtl|agb|terms|condit|gtc|privac|datens|widerr|withdr|revoc|cancel|cookie|consent|einwill|ship|versand|liefer|deliv|zahl|pay|return|r[uü]ck|retour|refund|warrant|garant|gew[aä]hr|contact|kontakt|help|hilfe|faq|support|service|access|barriere|cart|basket|warenkorb|k[aö]rf|karfa|lang|sprache|tungum|currency|skilm|pers[oó]nuv|samband|a[dð]sto[dð]|afhend|skil\b|log.?in|anmeld|account|konto/i
const TOP = ':is(header,[role=banner],#header,.page-header,.site-header)'
const MENUS = `${TOP} nav a,nav[class*=main] a,nav[id*=main] a,[role=navigation][class*=main] a,#site-navigation a,.nav-sections a`
const BOTTOM = ':is(footer,[role=contentinfo],#footer,.page-footer,.site-footer)'
/** An offer to subscribe that has no field in it, and products that are not in the cart. */
const TEASERS =
  ':is(aside,section,div):is([class*=newsletter],[id*=newsletter],[class*=cross-sell],[class*=upsell])'
const HOLDS = 'input:not([type=hidden]),select,textarea,button,iframe'
const KEPT = 'dialog,[role=dialog],form,[class*=consent],[class*=cookie]'

const isFree = (link: HTMLAnchorElement) => {
  const { protocol, pathname, hash, textContent, ariaLabel, title, hreflang, rel } = link
  return (
    /^http/.test(protocol) &&
    !(hash && pathname === location.pathname) && // within the page
    pathname !== '/' && // the shop's sign, which says where one is
    !hreflang &&
    !NEEDED.test(`${pathname} ${textContent} ${ariaLabel} ${title} ${rel}`) &&
    !link.closest(KEPT)
  )
}

/** As far up as nothing but hidden links is in it, so that no heading stands over a gap, and no empty menu that can
 * still be scrolled takes the focus. */
const columnOf = (link: Element, isHidden: (other: Element) => boolean) => {
  let whole = link
  for (let up = link.parentElement; up && !up.matches(`${BOTTOM},header,main,body`); up = up.parentElement) {
    if (up.querySelector(`${HOLDS},${KEPT}`) || ![...up.querySelectorAll('a')].every(isHidden)) break
    whole = up
    if (up.localName === 'nav') break
  }
  return whole
}

export const hideDistractions = ({ attr, css }: Hand) => {
  const links = [...document.querySelectorAll<HTMLAnchorElement>(`${MENUS},${BOTTOM} a`)].filter(isFree)
  const gone = new Set<Element>(links)
  const teasers = [...document.querySelectorAll(TEASERS)].filter(
    (one) => !one.querySelector(HOLDS) && !one.closest(KEPT) && [...one.querySelectorAll('a')].every(isFree),
  )
  for (const link of links)
    attr(
      columnOf(link, (other) => gone.has(other)),
      'data-heimta-calm',
      '',
    )
  for (const one of teasers) attr(one, 'data-heimta-calm', '')
  // Not display: none. What is hidden keeps its place, so nothing on the page moves (CLS 0).
  css(document, '[data-heimta-calm],[data-heimta-calm] *{visibility:hidden!important}')
}
