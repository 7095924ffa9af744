"""Each process tells its figures, the docs explain every one, and counting costs next to nothing."""

from __future__ import annotations

import asyncio
import re
import tempfile
import timeit
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import httpx2
import pytest
from prometheus_client import CollectorRegistry, Counter
from prometheus_client.metrics_core import Metric
from prometheus_client.parser import text_string_to_metric_families
from starlette.applications import Starlette

from heimta.console.health import exposition
from heimta.edge.deps import Figures as EdgeFigures
from heimta.launch.valkey import embedded
from heimta.operate.figures import ENTRIES, Exposition, Histogram, Tally
from heimta.store.connect import connect
from heimta.worker.app import broke, create_app
from heimta.worker.expose import families
from heimta.worker.figures import Figures as WorkerFigures

DOCS = Path(__file__).parents[2] / "docs/operating.md"


def edge_figures() -> EdgeFigures:
    figures = EdgeFigures(queue=lambda: 7)
    figures.accepted(3)
    figures.accepted(4)
    figures.dropped("bad_age")
    figures.refused("origin")
    figures.redis_error()
    figures.committed(5, 0.003)
    return figures


def worker_figures() -> WorkerFigures:
    figures = WorkerFigures(owned={0, 1}, folded=9, fired=2)
    figures.fold_lag_ms[1], figures.due_lag_ms[1], figures.dead[1] = 1500, 250, 3
    figures.sent["push", "sent"] += 4
    figures.refused["demo", "sms", "login"] += 2
    figures.ads.told["demo", "carts", "out"] += 3
    figures.ads.refused["demo", "token"] += 1
    figures.ads.waiting["demo"], figures.ads.waiting_ms["demo"] = 5, 2500
    return figures


def read(text: str) -> dict[str, float]:
    """name{label="value"} -> value, as Prometheus itself would read them."""
    found = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            labels = ",".join(f"{name}={value}" for name, value in sorted(sample.labels.items()))
            found[f"{sample.name}{{{labels}}}" if labels else sample.name] = sample.value
    return found


def test_the_edges_figures_read_back() -> None:
    told = read(Exposition(edge_figures().families).text().decode())
    assert told["heimta_events_accepted_total"] == 7
    assert told["heimta_events_dropped_total{reason=bad_age}"] == 1
    assert told["heimta_requests_refused_total{reason=origin}"] == 1
    assert told["heimta_redis_errors_total"] == 1
    assert told["heimta_commit_queue_entries"] == 7
    assert told["heimta_commit_batch_entries_bucket{le=4.0}"] == 0
    assert told["heimta_commit_batch_entries_bucket{le=8.0}"] == 1
    assert told["heimta_commit_seconds_bucket{le=+Inf}"] == told["heimta_commit_seconds_count"] == 1
    assert told["heimta_commit_seconds_sum"] == 0.003


def test_the_workers_figures_read_back() -> None:
    told = read(Exposition(lambda: families(worker_figures())).text().decode())
    assert told["heimta_partitions_owned"] == 2 and told["heimta_entries_folded_total"] == 9
    assert told["heimta_fold_lag_seconds{partition=01}"] == 1.5
    assert told["heimta_due_lag_seconds{partition=01}"] == 0.25
    assert told["heimta_dead_letters{partition=01}"] == 3
    assert told["heimta_messages_total{channel=push,outcome=sent}"] == 4
    assert told["heimta_provider_refusals_total{channel=sms,reason=login,shop=demo}"] == 2
    assert told["heimta_ad_changes_told_total{audience=carts,change=out,shop=demo}"] == 3
    assert told["heimta_ad_tellings_refused_total{reason=token,shop=demo}"] == 1
    assert told["heimta_ad_changes_waiting{shop=demo}"] == 5
    assert told["heimta_ad_change_age_seconds{shop=demo}"] == 2.5


def names(metrics: Iterable[Metric]) -> set[str]:
    ends = {"counter": "_total", "info": "_info"}
    return {metric.name + ends.get(metric.type, "") for metric in metrics}


def test_the_docs_explain_exactly_the_figures_there_are() -> None:
    answers = Tally({"2xx": 1})
    real = names(edge_figures().families()) | names(families(worker_figures()))
    real |= names(exposition(answers).collect())
    table = DOCS.read_text().partition("### Figures")[2].partition("### Alerts")[0]
    told = re.findall(r"^\| `(heimta_\w+)` \|", table, re.MULTILINE)
    assert len(told) == len(set(told)) and set(told) == real


def test_the_docs_alert_on_figures_that_there_are() -> None:
    text = DOCS.read_text()
    known = set(re.findall(r"^\| `(heimta_\w+)` \|", text, re.MULTILINE))
    alerts = set(re.findall(r"heimta_\w+", text.partition("### Alerts")[2].partition("### Logs")[0]))
    assert {name.removesuffix("_bucket") for name in alerts} <= known and len(alerts) >= 8


def test_the_docs_name_every_reason_to_refuse_or_drop() -> None:
    package = Path(__file__).parents[2] / "server/heimta"
    code = "".join(file.read_text() for room in ("edge", "ingest") for file in (package / room).glob("*.py"))
    reasons = re.findall(r'figures\.refused\("(\w+)"\)|Dropped\(\w+\.n, "(\w+)"', code)
    text = DOCS.read_text()
    missing = {name for pair in reasons for name in pair if name and f"`{name}`" not in text}
    assert len(reasons) >= 6 and not missing


def test_a_value_on_a_bound_counts_below_it() -> None:
    values = Histogram(ENTRIES)
    for value in (0.5, 1, 1.5, 5000):
        values.observe(value)
    told = dict(values.buckets())
    assert (told["1.0"], told["2.0"], told["1024.0"], told["+Inf"]) == (2, 3, 3, 4)


def test_counting_costs_less_than_with_the_librarys_counters() -> None:
    figures, registry = EdgeFigures(), CollectorRegistry()
    accepted = Counter("accepted", "x", registry=registry)
    dropped = Counter("dropped", "x", ["reason"], registry=registry)

    def cost(work: Any) -> float:
        return min(timeit.repeat(work, number=5000, repeat=7))

    assert cost(lambda: figures.accepted(4)) < cost(lambda: accepted.inc(4))
    assert cost(lambda: figures.dropped("bad_age")) < cost(lambda: dropped.labels("bad_age").inc())


def ask(app: Starlette) -> httpx2.AsyncClient:
    return httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://x")


class Loops:
    """Stands where Worker stands."""

    def __init__(self, error: Exception | None = None) -> None:
        self.figures = worker_figures()
        self._error = error

    def stop(self) -> None:
        return None

    async def run(self) -> None:
        if self._error:
            raise self._error


async def nothing() -> None:
    return None


async def test_a_worker_is_ready_without_partitions_and_not_without_loops(monkeypatch: Any) -> None:
    signals: list[int] = []
    monkeypatch.setattr("signal.raise_signal", signals.append)
    app = create_app(Loops(ValueError("bug")), probe=nothing, close=nothing)  # type: ignore[arg-type]
    async with app.router.lifespan_context(app), ask(app) as http:
        await asyncio.wait({app.state.task})
        told = await http.get("/readyz")
        assert told.status_code == 503 and told.json() == {
            "ok": False,
            "why": "the loops have ended",
            "partitions": 2,
        }
        assert read((await http.get("/metrics")).text)["heimta_entries_folded_total"] == 9
    assert broke(app)


@pytest.mark.parametrize("how", ["everysec", "always"])
async def test_the_setting_reaches_the_embedded_store(how: Any) -> None:
    with tempfile.TemporaryDirectory(prefix="hv") as folder, embedded(Path(folder), appendfsync=how) as url:
        client = connect(url)
        assert (await client.config_get("appendfsync"))["appendfsync"] == how
        await client.aclose()
