// Shows a variant now, whatever stands against it, in any of the shop's languages. Nothing of it is counted, kept or
// sent: the widget gets the real context, but one that tells nobody, and codes that no shop knows.
import type { Core } from '../../../snippet/src/core.ts'
import { createContext } from '../../../snippet/src/stage/context.ts'
import { isSilent } from '../../../snippet/src/stage/frequency.ts'
import { onCart } from '../../../snippet/src/stage/on-cart.ts'
import type { Visitor } from '../../../snippet/src/storage.ts'
import type { Campaign, Made, Mount, Variant, WidgetContext } from '../../../snippet/src/types.ts'

const PATIENCE_MS = 10_000
const LOOK_MS = 50

const claimOf = ({ offer }: Campaign) => ({
  code: 'PREVIEW',
  kind: offer?.kind,
  value: offer?.value,
  now: Date.now(),
  expires_at: Date.now() + (offer?.expires_min || 60) * 60_000,
  prize: 0,
})

const contextOf = (core: Core, campaign: Campaign, variant: Variant, lang: string, gone: () => void) => {
  // A copy of what is known, so that whatever is noted in it is noted nowhere.
  const visitor = (): Visitor => ({ ...core.visitor(), seen: {} })
  const quiet: Core = { ...core, lang, visitor, save: () => {}, track: () => {} }
  return {
    ...createContext(quiet, campaign, variant, gone),
    onCart: (listen) => onCart(core, listen),
    post: async () => claimOf(campaign),
    part: (name) => (name === 'apply' ? async () => false : core.parts[name]),
  } as WidgetContext
}

const show = ({ host, open }: Made) => {
  if (host) document.body.append(host)
  open?.()
}

/** changed: called when a preview has begun or ended. */
export const createPreview = (core: Core, changed: () => void) => {
  let remove: (() => void) | undefined
  const preview = {
    /** what is shown: campaign and variant, or '' */
    on: '',
    end: () => {
      if (!preview.on) return
      core.guard(remove || (() => {}))()
      gone()
    },
    /** Says whether it could: a widget that cannot work in this browser never comes. */
    show: async (campaign: Campaign, variant: Variant, lang: string) => {
      preview.end()
      const { widget, with: others = [] } = variant.content
      const names = [widget, ...others]
      for (const name of names) core.load(name)
      const until = Date.now() + PATIENCE_MS
      while (!names.every((name) => core.parts?.[name])) {
        if (Date.now() > until) return false
        await new Promise((good) => setTimeout(good, LOOK_MS))
      }
      preview.on = `${campaign.id} ${variant.id}`
      core.isShown ||= !isSilent(campaign) // nothing else comes over it
      const made = core.guard(core.parts[widget] as Mount)(contextOf(core, campaign, variant, lang, gone))
      remove = made?.remove
      if (made) core.guard(show)(made)
      else gone()
      changed()
      return !!preview.on
    },
  }
  const gone = () => {
    preview.on = ''
    remove = undefined
    core.isShown = false
    changed()
  }
  return preview
}
