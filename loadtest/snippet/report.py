"""What was seen, what it comes to, and how it is written down."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from statistics import median, quantiles

from msgspec import Struct

from loadtest.snippet import measure
from loadtest.snippet.measure import Calls, Traced, Vitals
from loadtest.snippet.peers import Peer
from loadtest.snippet.trace import Cost
from loadtest.verdict import Verdict

LOAD_MS, SYNC_MS, TRACK_MS = 4.0, 1.0, 0.1
INP_STEP_MS = 8.0  # what the browser rounds an interaction to
VITALS = ("lcp", "cls", "inp")


class Shown(Struct):
    """By tag. cpu: ms, a page with nothing but the tag. loads, slow: the shop's, and slowed down. calls: only
    of tags that can be told of a product.
    """

    cpu: dict[str, list[float]] = {}
    loads: list[Cost] = []
    slow: dict[str, list[Cost]] = {}
    vitals: dict[str, list[Vitals]] = {}
    calls: dict[str, Calls] = {}
    traced: Traced | None = None


def spread(values: Sequence[float]) -> float:
    """How much a page differs from itself: the middle half of its samples."""
    first, _, third = quantiles(values, n=4)
    return third - first


def p95(values: Sequence[float]) -> float:
    return sorted(values)[max(0, round(0.95 * len(values)) - 1)]


def of(shown: Shown, tag: str, name: str) -> list[float]:
    """One of the vitals, in every round."""
    return [getattr(one, name) for one in shown.vitals[tag]]


def verdicts(shown: Shown) -> list[Verdict]:
    assert shown.traced is not None
    without, with_tag = median(shown.cpu["none"]), median(shown.cpu["heimta"])
    found = [
        Verdict("snippet-load-cpu", with_tag - without, "<=", LOAD_MS, "ms"),
        Verdict("snippet-load-sync", median(cost.first for cost in shown.loads), "<=", SYNC_MS, "ms"),
        Verdict("snippet-long-tasks-at-6x", sum(cost.long_ours for cost in shown.slow["heimta"]), "<=", 0),
        Verdict("snippet-track-p95", p95(shown.calls["heimta"].sync), "<=", TRACK_MS, "ms"),
        Verdict("snippet-track-forced-layouts", shown.traced.layouts, "<=", 0),
        Verdict("snippet-track-sync-storage", shown.traced.touched, "<=", 0),
    ]
    for name in VITALS:
        bare, tagged = of(shown, "none", name), of(shown, "heimta", name)
        noise = max(spread(bare), INP_STEP_MS if name == "inp" else 0)
        unit = "" if name == "cls" else "ms"
        found.append(Verdict(f"snippet-{name}-more", median(tagged) - median(bare), "<=", noise, unit))
    return found


def page(told: str, found: Sequence[Verdict]) -> str:
    """The file of results."""
    listed = "\n".join(str(verdict) for verdict in found)
    head = "# What a page pays for the tag\n\n`make bench-snippet`; how it is measured is told in its files."
    return f"{head}\n\n{told}\n\n```\n{listed}\n```\n"


def tell(shown: Shown, others: Sequence[Peer]) -> str:
    """Markdown."""
    return "\n".join([_machine(shown), "", *_tags(shown, others), "", *_own(shown), "", *_vitals(shown)])


def _machine(shown: Shown) -> str:
    return (
        f"{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} at the end; "
        f"{len(shown.cpu['none'])} rounds, interleaved. CPU: main thread of a page with nothing but the tag, "
        f"until {measure.WINDOW_MS / 1000:.1f} s after its load. Long tasks: of the demo's product page at a "
        f"sixth of the speed, a load ({len(shown.slow['none'])} loads)."
    )


def _tags(shown: Shown, others: Sequence[Peer]) -> list[str]:
    base = median(shown.cpu["none"])
    notes = {"none": "the same page without a tag", "heimta": "snippet, one adapter, exit intent"}
    notes |= {peer.name: peer.note for peer in others}
    lines = [
        "| tag | CPU ms more than without | its spread | long tasks | in which the tag ran "
        "| a call ms: median, p95 | LCP ms | CLS | INP ms | |",
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|---|",
    ]
    for tag, values in shown.cpu.items():
        slow, told = shown.slow[tag], shown.calls.get(tag)
        every, ours = (sum(getattr(c, n) for c in slow) / len(slow) for n in ("long_all", "long_ours"))
        more = f"{median(values) - base:.2f} | {spread(values):.2f}"
        call = f"{median(told.sync):.3f}, {p95(told.sync):.3f}" if told is not None else ""
        felt = " | ".join(f"{median(of(shown, tag, name)):.4g}" for name in VITALS)
        lines.append(f"| {tag} | {more} | {every:.1f} | {ours:.1f} | {call} | {felt} | {notes[tag]} |")
    return lines


def _own(shown: Shown) -> list[str]:
    assert shown.traced is not None
    sync, whole = shown.calls["heimta"].sync, shown.calls["heimta"].whole
    first, own = (median(getattr(cost, name) for cost in shown.loads) for name in ("first", "own"))
    return [
        f"On the shop's page the file compiles and runs for {first:.2f} ms, with every later call into it "
        f"{own:.2f} ms (CPU, from the trace).",
        f"`heimta('product', …)`: median {median(sync):.3f} ms, p95 {p95(sync):.3f} ms; with the microtasks "
        f"it leaves behind p95 {p95(whole):.3f} ms ({len(sync)} calls, {shown.traced.spans} in the trace).",
    ]


def _vitals(shown: Shown) -> list[str]:
    lines = ["| | without | its spread | with |", "|---|---:|---:|---:|"]
    for name in VITALS:
        bare, tagged = of(shown, "none", name), of(shown, "heimta", name)
        lines.append(f"| {name.upper()} | {median(bare):.4g} | {spread(bare):.3g} | {median(tagged):.4g} |")
    return lines
