"""Leaving told from wandering: all traces that `make exit-score` replays, without its sample in a browser."""

from __future__ import annotations

from loadtest.exit.classes import CHECKSUMS, build, digest
from loadtest.exit_score import replay, verdicts


def test_the_built_snippet_tells_leaving_from_wandering_as_well_as_ever() -> None:
    traces = build("report")
    assert digest(traces) == CHECKSUMS["report"]
    assert [str(told) for told in verdicts(traces, replay(traces)) if not told.passed] == []
