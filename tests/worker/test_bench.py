"""The worker's proof measures what it says: its batches are folded whole, its tenths add up."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec import structs

from heimta.worker.entries import BatchNote, read_fact
from loadtest.worker import report, traffic
from loadtest.worker.rig import Sample
from tests.worker.shop import T0


def sample(at_s: float, folded: int) -> Sample:
    """The worker and Redis each take half of a core."""
    return Sample(at_s, at_s / 2, at_s / 2, folded, 0)


@pytest.mark.parametrize(("number", "visit"), [(0, 0), (10**8 + 1, 9), (900_000_000, 3)])
def test_a_batch_is_folded_whole_and_about_as_large_as_in_life(number: int, visit: int) -> None:
    entry = traffic.batch(number, visit, T0)
    fields = {
        b"s": entry.shop,
        b"k": entry.kind,
        b"t": str(entry.received),
        b"d": entry.data,
        b"u": entry.agent,
    }
    raw = {name: value if isinstance(value, bytes) else value.encode() for name, value in fields.items()}
    fact = read_fact(b"1-0", raw)
    assert isinstance(fact.note, BatchNote)
    assert [event.name for event in fact.note.events] == [
        "page_viewed",
        "product_viewed",
        "cart_updated",
        "exit_intended",
    ]
    assert fact.visitor == traffic.visitor_id(number)
    assert 650 <= len(entry.data) <= 800


def test_every_tenth_of_a_log_has_first_and_last_visits() -> None:
    entries = list(traffic.waves(2000, T0))
    for tenth in (entries[place : place + 200] for place in range(0, 2000, 200)):
        assert len({entry.data.partition(b'"sent"')[0] for entry in tenth}) == 20
        assert {entry.received for entry in tenth} == {T0 + visit * 1000 for visit in range(10)}


def test_a_steady_fold_costs_the_same_in_every_tenth() -> None:
    rows = report.tenths([sample(at_s, at_s * 1000) for at_s in (3, 4, 9, 13)])
    assert rows == [pytest.approx((1.0, 1.0))] * 10


def test_a_slow_machine_is_no_slow_fold_and_a_slow_fold_on_a_steady_machine_is_one() -> None:
    fast, slow = sample(5, 500), sample(15, 1000)
    machine = [sample(0, 0), fast, structs.replace(fast, piece_s=2.0), structs.replace(slow, piece_s=2.0)]
    rows = report.tenths(report.evened(machine))
    assert rows[-1][1] == pytest.approx(rows[0][1])
    rows = report.tenths(report.evened([sample(0, 0), fast, slow]))
    assert rows[-1][1] == pytest.approx(2 * rows[0][1])


def test_a_fold_that_slows_down_is_seen_and_drawn(tmp_path: Path) -> None:
    rows = report.tenths([sample(0, 0), sample(5, 500), sample(15, 1000)])
    assert rows[-1][1] == pytest.approx(2 * rows[0][1])
    lines = report.plot_text(rows, 4000).splitlines()
    assert lines[1].count("#") == 20 and lines[-1].count("#") == 40
    plot = tmp_path / "results" / "worker.svg"
    report.plot_svg(rows, 4000, plot)
    assert plot.read_text().count("polyline") == 2
