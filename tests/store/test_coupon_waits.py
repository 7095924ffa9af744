"""A message that waits for its provider: its code is neither lost nor about to end when it leaves."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from redis.exceptions import ConnectionError as Away

from heimta.model.campaign import Offer
from heimta.model.coupon import Coupon
from heimta.store import coupons, ledgers
from heimta.store.connect import Client
from tests.store.test_coupons import ANN, ANNS_PHONE, BOB, HOUR, T0, by_message, ledger, on_page


async def test_the_code_of_a_message_that_waits_for_its_provider_has_its_whole_time_again(
    redis: Client,
) -> None:
    """Two hours, asked for each half hour for a day: the same code, and never less than an hour of it."""
    offer = Offer("amount", 500, expires_min=120, budget_minor=600)
    first = await by_message(redis, ANN, offer)
    assert first is not None
    for n in range(1, 49):
        now = T0 + n * HOUR // 2
        told = await by_message(redis, ANN, offer, now=now)
        assert told is not None and (told.code, told.ref) == (first.code, first.ref)
        assert HOUR <= told.expires_at - now <= 2 * HOUR
    assert await coupons.find(redis, "demo", first.code, 4) == told
    # It is counted once, set aside for as long as it is good, and stands in the way of another as long.
    held = await ledger(redis, "j.cart.sms")
    assert (held.handed, held.expired, held.open_minor) == (1, 0, 500)
    assert await by_message(redis, BOB, offer, now=now + HOUR) is None
    assert await on_page(redis, ANNS_PHONE, now=now + HOUR) == "held"
    assert isinstance(await on_page(redis, ANNS_PHONE, now=now + 2 * HOUR), Coupon)
    assert await coupons.redeem(redis, "demo", first.code, "1", 4, now=now + HOUR)
    held = await ledger(redis, "j.cart.sms")
    assert (held.handed, held.redeemed, held.expired, held.open_minor) == (1, 1, 0, 0)


async def test_a_code_that_was_used_or_is_a_pools_gets_no_longer_time(redis: Client) -> None:
    await ledgers.fill(redis, "demo", "autumn", ["ONE-1"])
    pooled = Offer("percent", 10, expires_min=120, pool="autumn")
    first = await by_message(redis, ANN, pooled)
    assert first is not None and await by_message(redis, ANN, pooled, now=T0 + 100 * 60_000) == first
    used = await by_message(redis, BOB)
    assert used is not None
    assert await coupons.redeem(redis, "demo", used.code, "1", 4, now=T0 + 1)
    assert await by_message(redis, BOB, now=T0 + 100 * 60_000) is None
    held = await coupons.find(redis, "demo", used.code, 4)
    assert held is not None and held.expires_at == used.expires_at


@pytest.mark.parametrize("step", range(6))
async def test_a_crash_while_a_code_gets_longer_leaves_it_good_and_counted_once(
    redis: Client, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    offer, later = Offer("amount", 500, expires_min=120), T0 + 100 * 60_000
    first = await by_message(redis, ANN, offer)
    assert first is not None
    real, count = type(redis).execute_command, 0

    async def crashing(self: Client, *args: Any, **more: Any) -> Any:
        nonlocal count
        if "EVAL" in str(args[0]) or args[0] == "PEXPIRE":
            count += 1
            if count > step:
                raise Away("killed")
        return await real(self, *args, **more)

    monkeypatch.setattr(type(redis), "execute_command", crashing)
    with suppress(Away):
        await by_message(redis, ANN, offer, now=later)
    monkeypatch.undo()
    told = await by_message(redis, ANN, offer, now=later + 1)
    assert told is not None and told.code == first.code and told.expires_at >= later + 120 * 60_000
    assert (await ledger(redis, "j.cart.sms")).open_minor == 500
