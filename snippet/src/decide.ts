// Which campaign and which arm, or why not. Pure: the same facts give the same answer, without a request.
import { isIn } from './audience.ts'
import { deal, HELD_OUT } from './bucket.ts'
import type { Facts } from './facts.ts'
import { isRested, isSilent } from './frequency.ts'
import type { Campaign, Variant } from './types.ts'

export interface Decision {
  campaign: Campaign
  /** undefined: held out */
  variant: Variant | undefined
  /** probability of this arm, of 10,000 */
  p: number
}

/** Why a campaign cannot be shown now, whatever the signal; '' if it can. */
export const refusal = (campaign: Campaign, facts: Facts) => {
  if (facts.here.has(campaign.id)) return 'here'
  if (!isIn(campaign.audience, facts)) return 'audience'
  if (isSilent(campaign)) return ''
  if (!isRested(campaign, facts.record, facts.now)) return 'frequency'
  return facts.busy ? 'busy' : ''
}

/** The widgets of all arms, so that the holdout meets the same hurdle as those who would see something. */
export const widgetsOf = ({ variants }: Campaign) => variants.map(({ content }) => content.widget)

/** fires: whether the signal is the one that this campaign waits for. Campaigns come sorted by priority. */
export const decide = (
  campaigns: Campaign[],
  facts: Facts,
  fires: (campaign: Campaign) => boolean,
): Decision | string => {
  let why = 'none'
  for (const campaign of campaigns) {
    if (!fires(campaign)) continue
    why = refusal(campaign, facts)
    if (!why && facts.typing && !isSilent(campaign)) why = 'typing'
    if (!why && !widgetsOf(campaign).every(facts.ready)) why = 'widget'
    if (why) continue
    const weights = campaign.variants.map(({ weight }) => weight)
    const [arm, p] = deal(campaign.salt, facts.record.vid, facts.preview ? 0 : campaign.holdout, weights)
    return { campaign, variant: arm === HELD_OUT ? undefined : campaign.variants[arm], p }
  }
  return why
}
