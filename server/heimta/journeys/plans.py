"""A shop's journeys as the step machine needs them: the ones that begin now, and the versions that go on."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from heimta.journeys.program import Op, row_of
from heimta.model.documents import ShopDoc
from heimta.model.journey import Journey, conditions_of
from heimta.model.message import Message
from heimta.model.visitor import Enrollment, VisitorState

_TIMED = frozenset({"cart_abandoned", "checkout_abandoned", "browse_abandoned", "segment", "date"})
# What may go on for several orders or products at once.
_EACH = frozenset({"ordered", "shipped", "delivered", "back_in_stock", "price_dropped"})

_OF_LOOKS = frozenset({"browse_abandoned", "back_in_stock", "price_dropped"})

# What became of a message that certainly reached nobody. One that failed may have been tried before.
TO_NOBODY = frozenset({"skipped", "gone"})

# By journey: the document in force, with its version.
Current = dict[str, tuple[Journey, int]]


@dataclass(frozen=True)
class Plans:
    """older: versions that were replaced, by journey and version. Each is live if its newest version is.

    held: journeys of which a version cannot be read. Nobody goes on in that one, and nobody leaves it.
    """

    shop: ShopDoc
    journeys: Current
    older: dict[tuple[str, int], Journey] = field(default_factory=dict)
    held: frozenset[str] = frozenset()
    _rows: dict[tuple[str, int], list[Op]] = field(default_factory=dict, repr=False, compare=False)

    @cached_property
    def by_rank(self) -> list[Journey]:
        """Those that are live, the ones that matter most first."""
        live = [journey for journey, _ in self.journeys.values() if journey.live]
        return sorted(live, key=lambda journey: (-journey.priority, journey.id))

    @cached_property
    def timed(self) -> list[Journey]:
        """Live ones that a timer of their own begins: not those that the shop's own silence does."""
        return [
            journey
            for journey in self.by_rank
            if journey.begins.on in _TIMED
            and (journey.begins.on != "cart_abandoned" or journey.begins.after_min is not None)
        ]

    @cached_property
    def waited(self) -> dict[str, frozenset[str]]:
        """What live journeys begin with, by its word: what it must be about ('': anything)."""
        waited: dict[str, set[str]] = {}
        for journey in self.by_rank:
            trigger = journey.begins
            if trigger.on not in _TIMED:
                word = f"event:{trigger.event}" if trigger.on == "event" else trigger.on
                waited.setdefault(word, set()).add(trigger.of)
        return {word: frozenset(of) for word, of in waited.items()}

    @cached_property
    def looks(self) -> bool:
        """Whether anything asks what shoppers looked at. Where nothing does it is not kept: nobody needs it,
        and it is half of a visitor's state.
        """
        return bool(self.held) or any(
            _asks_for_looks(journey) for journey in (*self.by_rank, *self.older.values())
        )

    @cached_property
    def asks_quiet(self) -> bool:
        """Whether anything asks for how long a shopper was away: then their browsers tell each other."""
        asked = [each for journey in (*self.by_rank, *self.older.values()) for each in conditions_of(journey)]
        return bool(self.held) or any(condition.quiet_days is not None for condition in asked)

    def pinned(self, journey_id: str, version: int) -> Journey | None:
        """The journey as it was when a shopper began it. None: it is gone, or too old to be kept."""
        known = self.journeys.get(journey_id)
        if known is None:
            return None
        return known[0] if known[1] == version else self.older.get((journey_id, version))

    def row(self, journey: Journey, version: int) -> list[Op]:
        """Its steps in a row. Laid once: it takes as long as everything else that a timer does."""
        row = self._rows.get((journey.id, version))
        if row is None:
            row = self._rows[(journey.id, version)] = row_of(journey)
        return row


def _asks_for_looks(journey: Journey) -> bool:
    return journey.begins.on in _OF_LOOKS or any(condition.viewed for condition in conditions_of(journey))


def enrollment_name(journey: Journey, about: str) -> str:
    """Its key in the state: one at a time, but one for each order and each product that is back."""
    return f"{journey.id}/{about}" if about and journey.begins.on in _EACH else journey.id


def journey_of(name: str) -> str:
    """The journey an enrollment is of, by its key."""
    return name.partition("/")[0]


def is_written_to(state: VisitorState, enrollment: Enrollment) -> bool:
    """Whether a message of it left, or is on its way: one that a rule held back, or that went to an address
    which is none, is none to the shopper.
    """
    decided = [state.deliveries.get(name) for name in enrollment.messages]
    return any(one is None or one.outcome not in TO_NOBODY for one in decided)


def enrollment_of(state: VisitorState, message: Message) -> Enrollment | None:
    """The one that decided on the message, if that is still the one there is."""
    for name in (message.journey, f"{message.journey}/{message.about}"):
        held = state.enrollments.get(name)
        if held is not None and message.id in held.messages:
            return held
    return None
