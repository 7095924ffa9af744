"""The list of campaigns and journeys, with the switch of each."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from heimta.console.ad_audiences import refused_count
from heimta.console.answers import surveys_of
from heimta.console.coupons import alarm_count
from heimta.console.deletable import by_name, lately, why_kept
from heimta.console.drafts import told
from heimta.console.earnings import Earner, Kind, listed, one_earner
from heimta.console.form import read_own_form
from heimta.console.overview import DEFAULT
from heimta.console.shops import View, page, view_of
from heimta.model.campaign import Campaign
from heimta.model.contents import PopupContent, PushContent
from heimta.model.event import BY_MAIL, HOLDOUT
from heimta.model.journey import Journey
from heimta.rules.conditions import hindrances
from heimta.rules.coupons import offer_warnings, offers_of
from heimta.rules.journey_warnings import Rivals, journey_warnings, rivals_of
from heimta.stats.lift import MIN_ORDERS
from heimta.stats.steps import begun
from heimta.store import ceilings, documents, ledgers
from heimta.store.documents import Stored


async def show_campaigns(request: Request) -> Response:
    view = await view_of(request)
    words = await _words(view, await listed(view)) | {
        "coupon_alarms": await alarm_count(view),
        "volumes": [
            each
            for each in await ceilings.volumes(view.desk.redis, view.shop, now=view.desk.clock())
            if each.is_alarming
        ],
        "ad_alarms": await refused_count(view.desk.redis, view.shop.id, view.shop.ad_audiences),
    }
    return page(request, view, "campaigns.html", "campaigns", words | await told(request, view))


async def switch_campaign(request: Request) -> Response:
    return await _switch(request, "campaign")


async def switch_journey(request: Request) -> Response:
    return await _switch(request, "journey")


async def _switch(request: Request, kind: Kind) -> Response:
    """Switch on or off what the address names. The answer is its row, or the whole list without htmx."""
    form = await read_own_form(request)
    wanted = form.get("live")
    if wanted not in ("on", "off"):
        raise HTTPException(400, "A switch is either on or off.")
    view = await view_of(request)
    name = str(request.path_params["name"])
    try:
        await documents.set_live(
            view.desk.redis, view.shop.id, kind, name, wanted == "on", now=view.desk.clock()
        )
    except KeyError as error:
        raise HTTPException(404, "There is no such campaign.") from error
    if "HX-Request" not in request.headers:
        return RedirectResponse(f"/console/shops/{view.shop.id}/campaigns#{kind}-{name}", status_code=303)
    view = await view_of(request)
    held = view.documents.campaigns if kind == "campaign" else view.documents.journeys
    earner = await one_earner(view, kind, held[name])
    return page(
        request, view, "switched.html", "campaigns", await _words(view, [earner]) | {"earner": earner}
    )


async def _words(view: View, found: list[Earner]) -> dict[str, object]:
    pools = await ledgers.pools(view.desk.redis, view.shop.id)
    total = await lately(view)
    counted = by_name(total)
    its = {e.name: counted.get(e.name, Counter[str]()) for e in found}
    rivals = rivals_of(view.journeys)
    return {
        "earners": found,
        "reach": {e.name: _met(its[e.name], total, e) for e in found},
        "range": DEFAULT,
        "min_orders": MIN_ORDERS,
        "hindrances": {
            e.name: hindrances(e.document, view.shop, view.desk.clock())
            for e in found
            if isinstance(e.document, Campaign) and e.document.live
        },
        "warnings": {e.name: _warnings(view, e.document, pools, rivals) for e in found if e.document.live},
        "parted": {e.name: parts for e in found if (parts := _parts(its[e.name], e))},
        "acceptable": {e.name for e in found if isinstance(e.document, Campaign) and _offers(e.document)},
        "surveys": {e.name for e in found if isinstance(e.document, Campaign) and surveys_of(e.document)},
        "deletable": {
            e.name for e in found if not await why_kept(view, e.kind, _stored(e), its[e.name], e.met)
        },
    }


def _warnings(
    view: View, document: Campaign | Journey, pools: Mapping[str, int], rivals: Rivals
) -> list[str]:
    """What keeps it from doing what it says, as `heimta apply` warns of it. Sentences without a full stop."""
    if isinstance(document, Journey):
        found = list(journey_warnings(document, view.shop, rivals, view.campaigns))
        found += offer_warnings(view.shop, offers_of([], [document]), pools)
    else:
        found = list(offer_warnings(view.shop, offers_of([document], []), pools))
    said = [words.removeprefix(f"journey {document.id!r}, ") for words in found]
    return [f"{words[0].upper()}{words[1:]}" for words in said]


def _offers(campaign: Campaign) -> bool:
    """Whether there is anything to accept: a survey is answered, and help with the checkout is just there."""
    return any(isinstance(variant.content, PopupContent | PushContent) for variant in campaign.variants)


def _met(its: Counter[str], total: Counter[str], earner: Earner) -> Counter[str]:
    """Nobody meets a service journey in an arm: it tells only how often it began."""
    if earner.is_measured:
        return reach(its, earner.name)
    return Counter(exposed=begun(total, earner.document.id))


def _parts(total: Counter[str], earner: Earner) -> dict[str, Counter[str]]:
    """Of a campaign with several variants, what each was met with: variant -> what -> how often. Those that
    it had before and answers to a mail are parts, too: else the parts would not add up to the whole.
    """
    if not isinstance(earner.document, Campaign) or len(earner.document.variants) < 2:
        return {}
    found = by_arm(total, earner.name)
    parts = {variant.id: found.pop(variant.id, Counter()) for variant in earner.document.variants}
    found.pop(HOLDOUT, None)
    by_mail = found.pop(BY_MAIL, Counter[str]())
    parts |= {f"{arm}, taken out": counts for arm, counts in sorted(found.items()) if _is_told(counts)}
    return parts | ({"by mail": by_mail} if _is_told(by_mail) else {})


def _is_told(counts: Counter[str]) -> bool:
    return any(counts[what] for what in ("exposed", "accepted", "answered"))


def _stored(earner: Earner) -> Stored:
    return Stored(earner.document, earner.version, earner.changed_at)


def reach(total: Counter[str], name: str) -> Counter[str]:
    """How many met it, in all arms that show something and in the holdout, and what they did."""
    sums: Counter[str] = Counter()
    for arm, counts in by_arm(total, name).items():
        for what, count in counts.items():
            sums["held" if arm == HOLDOUT and what == "exposed" else what] += count
    return sums


def by_arm(total: Counter[str], name: str) -> defaultdict[str, Counter[str]]:
    """arm -> what -> how often. name: as the worker counts it."""
    found: defaultdict[str, Counter[str]] = defaultdict(Counter)
    prefix = f"c.{name}."
    for metric, count in total.items():
        if metric.startswith(prefix):
            arm, _, what = metric.removeprefix(prefix).partition(".")
            found[arm][what] += count
    return found
