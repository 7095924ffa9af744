"""The funnel: how far sessions came, at which field of the checkout they stopped, and what went wrong there.

The worker counts a session once at the furthest step it reached and at each before it (worker/funnel.py), so
no step has more sessions than the one before, whatever was told late, twice or not at all.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date
from typing import get_args

from msgspec import Struct

from heimta.model.event import FieldKind
from heimta.stats.overview import money

# In the order in which a shop is walked through. Every shop has four; the others show once one is seen.
STEPS = ("product", "cart", "checkout", "address", "shipping", "payment", "paid", "review", "order")
ALWAYS = {"product", "cart", "checkout", "order"}
SPLIT = ("cart", "checkout", "order")  # steps that are counted by device as well
DEVICES = ("phone", "tablet", "desktop")
KINDS: tuple[str, ...] = get_args(FieldKind)
SHOWN_FAULTS = 20
OTHER = "other"  # what the store adds up when a day has too many names (store/partition_scripts.py)


class Step(Struct, frozen=True):
    """sessions: that reached it or a later one. lost: those of the step before that did not."""

    name: str
    sessions: int
    lost: int
    lost_pct: float | None  # of the step before; None when nobody was there


class Device(Struct, frozen=True):
    """Sessions by one kind of device: all, and those that reached a step of SPLIT or a later one."""

    kind: str
    sessions: int
    carts: int
    checkouts: int
    orders: int

    @property
    def lost_pct(self) -> float | None:
        """Of those with a cart; None where nobody had one."""
        return 100 * (self.carts - self.orders) / self.carts if self.carts else None


class Field(Struct, frozen=True):
    """Sessions by what happened in a field. stopped: it was the last one entered, and there was no order."""

    kind: str
    entered: int
    stopped: int
    wrong: int
    corrected: int
    empty: int
    seconds: float  # in it, a session that entered it

    @property
    def stopped_pct(self) -> float:
        return 100 * self.stopped / self.entered

    @property
    def wrong_pct(self) -> float:
        return 100 * self.wrong / self.entered


class Fault(Struct, frozen=True):
    """times: met at all. carts: that met it. ordered: of those."""

    kind: str  # script, network, or other: no name any more
    what: str
    times: int
    carts: int
    ordered: int


class Funnel(Struct, frozen=True):
    """Totals of the chosen days. lost_money: totals of the carts that met a fault and were not ordered.

    orders: that the shop's webhook told of.
    """

    sessions: int
    steps: list[Step]
    devices: list[Device]
    fields: list[Field]
    faults: list[Fault]
    carts: int
    ordered: int
    lost_money: dict[str, int]
    orders: int

    @property
    def unknown(self) -> int:
        """Sessions of which no device is known, and those of programs."""
        return self.sessions - sum(device.sessions for device in self.devices)

    @property
    def is_blind(self) -> bool:
        """There were orders, and no browser told of one: the script seems not to be where they are placed."""
        return self.orders > 0 and not any(step.sessions for step in self.steps if step.name == "order")


def funnel(days: Mapping[date, Counter[str]], *, currency: str) -> Funnel:
    total: Counter[str] = Counter()
    for counts in days.values():
        total.update(counts)
    fields = [_field(total, kind) for kind in KINDS if total[f"field.{kind}.entered"]]
    return Funnel(
        sessions=total["sessions"],
        steps=_steps(total),
        devices=[_device(total, kind) for kind in DEVICES if total[f"device.{kind}.sessions"] > 0],
        fields=sorted(fields, key=lambda field: (-field.stopped, -field.wrong, -field.entered)),
        faults=_faults(total),
        carts=total["faults.carts"],
        ordered=total["faults.ordered"],
        lost_money=money(total, "faults_minor", currency),
        orders=total["orders"],
    )


def _steps(total: Counter[str]) -> list[Step]:
    steps: list[Step] = []
    before = total["sessions"]
    for name in STEPS:
        if name not in ALWAYS and not total[f"step.{name}"]:
            continue
        sessions = total[f"funnel.{name}"]
        lost = before - sessions
        steps.append(Step(name, sessions, lost, 100 * lost / before if before else None))
        before = sessions
    return steps


def _device(total: Counter[str], kind: str) -> Device:
    sessions, cart, checkout, order = (total[f"device.{kind}.{what}"] for what in ("sessions", *SPLIT))
    return Device(kind, sessions, cart, checkout, order)


def _field(total: Counter[str], kind: str) -> Field:
    def of(what: str) -> int:
        return total[f"field.{kind}.{what}"]

    seconds = of("ms") / 1000 / of("entered")
    return Field(kind, of("entered"), of("stopped"), of("wrong"), of("corrected"), of("empty"), seconds)


def _faults(total: Counter[str]) -> list[Fault]:
    """Those that met the most carts first; all that has no name or no room is one line at the end."""
    names = {name.removeprefix("fault.times.") for name in total if name.startswith("fault.times.")}
    found = [_fault(total, name) for name in names - {OTHER}]
    found.sort(key=lambda fault: (-fault.carts, -fault.times, fault.what))
    shown, rest = found[:SHOWN_FAULTS], found[SHOWN_FAULTS:]
    if OTHER in names:
        rest.append(_fault(total, OTHER))
    if rest:
        shown.append(
            Fault(
                OTHER,
                "",
                sum(fault.times for fault in rest),
                sum(fault.carts for fault in rest),
                sum(fault.ordered for fault in rest),
            )
        )
    return [fault for fault in shown if fault.times > 0]


def _fault(total: Counter[str], name: str) -> Fault:
    kind, _, what = name.partition(" ")
    return Fault(
        kind,
        what,
        total[f"fault.times.{name}"],
        total[f"fault.carts.{name}"],
        total[f"fault.ordered.{name}"],
    )
