"""What became of a journey's messages, step by step. Pure.

It was counted under the journey's id alone until 24 November 2026, where a survey of that id has its answers.
What looks like a step's is read from there too, so that nothing is missing from the days before.
"""

from __future__ import annotations

from collections import Counter

OUTCOMES = ("sent", "clicked", "skipped", "failed", "unknown")


def steps_of(total: Counter[str], journey: str) -> Counter[str]:
    """`<step>.<outcome>` -> how often. total: counters of some days."""
    told: Counter[str] = Counter()
    for prefix in _prefixes(journey):
        for name, count in total.items():
            rest = name.removeprefix(prefix)
            if name.startswith(prefix) and rest.partition(".")[2] in OUTCOMES:
                told[rest] += count
    return told


def begun(total: Counter[str], journey: str) -> int:
    """How often it began."""
    return sum(total[f"{prefix}.entered"] for prefix in _prefixes(journey))


def _prefixes(journey: str) -> tuple[str, str]:
    return f"s.j.{journey}.", f"s.{journey}."
