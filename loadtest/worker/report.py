"""What the samples come to: cost by tenth of the log, tables in words, and a plot to look at."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from statistics import median

from msgspec import structs

from loadtest.worker.rig import Sample
from loadtest.worker.traffic import EVENTS

WIDTH, HEIGHT = 640, 320


def at_fold(samples: Sequence[Sample], folded: float) -> tuple[float, float]:
    """(seconds, CPU seconds of worker and Redis) when that many were folded, between two samples."""
    for before, after in pairwise(samples):
        if after.folded >= folded and after.folded > before.folded:
            share = (folded - before.folded) / (after.folded - before.folded)
            cpu = [s.worker_s + s.redis_s for s in (before, after)]
            wall = before.at_s + share * (after.at_s - before.at_s)
            return wall, cpu[0] + share * (cpu[1] - cpu[0])
    raise ValueError(f"{folded} were never folded")


def evened(samples: Sequence[Sample]) -> list[Sample]:
    """The same with CPU seconds of one worth: what passed between two samples by what the fixed piece of work
    took then, in seconds of the median moment.
    """
    usual = median(sample.piece_s for sample in samples)
    told = [samples[0]]
    for before, after in pairwise(samples):
        worth = usual / ((before.piece_s + after.piece_s) / 2)
        last = told[-1]
        worker_s = last.worker_s + (after.worker_s - before.worker_s) * worth
        redis_s = last.redis_s + (after.redis_s - before.redis_s) * worth
        told.append(structs.replace(after, worker_s=worker_s, redis_s=redis_s, piece_s=usual))
    return told


def tenths(samples: Sequence[Sample]) -> list[tuple[float, float]]:
    """Seconds, and CPU seconds of worker and Redis, that each tenth of the log took."""
    start, end = samples[0].folded, samples[-1].folded
    marks = [at_fold(samples, start + (end - start) * k / 10) for k in range(11)]
    return [(b[0] - a[0], b[1] - a[1]) for a, b in pairwise(marks)]


def plot_text(rows: Sequence[tuple[float, float]], events: int) -> str:
    longest = max(cpu for _, cpu in rows)
    lines = ["events folded   CPU s (worker + Redis) for this tenth"]
    for k, (_, cpu) in enumerate(rows, 1):
        lines.append(f"{events * k // 10:>13,}   {cpu:7.2f} {'#' * round(40 * cpu / longest)}")
    return "\n".join(lines)


def plot_svg(rows: Sequence[tuple[float, float]], events: int, file: Path) -> None:
    """CPU seconds so far over events folded; a straight line is what is hoped for."""
    so_far = [sum(cpu for _, cpu in rows[:k]) for k in range(len(rows) + 1)]
    points = " ".join(
        f"{40 + k / 10 * (WIDTH - 60):.0f},{HEIGHT - 30 - y / so_far[-1] * (HEIGHT - 60):.0f}"
        for k, y in enumerate(so_far)
    )
    straight = f"40,{HEIGHT - 30} {WIDTH - 20},30"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" '
        f'font-size="12"><rect width="100%" height="100%" fill="white"/>'
        f'<polyline points="{straight}" fill="none" stroke="#bbb" stroke-dasharray="4"/>'
        f'<polyline points="{points}" fill="none" stroke="#205080" stroke-width="2"/>'
        f'<text x="40" y="20">CPU seconds, worker and Redis: {so_far[-1]:.1f} for {events:,} events</text>'
        f'<text x="{WIDTH - 20}" y="{HEIGHT - 10}" text-anchor="end">events folded</text></svg>\n'
    )


def fold_table(samples: Sequence[Sample]) -> list[tuple[str, str]]:
    first, last = samples[0], samples[-1]
    events = (last.folded - first.folded) * EVENTS
    wall, worker, redis = last.at_s - first.at_s, last.worker_s - first.worker_s, last.redis_s - first.redis_s
    return [
        ("events folded", f"{events:,}"),
        ("events/s, wall", f"{events / wall:,.0f}"),
        ("events/s of worker CPU", f"{events / worker:,.0f}"),
        ("worker CPU an event", f"{worker / events * 1e6:.1f} us"),
        ("Redis CPU an event", f"{redis / events * 1e6:.1f} us"),
    ]


def table(rows: Sequence[tuple[str, str]]) -> str:
    wide = max(len(name) for name, _ in rows)
    return "\n".join(f"  {name:<{wide}}  {figure:>14}" for name, figure in rows)
