"""What each campaign and journey earned beyond what shoppers would have bought anyway, and that added up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from heimta.console.shops import View
from heimta.model.campaign import Campaign
from heimta.model.currency import counted_in
from heimta.model.documents import AnyDocument
from heimta.model.journey import Journey
from heimta.stats.lift import ALPHA, Interval, Lift, lift
from heimta.store import rollups
from heimta.store.documents import Stored
from heimta.store.drafts import is_draft
from heimta.store.rollups import ArmSums

Kind = Literal["campaign", "journey"]


@dataclass(frozen=True)
class Earner:
    """A campaign or a journey. name: what the worker counts it under; journeys are told apart by `j.`.

    is_measured: not so for a service journey, which holds nobody out: there is nothing to compare with.
    """

    kind: Kind
    document: Campaign | Journey
    version: int
    changed_at: int
    lift: Lift

    @property
    def name(self) -> str:
        return counted_as(self.kind, self.document.id)

    @property
    def met(self) -> int:
        """Shoppers who ever met it, in either arm."""
        return self.lift.exposed.n + self.lift.holdout.n

    @property
    def is_measured(self) -> bool:
        return _is_measured(self.document)

    @property
    def is_draft(self) -> bool:
        """Nobody has met it, nor will before it is switched on: no answer of it is waited for."""
        return not self.met and is_draft(Stored(self.document, self.version, self.changed_at))


@dataclass(frozen=True)
class Sum:
    """All added up. revenue: over those with an answer; None when there is none yet. Each is held against its
    own holdout while the others go on, so of two or more it is no measure of them together: an order that two
    of them led to (a popup asks for the address, a journey writes to it) is what either earned, and one that
    either alone would have brought is neither's. Only a holdout of the whole shop would tell.

    needed: shoppers until the first answer that is still missing, of those that are on; None: none in sight.
    skewed: those whose arms cannot be compared. alone: those of one arm alone, which no shopper brings nearer
    to an answer.
    """

    revenue: Interval | None
    known: int
    unknown: int
    skewed: int
    alone: int
    needed: int | None


def counted_as(kind: Kind, name: str) -> str:
    return f"j.{name}" if kind == "journey" else name


def kept_under(view: View, name: str) -> str:
    """What the lift's sums of a campaign or journey are kept under. name: as `counted_as` has it."""
    return counted_in(name, view.shop.currency, view.documents.first_currency)


async def earners(view: View) -> list[Earner]:
    """Those that are measured, as `listed` has them, without drafts. Intervals hold for all at once: alpha is
    shared out.
    """
    return [earner for earner in await listed(view) if earner.is_measured and not earner.is_draft]


async def listed(view: View) -> list[Earner]:
    """All there are, campaigns first, each kind by name."""
    found = _found(view)
    sums = await _sums(view, found)
    alpha = _share(found, sums, await _unread_sums(view))
    each = [_earner(kind, stored, its, alpha) for (kind, stored), its in zip(found, sums, strict=True)]
    return sorted(each, key=lambda e: (e.kind, e.document.name))


async def one_earner(view: View, kind: Kind, stored: Stored) -> Earner:
    found = _found(view)
    alpha = _share(found, await _sums(view, found), await _unread_sums(view))
    [its] = await _sums(view, [(kind, stored)])
    return _earner(kind, stored, its, alpha)


def _found(view: View) -> list[tuple[Kind, Stored]]:
    found: list[tuple[Kind, Stored]] = [("campaign", c) for c in view.documents.campaigns.values()]
    found += [("journey", j) for j in view.documents.journeys.values()]
    return found


async def _sums(view: View, found: list[tuple[Kind, Stored]]) -> list[ArmSums]:
    """Of each, in the same order, in the shop's currency."""
    names = [kept_under(view, counted_as(kind, stored.document.id)) for kind, stored in found]
    sums = await rollups.all_arm_sums(view.desk.redis, view.shop.id, names, view.desk.partitions)
    return [sums[name] for name in names]


async def _unread_sums(view: View) -> list[ArmSums]:
    """Of those that cannot be read now: they were met, and the others' intervals must not narrow for that."""
    there = {counted_as(kind, stored.document.id) for kind, stored in _found(view)}
    named = {f"j.{fault.name}" if fault.kind == "journey" else fault.name for fault in view.unread}
    redis, partitions = view.desk.redis, view.desk.partitions
    names = [kept_under(view, name) for name in sorted(named - there)]
    sums = await rollups.all_arm_sums(redis, view.shop.id, names, partitions)
    return list(sums.values())


def _share(found: list[tuple[Kind, Stored]], sums: list[ArmSums], unread: list[ArmSums]) -> float:
    """Of alpha, for each that may have an answer: a draft that nobody met has none, nor has what holds out
    nobody or all, so they must not widen the others. unread: of documents of which nobody knows that.
    """
    both = zip(found, sums, strict=True)
    asked = [its for (_, one), its in both if 0 < _holdout(one) < 100] + unread
    return ALPHA / max(1, sum(any(arm.get("n") for arm in its.values()) for its in asked))


def _holdout(stored: Stored) -> int:
    """Percent that are held out."""
    document = stored.document
    assert isinstance(document, Campaign | Journey)
    return document.holdout if isinstance(document, Journey) else document.holdout_pct


def _earner(kind: Kind, stored: Stored, sums: ArmSums, alpha: float) -> Earner:
    document = stored.document
    assert isinstance(document, Campaign | Journey)
    answer = lift(sums, holdout_share=_holdout(stored) / 100, alpha=alpha)
    return Earner(kind, document, stored.version, stored.at, answer)


def _is_measured(document: AnyDocument) -> bool:
    return not (isinstance(document, Journey) and document.service)


def added_up(found: list[Earner]) -> Sum:
    """Ends add up: with alpha shared out, every interval holds at once, and so does their sum."""
    known = [e.lift.revenue for e in found if e.lift.revenue]
    waiting = [e for e in found if not (e.lift.known or e.lift.is_skewed or e.lift.is_alone)]
    needed = [e.lift.needed for e in waiting if e.document.live and e.lift.needed is not None]
    return Sum(
        revenue=Interval(sum(r.low for r in known), sum(r.high for r in known)) if known else None,
        known=len(known),
        unknown=len(waiting),
        skewed=sum(e.lift.is_skewed for e in found),
        alone=sum(e.lift.is_alone for e in found),
        needed=min(needed, default=None),
    )
