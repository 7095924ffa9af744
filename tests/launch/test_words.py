"""The last line of a log, however long the log has grown."""

from __future__ import annotations

from pathlib import Path

import pytest

from heimta.launch.words import MOST, last_words


def test_the_end_of_a_long_log_is_all_that_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = tmp_path / "edge.log"
    with log.open("wb") as file:
        file.seek(50 * MOST)  # a hole, as cheap as it is long
        file.write(b"\nthe store is away \xff\n")
    monkeypatch.setattr(Path, "read_text", None)
    assert last_words(log) == "the store is away \N{REPLACEMENT CHARACTER}"


@pytest.mark.parametrize("said", ["", "\n", None])
def test_one_that_said_nothing_left_no_message(tmp_path: Path, said: str | None) -> None:
    if said is not None:
        (tmp_path / "edge.log").write_text(said)
    assert last_words(tmp_path / "edge.log") == "it left no message"
