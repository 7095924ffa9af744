"""What comes between two steps on one coupon: its end, an erasure, an order in another partition."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from heimta.model.coupon import Coupon
from heimta.store import coupons, keys
from heimta.store.connect import Client
from tests.store.test_coupons import ANN, ANNS_PHONE, T0, by_message, on_page


class Cut:
    """Does something before or after the first command of others that touches a key."""

    def __init__(self, redis: Client, key: str, do: Callable[[], Awaitable[object]], *, after: bool) -> None:
        self.key, self.do, self.after, self.is_done = key, do, after, False
        self._execute: Any = type(redis).execute_command

    def of(self) -> Callable[..., Awaitable[object]]:
        async def execute(client: Client, *args: object, **options: object) -> object:
            is_it = not self.is_done and self.key in args
            self.is_done = self.is_done or is_it
            if is_it and not self.after:
                await self.do()
            answer = await self._execute(client, *args, **options)
            if is_it and self.after:
                await self.do()
            return answer

        return execute


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("step", ["share", "redeem"])
@pytest.mark.parametrize("end", ["expires", "forgotten"])
async def test_a_coupon_that_ends_between_two_looks_leaves_nothing(
    redis: Client, monkeypatch: pytest.MonkeyPatch, *, after: bool, step: str, end: str
) -> None:
    lone, hub = ANN
    coupon = await on_page(redis, (lone,))
    assert isinstance(coupon, Coupon)
    key = keys.coupon(keys.partition_of("demo", coupon.code, 4), "demo", coupon.code)

    async def ends() -> None:
        if end == "expires":
            await redis.delete(key)
        else:
            await coupons.forget(redis, "demo", [lone, hub], 4)

    cut = Cut(redis, key, ends, after=after)
    monkeypatch.setattr(type(redis), "execute_command", cut.of())
    if step == "share":
        await coupons.share(redis, "demo", lone, [hub], 4, now=T0 + 1)
    else:
        done = await coupons.redeem(redis, "demo", coupon.code, "1", 4, now=T0 + 1)
        assert done == (end == "forgotten")
    monkeypatch.undo()
    assert cut.is_done
    if end == "expires":
        assert not await redis.exists(key)
    else:
        assert await redis.hget(key, "names") is None and await redis.pttl(key) > 0


@pytest.mark.parametrize("after", [False, True])
async def test_an_order_that_comes_while_an_address_is_told_closes_the_coupon_everywhere(
    redis: Client, monkeypatch: pytest.MonkeyPatch, *, after: bool
) -> None:
    lone, hub = ANN
    coupon = await on_page(redis, (lone,))
    assert isinstance(coupon, Coupon)
    key = keys.coupon(keys.partition_of("demo", coupon.code, 4), "demo", coupon.code)

    async def orders() -> None:
        assert await coupons.redeem(redis, "demo", coupon.code, "1", 4, now=T0 + 1)

    cut = Cut(redis, key, orders, after=after)
    monkeypatch.setattr(type(redis), "execute_command", cut.of())
    await coupons.share(redis, "demo", lone, [hub], 4, now=T0 + 1)
    monkeypatch.undo()
    assert cut.is_done
    assert await by_message(redis, ANNS_PHONE, now=T0 + 2) is not None
