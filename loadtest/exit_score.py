"""`make exit-score`: does the snippet tell leaving from wandering, and how do one-line detectors fare?

Open, labelled, scripted traces (loadtest/exit/): thresholds were chosen on one half, the figures are of the
other. HALF=tune shows the first half, MISSES=1 each trace judged wrongly. A trace counts once: found,
if it was left and the detector fired after the visitor had turned away; a false fire, if they stayed and it
fired at all, or fired before.

Not in the set, since no page is told of it before it is gone: Ctrl+W, Alt+F4, an app swiped away.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
from msgspec import Struct

from loadtest.exit import browser
from loadtest.exit.classes import CHECKSUMS, build, digest
from loadtest.exit.traces import Fire, Trace
from loadtest.verdict import Verdict, conclude

ROOT = Path(__file__).parents[1]
DETECTORS = ("ours", "ouibounce", "formbricks", "mautic")
PEERS = DETECTORS[1:]
LANES = 2


Fired = dict[str, list[Fire]]


class Score(Struct):
    found: int = 0
    missed: int = 0
    false: int = 0
    quiet: int = 0

    def add(self, trace: Trace, fires: list[Fire]) -> None:
        is_found = trace.left and any(fire.at >= trace.since for fire in fires)
        self.found += is_found
        self.missed += trace.left and not is_found
        is_false = any(not trace.left or fire.at < trace.since for fire in fires)
        self.false += is_false
        self.quiet += not trace.left and not is_false

    @property
    def precision(self) -> float:
        return self.found / max(self.found + self.false, 1)

    @property
    def recall(self) -> float:
        return self.found / max(self.found + self.missed, 1)

    @property
    def f1(self) -> float:
        return 2 * self.found / max(2 * self.found + self.false + self.missed, 1)


def replay(traces: list[Trace]) -> list[Fired]:
    """In node, against the built snippet."""
    lanes = [traces[lane::LANES] for lane in range(LANES)]
    with ThreadPoolExecutor(LANES) as pool:
        answers = list(pool.map(_lane, lanes))
    fired: list[Fired] = [{} for _ in traces]
    for lane, told in enumerate(answers):
        fired[lane::LANES] = told
    return fired


def _lane(traces: list[Trace]) -> list[Fired]:
    lines = b"\n".join(msgspec.json.encode(trace) for trace in traces)
    script = str(ROOT / "loadtest/exit/replay.mjs")
    done = subprocess.run(["node", script], input=lines, cwd=ROOT, stdout=subprocess.PIPE, check=True)
    return [msgspec.json.decode(line, type=Fired) for line in done.stdout.splitlines()]


def score(traces: list[Trace], fired: list[Fired], wanted: Callable[[Trace], bool]) -> dict[str, Score]:
    scores = {name: Score() for name in DETECTORS}
    for trace, fires in zip(traces, fired, strict=True):
        if wanted(trace):
            for name in DETECTORS:
                scores[name].add(trace, fires[name])
    return scores


def table(traces: list[Trace], fired: list[Fired]) -> None:
    """By class: how many left and were found, how many stayed and were taken for leaving."""
    print(
        f"{'class':<16}{'left':>5}{'stayed':>7}   found / false: ours"
        + "".join(f"{name:>14}" for name in PEERS)
    )
    for kind in dict.fromkeys(trace.kind for trace in traces):
        scores = score(traces, fired, lambda trace, kind=kind: trace.kind == kind)  # type: ignore[misc]
        ours = scores["ours"]
        cells = "".join(f"{f'{s.found} / {s.false}':>{20 if n == 'ours' else 14}}" for n, s in scores.items())
        print(f"{kind:<16}{ours.found + ours.missed:>5}{ours.quiet + ours.false:>7}{cells:>62}")
    for name, wanted in (("all", lambda t: True), ("mouse only", lambda t: t.device == "pointer")):
        print(f"\n{name:<16}{'precision':>10}{'recall':>8}{'F1':>8}{'false fires':>13}")
        for detector, s in score(traces, fired, wanted).items():
            print(f"{detector:<16}{s.precision:>10.3f}{s.recall:>8.3f}{s.f1:>8.3f}{s.false:>13}")


def verdicts(traces: list[Trace], fired: list[Fired]) -> list[Verdict]:
    scores = score(traces, fired, lambda trace: True)
    ours = scores["ours"]
    told = [
        Verdict("exit-traces", len(traces), ">=", 500),
        Verdict("exit-f1", round(ours.f1, 3), ">=", 0.95),
    ]
    for name in PEERS:
        ratio = scores[name].false / max(ours.false, 1)
        told.append(Verdict(f"exit-false-{name}", round(ratio, 1), ">=", 10, "times ours"))
    return told


def main() -> int:
    half = os.environ.get("HALF", "report")
    traces = build(half)
    assert digest(traces) == CHECKSUMS[half], "these are not the traces that the thresholds were chosen on"
    subprocess.run(["node", "build.mjs"], cwd=ROOT, check=True)
    fired = replay(traces)
    if os.environ.get("MISSES"):
        misses(traces, fired)
    table(traces, fired)
    return conclude([*verdicts(traces, fired), browser.agreement(traces, fired)])


def misses(traces: list[Trace], fired: list[Fired]) -> None:
    for trace, fires in zip(traces, fired, strict=True):
        one = Score()
        one.add(trace, fires["ours"])
        if one.missed or one.false:
            told = ", ".join(
                f"{fire.kind} {fire.score} after {fire.at - trace.since} ms" for fire in fires["ours"]
            )
            print(f"{'missed' if one.missed else 'false '} {trace.kind}: {told}; {trace.ev[-1]}")


if __name__ == "__main__":
    sys.exit(main())
