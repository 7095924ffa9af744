"""What browsers load besides the snippet: made ready once, and told as what it is."""

from __future__ import annotations

import asyncio
import threading

import brotli
import pytest

from tests.edge.conftest import Asker


@pytest.fixture
def compressed(monkeypatch: pytest.MonkeyPatch) -> list[tuple[bytes, bool]]:
    """What was compressed since, and whether other requests had to wait for it."""
    found: list[tuple[bytes, bool]] = []
    compress = brotli.compress

    def noted(code: bytes, *, quality: int = 11) -> bytes:
        found.append((code, threading.current_thread() is threading.main_thread()))
        return compress(code, quality=quality)

    monkeypatch.setattr(brotli, "compress", noted)
    return found


async def test_a_widget_is_compressed_once_and_beside_other_requests(
    edge: Asker, compressed: list[tuple[bytes, bool]]
) -> None:
    asked = ("/w/popup.0123456789ab.js", "/w/0123456789ab.js", "/w/survey.0123456789ab.js")
    answers = await asyncio.gather(
        *(edge.http.get(path, headers={"accept-encoding": "gzip, br"}) for path in asked * 5)
    )
    for answer in answers:
        assert (answer.headers["content-encoding"], answer.headers["vary"]) == ("br", "Accept-Encoding")
    assert answers[0].text == "'popup'"
    codes = [code for code, _ in compressed]
    assert len(codes) == len(set(codes)) and not any(blocking for _, blocking in compressed)
    plain = await edge.http.get(asked[0], headers={"accept-encoding": "gzip"})
    assert "content-encoding" not in plain.headers and plain.headers["vary"] == "Accept-Encoding"
