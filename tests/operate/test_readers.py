"""Who may read /metrics: the same rule for all three servers."""

from __future__ import annotations

from dataclasses import replace

import pytest
from starlette.requests import Request

from heimta.operate.readers import PROXIED, Readers

TOKEN = "a-token-of-the-operator"


def asked(peer: str | None = "127.0.0.1", **headers: str) -> Request:
    raw = [(name.replace("_", "-").encode(), value.encode("latin-1")) for name, value in headers.items()]
    client = None if peer is None else (peer, 1)
    return Request({"type": "http", "method": "GET", "path": "/metrics", "headers": raw, "client": client})


@pytest.mark.parametrize("peer", ["127.0.0.1", "127.8.9.1", "::1"])
def test_without_a_token_this_machine_may_read(peer: str) -> None:
    assert Readers().refusal(asked(peer)) is None


@pytest.mark.parametrize(
    "peer", ["10.0.0.7", "203.0.113.9", "::ffff:203.0.113.9", "fe80::1", "testclient", None]
)
def test_without_a_token_nobody_else_may(peer: str | None) -> None:
    refused = Readers().refusal(asked(peer))
    assert refused is not None and refused.status_code == 403


@pytest.mark.parametrize("header", PROXIED)
def test_a_proxy_on_this_machine_brings_strangers(header: str) -> None:
    refused = Readers().refusal(asked(**{header: "203.0.113.9"}))
    assert refused is not None and refused.status_code == 403


def test_with_a_token_it_decides_alone() -> None:
    readers = replace(Readers(), token=TOKEN)
    assert readers.refusal(asked("203.0.113.9", authorization=f"Bearer {TOKEN}")) is None
    for headers in ({}, {"authorization": TOKEN}, {"authorization": "Bearer wrong"}, {"authorization": "ÿ"}):
        refused = readers.refusal(asked("127.0.0.1", **headers))
        assert refused is not None and refused.status_code == 401
        assert refused.headers["www-authenticate"] == "Bearer"
