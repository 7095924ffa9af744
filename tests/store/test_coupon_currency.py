"""A shop's currency changes while its coupons are out: no sum of the one is taken for one of the other."""

from __future__ import annotations

import pytest

from heimta.model.campaign import Offer
from heimta.model.coupon import Coupon, Ledger
from heimta.store import coupons, ledgers
from heimta.store.connect import Client

T0 = 1_763_760_000_000
HOUR = 3_600_000
EUROS = ""  # the shop's first currency has no mark
YEN = "~JPY"


async def given(redis: Client, offer: Offer, mark: str, *, nth: int = 0, now: int = T0) -> Coupon | str:
    name = f"{nth:022}"
    reason = coupons.page_reasons("demo", name, "exit", offer, None)[0]
    return await coupons.hand_out(
        redis, "demo", [name], offer, reason, 4, now=now, cart_minor=10_000, mark=mark
    )


async def used(redis: Client, coupon: Coupon | str, mark: str, *, total: int | None = 90_000) -> None:
    assert isinstance(coupon, Coupon)
    await coupons.redeem(redis, "demo", coupon.code, "o1", 4, total_minor=total, mark=mark, now=T0 + HOUR)


async def ledger(redis: Client, currency: str = "JPY") -> Ledger:
    [found] = await ledgers.read(redis, "demo", currency, "EUR")
    return found


async def test_a_budget_counts_anew_and_goes_on_should_the_currency_come_back(redis: Client) -> None:
    offer = Offer("percent", 10, expires_min=600, budget_minor=1_500)
    assert isinstance(await given(redis, offer, EUROS), Coupon)
    assert await given(redis, offer, EUROS, nth=1) == "spent"
    assert isinstance(await given(redis, offer, YEN, nth=2), Coupon)
    assert await given(redis, offer, YEN, nth=3) == "spent"
    assert await given(redis, offer, EUROS, nth=4) == "spent"
    euros, yen = await ledger(redis, "EUR"), await ledger(redis)
    assert (euros.open_minor, yen.open_minor, yen.handed) == (1_000, 1_000, 2)
    later = T0 + 601 * 60_000
    await ledgers.expire(redis, "demo", now=later)
    euros, yen = await ledger(redis, "EUR"), await ledger(redis)
    assert (euros.open_minor, yen.open_minor, yen.expired) == (0, 0, 2)


@pytest.mark.parametrize(
    ("kind", "total", "before", "after"),
    [("amount", 90_000, 500, 0), ("percent", 90_000, 0, 472_500), ("percent", None, 8_400, 0)],
)
async def test_a_coupon_that_is_used_later_counts_in_the_currency_of_what_is_known_of_it(
    redis: Client, kind: str, total: int | None, before: int, after: int
) -> None:
    """A fixed sum is of when it was handed out, a share is of the order."""
    value = 500 if kind == "amount" else 84
    held = await given(redis, Offer(kind, value), EUROS)  # type: ignore[arg-type]
    await used(redis, held, YEN, total=total)
    told = await ledger(redis)
    assert (told.given_minor, told.given_before.get("EUR", 0)) == (after, before)
    assert (told.open_minor, (await ledger(redis, "EUR")).open_minor, told.redeemed) == (0, 0, 1)


async def test_what_was_saved_in_each_is_told_apart(redis: Client) -> None:
    for nth, mark in enumerate((EUROS, YEN, "~USD")):
        await used(redis, await given(redis, Offer("amount", 500 + nth), mark, nth=nth), mark)
    told = await ledger(redis)
    assert (told.given_minor, told.given_before) == (501, {"EUR": 500, "USD": 502})
    assert (await ledger(redis, "EUR")).given_before == {"JPY": 501, "USD": 502}


async def test_nothing_is_told_of_a_currency_in_which_nothing_was_saved(redis: Client) -> None:
    await used(redis, await given(redis, Offer("free_shipping", 0), EUROS), EUROS)
    assert (await ledger(redis)).given_before == {}


async def test_a_pools_code_is_told_again_and_given_up_in_any_currency(redis: Client) -> None:
    await ledgers.fill(redis, "demo", "codes", ["A-1", "A-2"])
    offer = Offer("percent", 10, pool="codes")
    taking = ledgers.Taking("r", T0, T0 + HOUR, 700, 0, 0, "codes", YEN)
    assert await ledgers.take(redis, "demo", "c.exit", taking) == ("ok", "A-1")
    assert await ledgers.take(redis, "demo", "c.exit", taking) == ("ok", "A-1")
    assert (await ledger(redis)).open_minor == 700
    await ledgers.give_up(redis, "demo", "c.exit", "r")
    assert (await ledger(redis)).open_minor == 0
    held = await given(redis, offer, YEN)
    assert isinstance(held, Coupon) and held.code == "A-2"
