"""What is read out of a trace, on a small one made by hand."""

from __future__ import annotations

from typing import Any

import pytest

from loadtest.snippet.trace import cost, forced_layouts, long_tasks, outermost

FILE = "http://edge.test/s/demo.js"
MAIN = {"pid": 7, "tid": 1}


def span(
    name: str, ts: int, dur: int, *, url: str = "", cpu: int | None = None, **more: int
) -> dict[str, Any]:
    data = {"data": {"url": url}} if url else {}
    return {"ph": "X", "name": name, "ts": ts, "dur": dur, "tdur": dur if cpu is None else cpu,
            "args": data, **MAIN, **more}  # fmt: skip


LOAD = [
    span("ParseHTML", 0, 100),
    span("RunTask", 1000, 3000),
    span("EvaluateScript", 1000, 2500, url=FILE, cpu=900),
    span("v8.compile", 1100, 300, url=FILE, cpu=300),  # inside: told already
    span("RunTask", 10_000, 60_000),
    span("FunctionCall", 20_000, 1000, url=FILE, cpu=400),
    span("FunctionCall", 30_000, 1000, url="http://shop.test/shop.js"),
    span("RunTask", 100_000, 80_000),
    span("FunctionCall", 100_000, 70_000, url="http://shop.test/shop.js"),
    span("EvaluateScript", 200_000, 50, url=FILE, tid=2),  # another thread's is not the page's
]


def test_a_files_cost_is_cpu_and_nothing_is_told_twice():
    found = cost(LOAD, FILE)
    assert (found.first, found.own) == (0.9, 1.3)


def test_a_long_task_is_the_files_only_if_it_ran_in_it():
    found = cost(LOAD, FILE)
    assert (found.long_ours, found.long_all) == (1, 2)
    assert long_tasks(LOAD) == 2


def test_a_file_that_never_ran_is_an_error_and_not_a_zero():
    with pytest.raises(LookupError):
        cost(LOAD, "http://edge.test/other.js")
    with pytest.raises(LookupError):
        long_tasks([])


def test_a_layout_counts_as_forced_only_inside_of_a_measure():
    measures = [
        {"ph": "b", "name": "track", "ts": 100, "id": "1", **MAIN},
        {"ph": "e", "name": "track", "ts": 200, "id": "1", **MAIN},
        {"ph": "b", "name": "track", "ts": 300, "id": "1", **MAIN},  # as Chromium does, of one name
        {"ph": "e", "name": "track", "ts": 400, "id": "1", **MAIN},
    ]
    layouts = [span("Layout", 150, 10), span("UpdateLayoutTree", 250, 10), span("Layout", 350, 1, pid=8)]
    assert forced_layouts([*measures, *layouts], "track") == (1, 2)


def test_what_is_inside_of_another_is_left_out_thread_by_thread():
    outer, inner, beside = span("a", 0, 10), span("b", 2, 3), span("c", 2, 3, tid=9)
    assert outermost([inner, beside, outer]) == [outer, beside]
