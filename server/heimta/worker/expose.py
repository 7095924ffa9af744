"""The worker's figures under their public names. docs/operating.md explains each and says when to worry."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric

from heimta.operate.figures import counter, gauge, histogram
from heimta.worker.loop import Figures


def families(figures: Figures) -> Iterator[Metric]:
    yield gauge("heimta_partitions_owned", "Partitions this worker owns", len(figures.owned))
    yield counter("heimta_entries_folded", "Log entries folded", figures.folded)
    yield counter("heimta_timers_fired", "Timers fired", figures.fired)
    yield counter("heimta_redis_errors", "Commands that Redis did not take", figures.redis_errors)
    yield histogram("heimta_step_seconds", "Time a step took to be written", figures.commits)
    yield _by_partition(
        "heimta_fold_lag_seconds", "Age of the oldest entry not folded yet", figures.fold_lag_ms, 1000
    )
    yield _by_partition(
        "heimta_due_lag_seconds", "How late the earliest due timer is", figures.due_lag_ms, 1000
    )
    yield _by_partition("heimta_dead_letters", "Entries that could not be folded, kept", figures.dead, 1)
    messages = CounterMetricFamily("heimta_messages", "Messages that ended", labels=["channel", "outcome"])
    for (channel, outcome), count in sorted(figures.sent.items()):
        messages.add_metric([channel, outcome], count)
    yield messages
    yield from _coupons(figures)


def _coupons(figures: Figures) -> Iterator[Metric]:
    made = CounterMetricFamily("heimta_coupons_made", "Codes made at shops", labels=["shop", "outcome"])
    for (shop, outcome), count in sorted(figures.coupons.made.items()):
        made.add_metric([shop, outcome], count)
    yield made
    names = ["shop", "offer"]
    used = GaugeMetricFamily(
        "heimta_coupon_used_ratio", "How much of an offer's ceiling is gone", labels=names
    )
    for each in figures.coupons.ledgers:
        used.add_metric([each.shop, each.source], each.used_pct / 100)
    yield used


def _by_partition(name: str, words: str, values: dict[int, int], divisor: int) -> Metric:
    family = GaugeMetricFamily(name, words, labels=["partition"])
    for partition, value in sorted(values.items()):
        family.add_metric([f"{partition:02d}"], value / divisor)
    return family
