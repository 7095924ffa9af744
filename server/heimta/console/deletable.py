"""What may be deleted: a draft that nobody has met, on a page or by mail.

A survey that is off can be asked by a journey's mails all the same (docs/surveys.md), and their links outlive
the journey's switch: so one that a journey asks is no draft any more, though it never was on itself.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping

from heimta.console.earnings import Kind, counted_as, kept_under
from heimta.console.overview import DEFAULT, counted_days
from heimta.console.shops import View
from heimta.store import answers, rollups
from heimta.store.documents import Stored
from heimta.store.drafts import is_draft

MET = "shoppers may have met it: switch it off instead, and its figures stay."
WAS_ON = f"It was on once, so {MET}"
COUNTED = f"It has figures already, so {MET}"


async def why_kept(
    view: View, kind: Kind, stored: Stored, total: Mapping[str, int] | None = None, met: int | None = None
) -> str:
    """Why it cannot be deleted, for the merchant; '' if it can. total: its counters of late.

    met: shoppers who ever met it, where the caller knows.
    """
    name = stored.document.id
    if not is_draft(stored):
        return WAS_ON
    if kind == "campaign" and view.documents.held:
        return "A journey cannot be read, and its mails may ask it: leave it as it is, off."
    if kind == "campaign" and (journey := view.mailed.get(name)) is not None:
        return f"“{journey.name}” asks it by mail, so shoppers may be answering it: leave it as it is, off."
    counted = counted_as(kind, name)
    counters = by_name(await lately(view)).get(counted, {}) if total is None else total
    of_it = (f"c.{counted}.", f"s.{counted}.")
    if any(count and metric.startswith(of_it) for metric, count in counters.items()):
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


def by_name(total: Mapping[str, int]) -> dict[str, Counter[str]]:
    """Counters of campaigns and journeys, by what the worker counts each under: for a list of many, which
    would look through all of them for each.
    """
    found: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for metric, count in total.items():
        kind, _, rest = metric.partition(".")
        if kind in ("c", "s"):
            name, _, more = rest.partition(".")
            found[name][metric] = count
            if name == "j":
                found[f"j.{more.partition('.')[0]}"][metric] = count
    return dict(found)
