"""Documents that two people change at once: nobody's change is lost."""

from __future__ import annotations

import json

import msgspec
import pytest

from heimta.model.campaign import Campaign
from heimta.model.documents import AnyDocument
from heimta.store import documents, keys
from heimta.store.connect import Client
from tests.worker.shop import CAMPAIGN, JOURNEY, SHOP, T0


@pytest.mark.parametrize("is_gone", [False, True], ids=["before its write", "before its read"])
async def test_a_document_that_is_applied_while_it_is_switched_off_keeps_what_was_applied(
    redis: Client, monkeypatch: pytest.MonkeyPatch, is_gone: bool
) -> None:
    await documents.put(redis, SHOP, now=T0)
    await documents.put(redis, JOURNEY, now=T0)
    edited = msgspec.structs.replace(JOURNEY, name="Edited")
    hget, reads = type(redis).hget, 0

    async def meanwhile(self: Client, *args: str) -> bytes | None:
        nonlocal reads
        reads += 1
        if reads == 1 and is_gone:
            await documents.put(redis, edited, now=T0 + 1)
        raw = await hget(self, *args)  # type: ignore[misc]
        if reads == 1 and not is_gone:
            await documents.put(redis, edited, now=T0 + 1)
        return raw

    monkeypatch.setattr(type(redis), "hget", meanwhile)
    version = await documents.set_live(redis, "demo", "journey", JOURNEY.id, False, now=T0 + 2)
    monkeypatch.undo()
    held = await documents.read(redis, "demo")
    assert held is not None
    wanted: AnyDocument = msgspec.structs.replace(edited, live=False)
    assert (held.journeys[JOURNEY.id].document, version) == (wanted, 3)


async def test_what_a_campaign_showed_until_lately_is_known_for_some_days(redis: Client) -> None:
    def of(*arms: str) -> Campaign:
        each = (msgspec.structs.replace(CAMPAIGN.variants[0], id=arm) for arm in arms)
        return msgspec.structs.replace(CAMPAIGN, variants=tuple(each))

    async def gone(campaign: Campaign, now: int) -> dict[str, int]:
        await documents.put(redis, campaign, now=now)
        held = await documents.read(redis, "demo")
        assert held is not None
        return held.campaigns[CAMPAIGN.id].gone

    await documents.put(redis, SHOP, now=T0)
    assert await gone(of("a", "b", "c"), T0) == {}
    assert await gone(of("a"), T0 + 1) == {"b": T0 + 1, "c": T0 + 1}
    assert await gone(of("a", "c"), T0 + 2) == {"b": T0 + 1}
    await documents.set_live(redis, "demo", "campaign", CAMPAIGN.id, False, now=T0 + 3)
    assert await gone(of("a"), T0 + 4) == {"b": T0 + 1, "c": T0 + 4}
    assert await gone(of("a", "d"), T0 + documents.KEEP_ARMS_MS + 1) == {"c": T0 + 4}


async def test_which_currency_a_shop_had_first_is_known_once_it_has_another(redis: Client) -> None:
    told = []
    for currency in ("BGN", "BGN", "EUR", "USD", "BGN"):
        document = msgspec.structs.replace(SHOP, currency=currency, name=f"Shop of {currency}")
        await documents.put(redis, document, now=T0)
        held = await documents.read(redis, "demo")
        assert held is not None
        told.append(held.first_currency)
    assert told == ["", "", "BGN", "BGN", "BGN"]


@pytest.mark.parametrize(
    ("had", "first"),
    [
        ({"document": {"kind": "shop", "newer": 1, "currency": "EUR"}, "first_currency": "BGN"}, "BGN"),
        ({"document": {"kind": "shop", "newer": 1, "currency": "BGN"}}, "BGN"),
        ({"document": {"kind": "shop", "newer": 1, "currency": "EUR"}, "first_currency": ""}, ""),
        ({"document": {"kind": "shop", "newer": 1, "currency": ["EUR"]}, "first_currency": 7}, ""),
    ],
)
async def test_it_is_known_also_behind_a_document_that_cannot_be_read(
    redis: Client, had: dict[str, object], first: str
) -> None:
    """Else sums in leva would be told as euros."""
    await redis.hset(keys.documents("demo"), "shop:demo", json.dumps({**had, "version": 7, "at": T0}))
    assert await documents.put(redis, msgspec.structs.replace(SHOP, currency="EUR"), now=T0) == 8
    held = await documents.read(redis, "demo")
    assert held is not None and held.first_currency == first
