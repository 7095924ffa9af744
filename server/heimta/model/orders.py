"""Orders as a visitor's state has them: its own, those of who restored its cart, and those of its person.

Mutable and without cycles, like all of that state (model/visitor.py).
"""

from __future__ import annotations

from typing import NamedTuple

from msgspec import Struct

from heimta.model.event import Customer


class Sum(NamedTuple):
    """What the shop said that an order costs, and when it last changed it: ms, 0 where that was not told."""

    changed_at: int
    minor: int
    currency: str

    @property
    def rank(self) -> tuple[int, int, str]:
        """Of two sums of an order that of lower rank counts: of the later change, else the smaller. Webhooks
        overtake each other, so which came last says nothing.
        """
        return -self.changed_at, self.minor, self.currency


def standing(one: Sum, two: Sum) -> Sum:
    return min(one, two, key=lambda told: told.rank)


class OrderState(Struct, array_like=True, gc=False):
    """An order of this browser, or of another one that restored a cart of it."""

    id: str
    at: int  # the shop's clock
    minor: int
    currency: str
    cart: str  # the cart it names, if it does
    came: int  # when it was first told, server clock
    recovered: bool = False  # counted as the recovery of an abandoned cart
    sealed: bool = False  # its recovery is settled: its cart is forgotten
    customer: Customer | None = None  # where a service message about it goes (model/person.py)
    most: int = 0  # of an own one: the largest sum that it was told with, minor units
    changed_at: int = 0  # when the shop last changed it, where that was told

    @property
    def sum(self) -> Sum:
        return Sum(self.changed_at, self.minor, self.currency)

    @property
    def is_called_off(self) -> bool:
        """Nothing is left of it; what cost nothing in the first place is as it was."""
        return not self.minor and self.most > 0

    @property
    def stops_at(self) -> int:
        """What was in a cart before this is not chased, however slow the shop's clock is."""
        return max(self.at, self.came)


class PersonOrder(Struct, array_like=True, gc=False):
    """An order that is this person's by the shop's signed word, placed in another browser or in none."""

    at: int  # the shop's clock
    minor: int
    currency: str
    hubs: list[str]  # by whose word it is this person's, sorted
    changed_at: int = 0  # as of an OrderState

    @property
    def sum(self) -> Sum:
        return Sum(self.changed_at, self.minor, self.currency)
