"""What a fold leads to beside the new state: counts, sums, messages. Collected, then written in one
step.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property, lru_cache

from heimta.ingest.entry import Relayed
from heimta.journeys.plans import Plans
from heimta.model.audience import Change
from heimta.model.campaign import Campaign
from heimta.model.documents import ShopDoc
from heimta.model.journey import Journey
from heimta.model.message import Message
from heimta.model.preferences import Proof

HOUR_MS = 3_600_000


@dataclass(frozen=True)
class ShopContext:
    """What the fold must know of a shop: its documents with their versions.

    older: versions of journeys that shoppers may still be in, by journey and version. replaced: when they
    were, ms. gone: arms that campaigns had until lately. first_currency: before the shop first changed its
    own, '' if it never did. held: journeys that stand still, since one of their versions cannot be read.
    is_whole: all can.
    """

    shop: ShopDoc
    campaigns: dict[str, tuple[Campaign, int]]
    journeys: dict[str, tuple[Journey, int]]
    older: dict[tuple[str, int], Journey] = field(default_factory=dict)
    replaced: dict[tuple[str, int], int] = field(default_factory=dict)
    gone: dict[str, Collection[str]] = field(default_factory=dict)
    first_currency: str = ""
    held: frozenset[str] = frozenset()
    is_whole: bool = True

    @cached_property
    def plans(self) -> Plans:
        return Plans(self.shop, self.journeys, self.older, self.held)

    @property
    def idle_ms(self) -> int:
        return round(self.shop.abandoned_after_min * 60_000)

    def goal_ms(self, exposure: str) -> int:
        """How long after an exposure an order counts; campaigns by id, journeys by `j.` and id."""
        if exposure.startswith("j."):
            journey = self.journeys.get(exposure[2:])
            days = journey[0].goal_days if journey else 7
        else:
            campaign = self.campaigns.get(exposure)
            days = campaign[0].goal_days if campaign else 7
        return days * 24 * HOUR_MS


@dataclass(frozen=True)
class Redeemed:
    """An order told a code. total_minor: of the order, in the shop's currency, whose mark it has; None for an
    order in another one.
    """

    shop: str
    code: str
    order: str
    total_minor: int | None
    mark: str = ""


@lru_cache(maxsize=4096)
def _place(metric: str, hour: int) -> tuple[str, str]:
    """(yyyymmdd, `hour:metric`), UTC, of an hour counted since the epoch. The same few, again and again."""
    at = datetime.fromtimestamp(hour * 3600, UTC)
    return at.strftime("%Y%m%d"), f"{at.hour}:{metric}"


@dataclass
class Effects:
    """Everything one batch of entries leads to in one partition, ready to be written atomically."""

    tally: dict[tuple[str, str, int], int] = field(default_factory=dict)  # by shop, metric, hour since 1970
    lift: dict[tuple[str, str], dict[str, int]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(int))
    )
    messages: list[Message] = field(default_factory=list)
    # (shop, campaign) -> visitor -> when they answered
    heard: dict[tuple[str, str], dict[str, int]] = field(default_factory=lambda: defaultdict(dict))
    # (shop, sku) -> visitor -> when they looked at it, or had it in a cart
    watched: dict[tuple[str, str], dict[str, int]] = field(default_factory=lambda: defaultdict(dict))
    relays: list[tuple[str, Relayed]] = field(default_factory=list)  # with the shop
    ads: list[tuple[str, Change]] = field(default_factory=list)  # with the shop
    # Whose names are to know what the others know of their attention: another name, or something was seen.
    shared: set[tuple[str, str]] = field(default_factory=set)  # shop, visitor
    proofs: list[tuple[str, str, Proof]] = field(default_factory=list)  # shop, visitor
    redeemed: list[Redeemed] = field(default_factory=list)

    def count(self, shop: str, metric: str, at: int, by: int = 1) -> None:
        """Add to a counter of the hour `at` lies in. By the event's time, so late events land in their
        hour.
        """
        key = (shop, metric, at // HOUR_MS)
        self.tally[key] = self.tally.get(key, 0) + by

    @property
    def counts(self) -> dict[tuple[str, str], dict[str, int]]:
        """What was counted, as it is written: by shop and day, then by hour and metric."""
        counts: dict[tuple[str, str], dict[str, int]] = defaultdict(dict)
        for (shop, metric, hour), by in self.tally.items():
            day, name = _place(metric, hour)
            counts[shop, day][name] = by
        return counts

    def move(self, shop: str, metric: str, old: int, new: int) -> None:
        """An earlier event came late: what was counted in the hour of `old` belongs to that of `new`."""
        if old // HOUR_MS != new // HOUR_MS:
            self.count(shop, metric, old, -1)
            self.count(shop, metric, new)

    def sum(self, shop: str, exposure: str, arm: str, name: str, by: int) -> None:
        self.lift[(shop, exposure)][f"{arm}|{name}"] += by
