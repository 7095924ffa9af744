"""Outcomes in lines and verdicts."""

from __future__ import annotations

from collections.abc import Sequence

from loadtest.chaos.stalls import STOPPED
from loadtest.chaos.world import Outcome
from loadtest.verdict import Verdict

ACKED = 1_000_000
ENOUGH = 1000  # waits, for their hundredth part to say something


def line(outcome: Outcome) -> str:
    found, summary = outcome.found, outcome.summary
    told = [
        f"{outcome.name:4} acked {found.acked:6,}  lost {found.lost}  twice {found.twice}",
        f"500s {summary.count('500')}  503s {summary.count('503')}  unanswered {summary.count('0')}",
        f"copies {found.copies:,}  well after {summary.recovery_s:.1f} s, folded {outcome.folded_s:.1f} s",
        *outcome.notes,
    ]
    if summary.hangs:
        told.append(f"hangs {summary.hangs} (own stall {summary.stall_s:.2f} s)")
    if outcome.exit_s:
        told.append(f"exit {outcome.exit_s:.1f} s")
    return "  ".join(told) + "".join(f"\n    BROKEN {word}" for word in [*outcome.broken, *found.details])


def verdicts(outcomes: Sequence[Outcome], *, is_whole: bool) -> list[Verdict]:
    """is_whole: every scenario and every seed ran, so that the number of events is held to its bar."""
    bar = ACKED if is_whole else 1
    stopped = [o.summary.phases[STOPPED] for o in outcomes if STOPPED in o.summary.phases]
    told = [
        Verdict("chaos-acked-events", sum(o.found.acked for o in outcomes), ">=", bar),
        Verdict("chaos-lost", sum(o.found.lost for o in outcomes), "<=", 0),
        Verdict("chaos-counted-twice", sum(o.found.twice for o in outcomes), "<=", 0),
        Verdict("chaos-500s", sum(o.summary.count("500") for o in outcomes), "<=", 0),
        Verdict("chaos-hangs", sum(o.summary.hangs for o in outcomes), "<=", 0),
        Verdict("chaos-broken-promises", sum(len(o.broken) for o in outcomes), "<=", 0),
        Verdict(
            "chaos-recovery", max(max(o.summary.recovery_s, o.folded_s) for o in outcomes), "<=", 30, "s"
        ),
    ]
    if stopped:
        p99_ms = max(1000 * phase.p99 for phase in stopped)
        told.append(Verdict("chaos-edge-p99-while-stopped", p99_ms, "<=", 600, "ms"))
    told += _neighbours(outcomes, is_whole=is_whole)
    if exits := [o.exit_s for o in outcomes if o.exit_s]:
        told.append(Verdict("chaos-exit", max(exits), "<=", 20, "s"))
    return told


def _neighbours(outcomes: Sequence[Outcome], *, is_whole: bool) -> list[Verdict]:
    """What poison is to others: hardly noticed beside another worker, and soon over beside the same one.

    The seconds are held to their bar where nothing else runs. In the test run, beside other tests, a worker's
    start alone may take them: there the bar is in such starts, measured in the same run. One takes about a
    second where nothing else runs, so it is the same bar.
    """
    told = []
    calm, near = ([wait for o in outcomes for wait in getattr(o, name)] for name in ("calm", "near"))
    if min(len(calm), len(near)) >= ENOUGH:
        times = _percentile(near, 0.99) / _percentile(calm, 0.99)
        told.append(Verdict("chaos-neighbours-delay-p99", times, "<=", 2, "x as before"))
    back = [o for o in outcomes if o.back_s]
    if back and is_whole:
        told.append(Verdict("chaos-killed-worker-back", max(o.back_s for o in back), "<=", 5, "s"))
    elif back:
        starts = max(o.back_s / o.start_s for o in back)
        told.append(Verdict("chaos-killed-worker-back", starts, "<=", 5, "x a start"))
    return told


def _percentile(waits: list[float], share: float) -> float:
    return sorted(waits)[min(len(waits) - 1, int(len(waits) * share))]
