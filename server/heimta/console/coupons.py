"""Coupons: what each offer handed out and what became of it, how near its ceilings it is, and the pools."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from heimta.console.formats import money, number, percent
from heimta.console.shops import View, page, view_of
from heimta.model.campaign import Offer
from heimta.model.coupon import Ledger
from heimta.rules.coupons import Offered, ledgers_now, offers_of
from heimta.store import ledgers


@dataclass(frozen=True)
class Ceiling:
    """One thing that may run out. words: how much is gone of how much."""

    words: str
    pct: int


@dataclass(frozen=True)
class Row:
    """An offer. worth: `10 % off`. is_gone: its document is not there any more, or cannot be read now, which
    worth says then.
    """

    name: str
    part: str
    worth: str
    live: bool
    is_gone: bool
    ledger: Ledger
    ceilings: list[Ceiling]

    def saved(self, currency: str) -> dict[str, int]:
        """By currency, the shop's first."""
        return {currency: self.ledger.given_minor} | self.ledger.given_before

    @property
    def is_alarming(self) -> bool:
        """What is off gives nobody anything, however much of it is left."""
        return self.live and self.ledger.is_alarming

    @property
    def used_pct(self) -> int:
        return 100 * self.ledger.redeemed // self.ledger.handed if self.ledger.handed else 0


async def show_coupons(request: Request) -> Response:
    view = await view_of(request)
    kept = await _kept(view)
    pools = await ledgers.pools(view.desk.redis, view.shop.id)
    known = known_offers(view)
    found = ledgers_now(view.shop.id, known, kept, pools)
    rows = [_row(each, found[each.source], view.shop.currency) for each in known]
    gone = [each for each in kept if each.source not in found]
    rows += [_gone(view, each) for each in gone if each.handed]
    words: dict[str, object] = {
        "rows": sorted(rows, key=lambda row: (not row.is_alarming, row.is_gone, not row.live, row.name)),
        # Without those that are filled through the shop's API: nobody needs to look after them.
        "pools": {name: left for name, left in pools.items() if "." not in name},
        "used_by": {pool: sorted({each.name for each in known if each.offer.pool == pool}) for pool in pools},
    }
    return page(request, view, "coupons.html", "campaigns", words)


async def _kept(view: View) -> list[Ledger]:
    return await ledgers.read(
        view.desk.redis, view.shop.id, view.shop.currency, view.documents.first_currency
    )


def known_offers(view: View) -> list[Offered]:
    """Of what is live, and of what is off too: it may be switched on."""
    return list(offers_of(view.campaigns, view.journeys))


async def alarm_count(view: View) -> int:
    """How many offers run out; of a wheel each prize is one, as on the page."""
    live = [each for each in known_offers(view) if each.live]
    kept = await _kept(view)
    found = ledgers_now(view.shop.id, live, kept, await ledgers.pools(view.desk.redis, view.shop.id))
    return sum(found[each.source].is_alarming for each in live)


def _gone(view: View, ledger: Ledger) -> Row:
    """Of an offer that is in no document, as far as they can be read."""
    kind, _, rest = ledger.source.partition(".")
    place = {"c": "campaign", "j": "journey"}.get(kind, ""), rest.partition(".")[0]
    is_unread = any((fault.kind, fault.name) == place for fault in view.unread)
    return Row(ledger.source, "", "cannot be read" if is_unread else "deleted", False, True, ledger, [])


def _row(offered: Offered, ledger: Ledger, currency: str) -> Row:
    ceilings = list(_ceilings(offered.offer, ledger, currency))
    worth = worth_of(offered.offer, currency)
    return Row(offered.name, offered.part, worth, offered.live, False, ledger, ceilings)


def _ceilings(offer: Offer, ledger: Ledger, currency: str) -> Iterable[Ceiling]:
    if offer.max_coupons:
        words = f"{number(ledger.handed)} of {number(offer.max_coupons)} coupons"
        yield Ceiling(words, min(100, 100 * ledger.handed // offer.max_coupons))
    if offer.budget_minor:
        gone = ledger.given_minor + ledger.open_minor
        words = f"{money(gone, currency)} of {money(offer.budget_minor, currency)}"
        if ledger.is_short and gone < offer.budget_minor:
            words += ", too little is left for another coupon"
        yield Ceiling(words, min(100, 100 * gone // offer.budget_minor))
    if offer.pool and ledger.left is not None:
        total = ledger.handed + ledger.left
        words = f"{number(ledger.left)} codes left in {offer.pool}"
        yield Ceiling(words, 100 * ledger.handed // total if total else 100)


def worth_of(offer: Offer, currency: str) -> str:
    if offer.kind == "percent":
        worth = f"{percent(offer.value, 0)} off"
    else:
        worth = f"{money(offer.value, currency)} off" if offer.kind == "amount" else "free shipping"
    least = f" from {money(offer.min_cart_minor, currency)}" if offer.min_cart_minor else ""
    return worth + least
