"""How many traces of each class make a half. The numbers were set before anything was measured."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from random import Random

import msgspec

from loadtest.exit import edge, finger, pointer
from loadtest.exit.traces import Trace

CLASSES: dict[str, tuple[int, Callable[[Random], Trace]]] = {
    "leave": (80, pointer.leave),
    "tab switch": (30, pointer.tab_switch),
    "back": (20, pointer.back),
    "keyboard": (25, pointer.keyboard),
    "touch leave": (45, finger.touch_leave),
    "second monitor": (15, pointer.second_monitor),
    "reload": (25, pointer.reload),
    "autocomplete": (25, pointer.autocomplete),
    "select": (25, pointer.select),
    "link click": (40, pointer.link_click),
    "scrollbar": (15, pointer.scrollbar),
    "context menu": (15, pointer.context_menu),
    "graze": (60, edge.graze),
    "top menu": (45, edge.top_menu),
    "dialog": (15, edge.dialog),
    "other sides": (25, edge.other_sides),
    "from above": (15, edge.from_above),
    "touch scroll": (50, finger.touch_scroll),
    "touch back": (15, finger.touch_back),
    "idle": (15, finger.idle),
}
HALVES = ("tune", "report")
CHECKSUMS = {
    "tune": "c820bd847c334d06f7bcc498c3cad5598163ab334a94fc819b5dcdbaae87c800",
    "report": "9d6ebd65d6515cb5e61021af34fb018fe5d13ad2dd7c02007ac9b245609a68bd",
}


def build(half: str) -> list[Trace]:
    """The same traces for ever. Thresholds were chosen on `tune`; figures are told of `report`."""
    return [
        write(Random(f"{half} {name} {number}"))
        for name, (count, write) in CLASSES.items()
        for number in range(count)
    ]


def digest(traces: list[Trace]) -> str:
    return hashlib.sha256(msgspec.json.encode(traces)).hexdigest()
