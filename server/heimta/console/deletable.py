"""What may be deleted: a draft that nobody has met, on a page or by mail.

A survey that is off can be asked by a journey's mails all the same (docs/surveys.md), and their links outlive
the journey's switch: so one that a journey asks is no draft any more, though it never was on itself.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from heimta.console.earnings import Kind, counted_as, kept_under
from heimta.console.overview import DEFAULT, counted_days
from heimta.console.shops import View
from heimta.model.journey import Journey
from heimta.rules.surveys import mailed_by
from heimta.store import answers, rollups
from heimta.store.documents import Stored
from heimta.store.drafts import is_draft

MET = "shoppers may have met it: switch it off instead, and its figures stay."
WAS_ON = f"It was on once, so {MET}"
COUNTED = f"It has figures already, so {MET}"


async def why_kept(
    view: View, kind: Kind, stored: Stored, total: Mapping[str, int] | None = None, met: int | None = None
) -> str:
    """Why it cannot be deleted, for the merchant; '' if it can. total: the shop's counters of late.

    met: shoppers who ever met it, where the caller knows.
    """
    name = stored.document.id
    if not is_draft(stored):
        return WAS_ON
    if kind == "campaign" and view.documents.held:
        return "A journey cannot be read, and its mails may ask it: leave it as it is, off."
    if kind == "campaign" and (journey := _asking(view, name)) is not None:
        return f"“{journey.name}” asks it by mail, so shoppers may be answering it: leave it as it is, off."
    if total is None:
        total = await lately(view)
    counted = counted_as(kind, name)
    if any(
        count and metric.startswith((f"c.{counted}.", f"s.{counted}.")) for metric, count in total.items()
    ):
        return COUNTED
    redis, partitions = view.desk.redis, view.desk.partitions
    if met is None:
        sums = await rollups.arm_sums(redis, view.shop.id, kept_under(view, counted), partitions)
        met = sum(round(arm.get("n", 0)) for arm in sums.values())
    if met:
        return COUNTED
    if kind == "campaign" and await answers.are_there(redis, view.shop.id, name, partitions):
        return COUNTED
    return ""


async def lately(view: View) -> Counter[str]:
    total: Counter[str] = Counter()
    for counts in (await counted_days(view, DEFAULT)).values():
        total.update(counts)
    return total


def _asking(view: View, survey: str) -> Journey | None:
    """A journey that is on, or was, and whose mails ask it."""
    begun = [s.document for s in view.documents.journeys.values() if not is_draft(s)]
    journeys = [j for j in (*begun, *view.documents.older.values()) if isinstance(j, Journey)]
    return next((journey for journey in journeys if survey in mailed_by([journey])), None)
