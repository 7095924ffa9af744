"""A shop's journeys as the step machine needs them: the ones that begin now, and the versions that go on."""

from __future__ import annotations

from dataclasses import dataclass, field

from heimta.model.documents import ShopDoc
from heimta.model.journey import Journey
from heimta.model.message import Message
from heimta.model.visitor import Enrollment, VisitorState

# By journey: the document in force, with its version.
Current = dict[str, tuple[Journey, int]]


@dataclass(frozen=True)
class Plans:
    """older: versions that were replaced, by journey and version. Each is live if its newest version is."""

    shop: ShopDoc
    journeys: Current
    older: dict[tuple[str, int], Journey] = field(default_factory=dict)

    def pinned(self, journey_id: str, version: int) -> Journey | None:
        """The journey as it was when a shopper began it. None: it is gone, or too old to be kept."""
        known = self.journeys.get(journey_id)
        if known is None:
            return None
        return known[0] if known[1] == version else self.older.get((journey_id, version))


def enrollment_name(journey_id: str, about: str) -> str:
    """Its key in the state: one at a time, but one for each order or product."""
    return f"{journey_id}/{about}" if about else journey_id


def journey_of(name: str) -> str:
    """The journey an enrollment is of, by its key."""
    return name.partition("/")[0]


def enrollment_of(state: VisitorState, message: Message) -> Enrollment | None:
    """The one that decided on the message, if that is still the one there is."""
    held = state.enrollments.get(enrollment_name(message.journey, message.about))
    return held if held is not None and message.id in held.messages else None
