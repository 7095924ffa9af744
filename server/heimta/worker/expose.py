"""The worker's figures under their public names. docs/operating.md explains each and says when to worry."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric

from heimta.operate.figures import counter, gauge, histogram
from heimta.worker.figures import Figures


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
    refused = CounterMetricFamily(
        "heimta_provider_refusals",
        "Times a provider took nothing at all",
        labels=["shop", "channel", "reason"],
    )
    for labels, count in sorted(figures.refused.items()):
        refused.add_metric(labels, count)
    yield refused
    yield from _volumes(figures)
    yield from _coupons(figures)
    yield from _ads(figures)


def _volumes(figures: Figures) -> Iterator[Metric]:
    used = {
        "sms": GaugeMetricFamily(
            "heimta_sms_used_ratio", "How much of a shop's ceiling of SMS a day is used", labels=["shop"]
        ),
        "email": GaugeMetricFamily(
            "heimta_email_used_ratio",
            "How much of its e-mails a day a shop has used",
            labels=["shop"],
        ),
    }
    surge = GaugeMetricFamily(
        "heimta_message_surge_ratio",
        "Messages of a day, 1 where they are far above the shop's usual",
        labels=["shop", "channel"],
    )
    for each in figures.volumes:
        used[each.channel].add_metric([each.shop], each.used)
        surge.add_metric([each.shop, each.channel], each.surge)
    yield from (*used.values(), surge)


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


def _ads(figures: Figures) -> Iterator[Metric]:
    ads = figures.ads
    waiting = GaugeMetricFamily(
        "heimta_ad_changes_waiting", "Changes of ad audiences not told yet", labels=["shop"]
    )
    age = GaugeMetricFamily(
        "heimta_ad_change_age_seconds", "For how long the oldest of them waits", labels=["shop"]
    )
    for shop, count in sorted(ads.waiting.items()):
        waiting.add_metric([shop], count)
        age.add_metric([shop], ads.waiting_ms[shop] / 1000)
    told = CounterMetricFamily(
        "heimta_ad_changes_told", "Changes the ad network took", labels=["shop", "audience", "change"]
    )
    for names, count in sorted(ads.told.items()):
        told.add_metric([*names], count)
    refused = CounterMetricFamily(
        "heimta_ad_tellings_refused", "Times the ad network took none", labels=["shop", "reason"]
    )
    for pair, count in sorted(ads.refused.items()):
        refused.add_metric([*pair], count)
    yield from (waiting, age, told, refused)


def _by_partition(name: str, words: str, values: dict[int, int], divisor: int) -> Metric:
    family = GaugeMetricFamily(name, words, labels=["partition"])
    for partition, value in sorted(values.items()):
        family.add_metric([f"{partition:02d}"], value / divisor)
    return family
