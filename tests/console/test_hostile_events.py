"""The live view of what a hostile browser sent: its text stays text, and no time of its hides the page."""

from __future__ import annotations

import json
import re

import msgspec
import pytest
from markupsafe import escape

from heimta.ingest.batch import judge, read_batch
from heimta.store import documents
from heimta.store.connect import Client
from tests.console.browser import Browser
from tests.console.seed import DOCUMENTS, NOW, batch, cart, install, log
from tests.console.test_events import ORDER

PAYLOADS = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'\"--><svg/onload=alert(1)>",
    "<b>{{ 7*7 }}{% for x in y %}</b>",
    "</time></li><iframe srcdoc='<script>alert(1)</script>'>",
]


@pytest.mark.parametrize("payload", PAYLOADS)
async def test_hostile_text_stays_text_on_every_page(merchant: Browser, redis: Client, payload: str) -> None:
    await install(redis)
    hostile = msgspec.structs.replace(DOCUMENTS[1], id="hostile", name=payload)
    await documents.put(redis, hostile, now=NOW)
    line = ("sku", payload, 1, 100)
    await log(
        redis, "batch", batch(("product_viewed", {"sku": "s", "name": payload}), ("cart_updated", cart(line)))
    )
    await log(
        redis,
        "batch",
        batch(
            ("survey_answered", {"campaign": "hostile", "arm": "a", "question": "q", "text": payload}),
            (payload[:40], {}),
        ),
    )
    await log(
        redis,
        "order",
        msgspec.json.encode(
            {"type": "order_completed", "order": ORDER | {"id": payload[:64], "codes": [payload]}}
        ),
    )
    await log(redis, payload, b"?")
    for place in ("", "/campaigns", "/events", "/events/rows", "/install"):
        page = (await merchant.get(f"/console/shops/demo{place}")).text
        assert payload not in page, place
    assert str(escape(payload)) in (await merchant.get("/console/shops/demo/events")).text


async def test_a_stranger_with_an_impossible_clock_does_not_take_the_page_away(
    merchant: Browser, redis: Client
) -> None:
    """The door drops such an event, and keeps its batch as it came."""
    await install(redis)
    sent = json.loads(batch(("page_viewed", {}), ("checkout_started", {})))
    sent["sent"] = sent["ev"][0]["at"] = 2**53 - 1
    sent["ev"][1]["at"] = 0
    raw = json.dumps(sent).encode()
    assert [one.reason for one in judge(read_batch(raw))] == ["bad_age"]
    await log(redis, "batch", raw)
    page = await merchant.get("/console/shops/demo/events")
    assert page.status_code == 200
    assert re.findall(r'<time class="muted"[^>]*>([^<]+)<', page.text) == ["20 Nov, 22:20:00", "22:20:00"]
