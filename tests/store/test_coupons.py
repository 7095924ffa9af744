"""Coupons: who gets one, however they ask, whatever breaks in between."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import Coroutine
from typing import Any

import pytest
from redis.exceptions import ConnectionError as Away

from heimta.model.campaign import Offer
from heimta.model.coupon import Coupon, Ledger
from heimta.model.message import message_id
from heimta.store import coupons, keys, ledgers, wallets
from heimta.store.connect import Client
from heimta.store.coupons import Reason

T0 = 1_763_760_000_000
HOUR = 3_600_000
DAY = 24 * HOUR
ANN = ("A" * 22, "." + "a" * 21)  # her browser, and her address
ANNS_PHONE = ("B" * 22, "." + "a" * 21)  # another browser, the same address
BOB = ("C" * 22,)
OFFER = Offer("percent", 10, expires_min=120)
SMS = {"source": "j.cart.sms", "channel": "sms"}
MAIL = {"source": "j.cart.mail", "channel": "email"}


def page(visitor: str, offer: Offer = OFFER, nth: int = 0, campaign: str = "exit") -> Reason:
    return coupons.page_reasons("demo", visitor, campaign, offer, None)[nth]


async def on_page(
    redis: Client, names: tuple[str, ...], offer: Offer = OFFER, *, now: int = T0, nth: int = 0, **more: int
) -> Coupon | str:
    return await coupons.hand_out(redis, "demo", names, offer, page(names[0], offer, nth), 4, now=now, **more)


async def by_message(
    redis: Client,
    names: tuple[str, ...],
    offer: Offer = OFFER,
    *,
    now: int = T0,
    id_: str = "m1",
    told: dict[str, str] = SMS,
) -> Coupon | None:
    """None: for whatever reason."""
    name = message_id("demo", names[0], "cart", id_, "x")
    got = await coupons.for_message(redis, "demo", names, offer, name, 4, now=now, **told)  # type: ignore[arg-type]
    return got if isinstance(got, Coupon) else None


async def at_once(work: list[Coroutine[Any, Any, Coupon | str]]) -> list[Coupon | str]:
    """All together, over as many connections as a client has."""
    line = asyncio.Semaphore(80)

    async def one(each: Coroutine[Any, Any, Coupon | str]) -> Coupon | str:
        async with line:
            return await each

    return await asyncio.gather(*map(one, work))


async def ledger(redis: Client, source: str = "c.exit") -> Ledger:
    return next(each for each in await ledgers.read(redis, "demo") if each.source == source)


async def test_who_asks_again_gets_the_same_code(redis: Client) -> None:
    first = await on_page(redis, ANN)
    assert isinstance(first, Coupon)
    assert await on_page(redis, ANN, now=T0 + HOUR) == first
    message = await by_message(redis, BOB)
    assert message is not None
    assert await by_message(redis, BOB, now=T0 + HOUR) == message
    assert message.code != first.code
    assert (await ledger(redis)).handed == 1


async def test_a_message_gets_no_code_that_has_run_out_meanwhile(redis: Client) -> None:
    assert await by_message(redis, BOB) is not None
    assert await by_message(redis, BOB, now=T0 + 2 * HOUR) is None


async def test_one_person_is_shown_no_second_coupon_by_another_channel(redis: Client) -> None:
    held = await on_page(redis, ANN)
    assert isinstance(held, Coupon)
    assert await by_message(redis, ANN) is None
    assert await by_message(redis, ANNS_PHONE) is None  # the same person, another browser
    assert await by_message(redis, BOB) is not None
    # No longer good, or used: the next may come.
    assert await by_message(redis, ANN, now=T0 + 2 * HOUR, id_="m2") is not None
    assert await coupons.redeem(redis, "demo", held.code, "1", 4, now=T0 + HOUR)


async def test_a_used_coupon_stands_in_no_others_way(redis: Client) -> None:
    held = await on_page(redis, ANN)
    assert isinstance(held, Coupon)
    assert await coupons.redeem(redis, "demo", held.code.lower(), "1", 4, now=T0 + 1)
    assert await by_message(redis, ANNS_PHONE, now=T0 + 2, told=MAIL) is not None


@pytest.mark.parametrize("per_person", [1, 3])
async def test_a_person_has_so_many_of_an_offer_and_more_when_their_time_has_come(
    redis: Client, per_person: int
) -> None:
    offer = Offer("percent", 10, expires_min=1, per_person=per_person, again_days=30)
    for nth in range(per_person):
        assert isinstance(await on_page(redis, ANN, offer, now=T0 + nth * HOUR, nth=nth), Coupon)
    assert await on_page(redis, ANNS_PHONE, offer, now=T0 + 5 * DAY) == "limit"
    assert await on_page(redis, ANNS_PHONE, offer, now=T0 + 30 * DAY) != "limit"


async def test_many_at_once_get_a_code_each_and_none_twice(redis: Client) -> None:
    """A sample of `make coupons`: 200 browsers of 100 persons and a pool of 90 codes."""
    assert await ledgers.fill(redis, "demo", "autumn", [f"POOL-{n:04}" for n in range(90)]) == 90
    offer = Offer("percent", 10, pool="autumn")
    people = [(f"{n:022}", f".{n % 100:021}") for n in range(200)]
    told = await at_once([on_page(redis, names, offer) for names in people])
    given = [one.code for one in told if isinstance(one, Coupon)]
    assert max(Counter(given).values()) == 1
    assert len(given) == 90
    refused = Counter(one for one in told if isinstance(one, str))
    assert refused.total() == 110
    assert set(refused) == {"limit", "empty"}
    assert ((await ledger(redis)).handed, (await ledger(redis)).left) == (90, 0)


async def test_one_person_with_many_browsers_gets_one(redis: Client) -> None:
    people = [(f"{n:022}", ".email" + 16 * "e", ".phone" + 16 * "p") for n in range(20)]
    told = await asyncio.gather(*(on_page(redis, names) for names in people))
    assert sum(isinstance(one, Coupon) for one in told) == 1
    assert (await ledger(redis)).handed == 1


async def test_a_ceiling_of_coupons_is_never_gone_beyond(redis: Client) -> None:
    offer = Offer("amount", 500, max_coupons=25)
    told = await at_once([on_page(redis, (f"{n:022}",), offer) for n in range(60)])
    assert sum(isinstance(one, Coupon) for one in told) == 25
    assert {one for one in told if isinstance(one, str)} == {"spent"}
    full = await ledger(redis)
    assert (full.handed, full.used_pct, full.is_alarming) == (25, 100, True)
    # Who was refused may have another offer's: nothing of the first stays noted.
    refused = f"{told.index('spent'):022}"
    assert await by_message(redis, (refused,)) is not None


async def test_a_budget_holds_what_is_out_and_gives_back_what_expires(redis: Client) -> None:
    offer = Offer("amount", 500, expires_min=60, budget_minor=1000)
    first, second = [await on_page(redis, (f"{n:022}",), offer) for n in range(2)]
    assert isinstance(first, Coupon)
    assert isinstance(second, Coupon)
    assert await on_page(redis, BOB, offer) == "spent"
    assert await coupons.redeem(redis, "demo", first.code, "7", 4, now=T0 + 1)
    assert await on_page(redis, BOB, offer, now=T0 + 2) == "spent"
    assert isinstance(await on_page(redis, BOB, offer, now=T0 + 2 * HOUR), Coupon)  # the second ran out
    now = await ledger(redis)
    assert (now.handed, now.redeemed, now.expired, now.given_minor, now.open_minor) == (3, 1, 1, 500, 500)
    # Its order comes late, and is counted all the same, once.
    for _ in range(3):
        assert await coupons.redeem(redis, "demo", second.code, "8", 4, now=T0 + 3 * HOUR)
    late = await ledger(redis)
    assert (late.redeemed, late.expired, late.given_minor) == (2, 1, 1000)


@pytest.mark.parametrize("late", [0, 150], ids=["swept", "behind many others"])
async def test_who_comes_back_when_their_code_ran_out_gets_another_and_it_is_counted(
    redis: Client, late: int
) -> None:
    """Their claim is gone by then, and the ledger still knows the hand-out of that name."""
    await ledgers.fill(redis, "demo", "autumn", ["ONE-1", "TWO-2"])
    offer = Offer("amount", 500, pool="autumn")
    first = await on_page(redis, ANN, offer)
    for kind in ("claim", "wallet"):  # as their time to live does it
        async for key in redis.scan_iter(match=f"*:{kind}:demo:*", count=1000):
            await redis.delete(key)
    others: dict[str, float] = {f"o{n}": n for n in range(late)}
    if others:
        await redis.zadd(keys.ledger_due("demo", "c.exit"), others)
    now = T0 + 30 * DAY + HOUR
    second = await on_page(redis, ANN, offer, now=now)
    assert isinstance(first, Coupon) and isinstance(second, Coupon)
    assert (first.code, second.code, second.expires_at) == ("ONE-1", "TWO-2", now + HOUR)
    assert await on_page(redis, ANN, offer, now=now + 1) == second
    held = await ledger(redis)
    assert (held.handed, held.expired, held.open_minor) == (2, 1, 500)
    assert await coupons.redeem(redis, "demo", second.code, "1", 4, now=now + 2)
    held = await ledger(redis)
    assert (held.redeemed, held.expired, held.open_minor, held.given_minor) == (1, 1, 0, 500)


async def test_percent_costs_what_the_cart_and_then_the_order_say(redis: Client) -> None:
    offer = Offer("percent", 20, budget_minor=10_000)
    coupon = await on_page(redis, ANN, offer, cart_minor=30_000)
    assert isinstance(coupon, Coupon)
    assert (await ledger(redis)).open_minor == 6000
    assert await on_page(redis, BOB, offer, cart_minor=30_000) == "spent"
    assert await coupons.redeem(redis, "demo", coupon.code, "1", 4, total_minor=8000, now=T0)
    assert ((await ledger(redis)).open_minor, (await ledger(redis)).given_minor) == (0, 2000)


async def test_what_left_nothing_to_pay_costs_what_was_set_aside(redis: Client) -> None:
    """Of an order that is free but for its shipping the total says nothing: the budget would never fill."""
    offer = Offer("percent", 100, budget_minor=5_000)
    coupon = await on_page(redis, ANN, offer, cart_minor=4_000)
    assert isinstance(coupon, Coupon)
    assert await coupons.redeem(redis, "demo", coupon.code, "1", 4, total_minor=490, now=T0)
    assert ((await ledger(redis)).open_minor, (await ledger(redis)).given_minor) == (0, 4_000)
    assert await on_page(redis, BOB, offer, cart_minor=4_000) == "spent"


async def test_an_order_in_another_currency_costs_what_was_set_aside(redis: Client) -> None:
    """Nothing is converted: 40,000 HUF are no 40,000 EUR. In time, and when it has run out already."""
    offer = Offer("percent", 10, budget_minor=250_000, expires_min=60)
    first = await on_page(redis, ANN, offer, cart_minor=30_000)
    second = await on_page(redis, BOB, offer, cart_minor=5_000)
    assert isinstance(first, Coupon) and isinstance(second, Coupon)
    for _ in range(2):
        assert await coupons.redeem(redis, "demo", first.code, "1", 4, total_minor=None, now=T0 + 1)
    held = await ledger(redis)
    assert (held.redeemed, held.open_minor, held.given_minor) == (1, 500, 3000)
    await on_page(redis, ("D" * 22,), offer, now=T0 + 2 * HOUR)
    assert await coupons.redeem(redis, "demo", second.code, "2", 4, total_minor=None, now=T0 + 2 * HOUR)
    held = await ledger(redis)
    assert (held.redeemed, held.expired, held.open_minor, held.given_minor) == (2, 0, 0, 3500)
    fixed = await on_page(redis, ("E" * 22,), Offer("amount", 700), now=T0 + 2 * HOUR)
    assert isinstance(fixed, Coupon)
    assert await coupons.redeem(redis, "demo", fixed.code, "3", 4, total_minor=None, now=T0 + 2 * HOUR)
    assert (await ledger(redis)).given_minor == 4200


async def test_an_order_has_a_coupon_for_ever(redis: Client) -> None:
    coupon = await on_page(redis, ANN)
    assert isinstance(coupon, Coupon)
    won = await asyncio.gather(*(coupons.redeem(redis, "demo", coupon.code, str(n), 4) for n in range(50)))
    assert won.count(True) == 1
    assert await coupons.redeem(redis, "demo", coupon.code, str(won.index(True)), 4)
    assert (await ledger(redis)).redeemed == 1
    for strange in ("NOSUCH222222", "", "{x}:1", "a" * 65, "ü"):
        assert not await coupons.redeem(redis, "demo", strange, "1", 4)


@pytest.mark.parametrize("at", range(1, 12))
async def test_whatever_breaks_between_two_writes_the_next_try_goes_on(
    redis: Client, monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    """The connection breaks after the nth command was executed: no second code, nothing counted twice."""
    await ledgers.fill(redis, "demo", "autumn", ["ONE-1", "TWO-2"])
    offer = Offer("percent", 10, pool="autumn", max_coupons=1)
    done = 0
    execute: Any = type(redis).execute_command

    async def breaking(self: Client, *args: object, **options: object) -> object:
        nonlocal done
        answer = await execute(self, *args, **options)
        done += 1
        if done == at:
            raise Away("broken off")
        return answer

    monkeypatch.setattr(type(redis), "execute_command", breaking)
    with contextlib.suppress(Away):
        await on_page(redis, ANN, offer)
    monkeypatch.undo()
    coupon = await on_page(redis, ANN, offer, now=T0 + 1000)
    assert isinstance(coupon, Coupon)
    assert coupon.code == "ONE-1"
    assert (await ledger(redis)).handed == 1
    assert await on_page(redis, BOB, offer) == "spent"


async def test_no_code_comes_into_a_pool_twice_and_none_that_ends_too_soon_is_handed_out(
    redis: Client,
) -> None:
    assert await ledgers.fill(redis, "demo", "a", ["x-1", "X-1", "x-2"], ends_at=T0 + HOUR) == 2
    assert await ledgers.fill(redis, "demo", "b", ["X-2", "x-3"]) == 1
    offer = Offer("percent", 10, pool="a", expires_min=61)
    assert await on_page(redis, ANN, offer) == "empty"
    assert await ledgers.pools(redis, "demo") == {"a": 0, "b": 1}
    other = Offer("percent", 10, pool="b")
    coupon = await by_message(redis, ANN, other)
    assert coupon is not None
    assert coupon.code == "x-3"
    assert (await coupons.find(redis, "demo", "X-3", 4)) == coupon


async def test_a_code_that_somebody_has_is_not_handed_out_again_though_it_was_imported_again(
    redis: Client,
) -> None:
    codes = [f"C-{n}" for n in range(4)]
    offer = Offer("percent", 10, pool="a")
    await ledgers.fill(redis, "demo", "a", codes)
    first = [await on_page(redis, (f"{n:022}",), offer) for n in range(3)]
    assert await ledgers.empty(redis, "demo", "a") == 1
    await ledgers.forget_codes(redis, "demo", codes)
    assert await ledgers.fill(redis, "demo", "a", codes) == 4
    last = await on_page(redis, BOB, offer)
    assert isinstance(last, Coupon)
    assert [one.code for one in [*first, last] if isinstance(one, Coupon)] == codes
    assert await on_page(redis, ANN, offer) == "empty"
    assert (await ledger(redis)).handed == 4
    assert await by_message(redis, ANN) is not None


async def test_a_code_that_is_imported_again_changes_nothing_of_whose_it_is(redis: Client) -> None:
    await ledgers.fill(redis, "demo", "a", ["C-1"])
    hers = await on_page(redis, ANN, Offer("percent", 10, pool="a", expires_min=60 * 24 * 90))
    assert isinstance(hers, Coupon)
    await coupons.forget(redis, "demo", ANN, 4)
    await ledgers.forget_codes(redis, "demo", ["C-1"])
    await ledgers.fill(redis, "demo", "a", ["C-1"])
    assert await on_page(redis, BOB, Offer("percent", 10, pool="a", expires_min=1)) == "empty"
    assert await coupons.holder(redis, "demo", "C-1", 4) == ""
    key = keys.coupon(keys.partition_of("demo", "C-1", 4), "demo", "C-1")
    assert await redis.pttl(key) > 119 * DAY


async def test_who_is_forgotten_leaves_no_name_and_may_still_use_the_code(redis: Client) -> None:
    coupon = await on_page(redis, ANN)
    message = await by_message(redis, ANN, now=T0 + 3 * HOUR)
    assert isinstance(coupon, Coupon)
    assert message is not None
    await coupons.forget(redis, "demo", ANN, 4)
    async for key in redis.scan_iter(count=1000):
        kind = await redis.type(key)
        held = (
            str(await redis.hgetall(key))
            if kind == b"hash"
            else str(await redis.get(key))
            if kind == b"string"
            else ""
        )
        for name in ANN:
            assert name not in str(key)
            assert name not in held
    assert await coupons.find(redis, "demo", message.code, 4) == message
    assert await coupons.redeem(redis, "demo", message.code, "1", 4, now=T0 + 3 * HOUR)


async def test_a_wallet_is_bounded_and_forgets_what_counts_no_more(
    redis: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wallets, "KEEP", 5)
    offer = Offer("percent", 10, expires_min=1, again_days=1)
    for n in range(8):
        reason = page("A" * 22, campaign=f"c{n}")
        told = await coupons.hand_out(redis, "demo", ANN, offer, reason, 4, now=T0 + n)
        assert isinstance(told, Coupon) == (n < wallets.KEEP)
    later = await coupons.hand_out(
        redis, "demo", ANN, offer, page("A" * 22, campaign="last"), 4, now=T0 + 2 * DAY
    )
    assert isinstance(later, Coupon)
    home = keys.partition_of("demo", ANN[1], 4)
    assert await redis.hlen(keys.wallet(home, "demo", ANN[1])) == 1


async def test_a_wallet_never_stays_for_ever(redis: Client) -> None:
    """A visitor tells an address when what they were given is neither good nor counts any more."""
    lone, hub = ANN
    offer = Offer("percent", 10, expires_min=60, again_days=1)
    wallet = keys.wallet(keys.partition_of("demo", hub, 4), "demo", hub)
    assert isinstance(await on_page(redis, (lone,), offer), Coupon)
    for now in (T0 + DAY, T0 + 2 * DAY):
        await coupons.share(redis, "demo", lone, [hub], 4, now=now)
        assert not await redis.exists(wallet)
    await coupons.share(redis, "demo", lone, [hub], 4, now=T0 + DAY - HOUR)
    assert 0 < await redis.pttl(wallet) <= HOUR
    # A hand-out of that name again, by which time another of the person's has kept the wallet.
    home = keys.partition_of("demo", lone, 4)
    row = f"{T0} {T0 + 9 * DAY} {T0 + 9 * DAY} page c.other other"
    await redis.hset(keys.wallet(home, "demo", lone), "other", row)
    await redis.delete(keys.claim(home, "demo", lone, "exit"))
    again = await on_page(redis, (lone,), offer, now=T0 + 2 * DAY)
    assert isinstance(again, Coupon) and again.expires_at == T0 + 2 * DAY + HOUR
    assert await coupons.redeem(redis, "demo", again.code, "1", 4, now=T0 + 2 * DAY)
    assert await redis.hget(keys.wallet(home, "demo", lone), again.ref) == (
        f"{T0 + 2 * DAY} {T0 + 2 * DAY} {T0 + 3 * DAY} page c.exit exit".encode()
    )
