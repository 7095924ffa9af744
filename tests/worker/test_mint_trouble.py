"""What becomes of the making of coupons where a shop is slow, asks for patience, or refuses."""

from __future__ import annotations

import asyncio

import msgspec
import pytest

from heimta.channels.outside import Outside
from heimta.channels.result import failed
from heimta.channels.shop_coupons import Minted
from heimta.model.campaign import Offer
from heimta.model.journey import Send
from heimta.model.providers import ShopApi
from heimta.store import keys, ledgers
from heimta.worker.effects import ShopContext
from heimta.worker.mint import LOCK_MS, Mint
from tests.stubs.shop_apis import APP, DAY_S, TOKEN, Fault
from tests.worker.minting import BOTH, POOL, Made
from tests.worker.shop import CAMPAIGN, JOURNEY


@BOTH
@pytest.mark.parametrize(
    ("fault", "wait_ms"),
    [
        (Fault(429, {"Retry-After": "120.0"}), 120_000),
        (Fault(503), 30_000),
        (Fault(502, taken=True), 30_000),
        (Fault(422), 600_000),
        (Fault(200, taken=True, notice="<br />Notice: Undefined index"), 600_000),
        (Fault(403), 600_000),
    ],
)
async def test_a_shop_in_trouble_is_left_alone_for_a_while(
    made: Made, platform: str, fault: Fault, wait_ms: int
) -> None:
    mint = made.mint(platform, Offer("percent", 10, at_shop=True))
    made.stub.faults.append(fault)
    await mint.look()
    asked = len(made.stub.asked)
    assert (asked, await made.left()) == (1, 0)
    made.now += wait_ms - 1
    await mint.look()
    assert len(made.stub.asked) == asked
    made.now += 1
    await mint.look()
    assert await made.left() == 100
    assert await made.redis.exists(keys.minting("demo")) == 0


@BOTH
async def test_a_shop_in_trouble_for_long_is_asked_less_and_less(made: Made, platform: str) -> None:
    mint = made.mint(platform, Offer("percent", 10, at_shop=True))
    waits = [30_000, 60_000, 120_000, 240_000, 480_000, 600_000, 600_000]
    made.stub.faults.extend(Fault(504) for _ in waits)
    for wait_ms in waits:
        await mint.look()
        asked = len(made.stub.asked)
        made.now += wait_ms - 1
        await mint.look()
        assert len(made.stub.asked) == asked
        made.now += 1
    await mint.look()
    assert (len(made.stub.faults), await made.left()) == (0, 100)
    made.stub.faults.append(Fault(504))
    await made.redis.delete(keys.pool("demo", POOL))
    await mint.look()
    made.now += 30_000
    await mint.look()
    assert await made.left() == 100


@BOTH
async def test_a_wrong_key_stops_nothing_else_and_a_shop_that_is_away_neither(
    made: Made, platform: str
) -> None:
    mint = made.mint(platform, Offer("percent", 10, at_shop=True), secret="wrong")
    await mint.look()
    assert mint.figures.made == {("demo", "failed"): 1}
    made.origin = "http://127.0.0.1:1"
    await made.mint(platform, Offer("percent", 10, at_shop=True)).look()
    assert await made.left() == 0


async def test_woocommerce_has_time_for_a_few_coupons_at_once(made: Made) -> None:
    made.outside = Outside(trusted=[made.origin], timeout_s=0.2)  # what an SMS gateway has
    made.stub.slow_s = 0.02
    await made.mint("woocommerce", Offer("percent", 10, at_shop=True)).look()
    assert (len(made.stub.asked), await made.left()) == (5, 100)
    await made.outside.close()


async def test_what_was_made_before_a_fault_is_used(made: Made) -> None:
    mint = made.mint("woocommerce", Offer("percent", 10, at_shop=True))
    as_it_should_be = Fault(200, taken=True, notice=" ")
    made.stub.faults.extend([as_it_should_be, Fault(502, taken=True)])
    await mint.look()
    assert (len(made.stub.asked), len(made.stub.codes), await made.left()) == (2, 40, 20)


@pytest.mark.parametrize(("fault", "wait_ms"), [(429, 120_000), (503, 30_000), (403, 600_000)])
async def test_a_shop_that_stops_in_the_middle_is_left_alone_as_well(
    made: Made, fault: int, wait_ms: int
) -> None:
    """20 codes are fewer than it takes to be content: it was asked again five seconds later."""
    mint = made.mint("woocommerce", Offer("percent", 10, at_shop=True))
    for _ in range(3):  # what it made in between is progress: no wait grows
        made.stub.faults.extend([Fault(200, taken=True, notice=" "), Fault(fault, {"Retry-After": "120"})])
        if fault != 429:
            made.stub.faults[-1].headers.clear()
        await mint.look()
        asked = len(made.stub.asked)
        made.now += wait_ms - 1
        await mint.look()
        assert len(made.stub.asked) == asked
        made.now += 1
        await made.redis.ltrim(keys.pool("demo", POOL), 0, 4)
    assert mint.figures.made == {("demo", "made"): 60, ("demo", "failed"): 3}


async def test_a_shop_that_answers_slowly_holds_up_no_other(made: Made) -> None:
    """Nor the figures of all, nor the worker's end."""
    mint = made.mint("woocommerce", Offer("percent", 10, at_shop=True))
    slow = mint._rounds.shops["demo"]
    document = msgspec.structs.replace(slow.shop, id="other", shop_api=ShopApi("shopify", made.origin))
    other = msgspec.structs.replace(CAMPAIGN, shop="other", offer=Offer("percent", 10, at_shop=True))
    mint._rounds.shops["other"] = ShopContext(document, {other.id: (other, 1)}, {})  # type: ignore[index]
    mint._rounds.secrets["other"] = mint._rounds.secrets["demo"]  # type: ignore[index]
    made.stub.slow_s = 1.0
    began = asyncio.get_running_loop().time()
    for _ in range(100):
        await Mint.look(mint)
        if mint.figures.made:
            break
        await asyncio.sleep(0.05)
    assert mint.figures.made == {("other", "made"): 100}
    assert asyncio.get_running_loop().time() - began < 10
    assert len([path for _, path in made.stub.asked if path.startswith("/shop")]) == 1
    await mint.close()
    assert await made.redis.exists(keys.minting("demo")) == 0


@BOTH
async def test_an_offer_that_the_shop_does_not_take_holds_up_no_other(made: Made, platform: str) -> None:
    """It was asked for first each time, and then the shop was left alone."""
    made.stub.ships_for_nothing = False
    sends = [
        Send(name, "email", "Hi", "{code}", coupon=Offer(kind, value, at_shop=True))  # type: ignore[arg-type]
        for name, kind, value in (("a", "free_shipping", 500), ("b", "percent", 10))
    ]
    journey = msgspec.structs.replace(JOURNEY, steps=tuple(sends), live=True)
    mint = made.mint(platform, Offer("free_shipping", 490), journeys={journey.id: (journey, 1)})
    await mint.look()
    assert await ledgers.pools(made.redis, "demo") == {"j.cart-push.b.percent-10-0": 100}
    assert mint.figures.made == {("demo", "failed"): 1, ("demo", "made"): 100}
    asked = len(made.stub.asked)
    made.now += 599_999
    await mint.look()
    assert len(made.stub.asked) == asked
    made.now += 1
    await mint.look()
    assert len(made.stub.asked) > asked


async def test_a_bug_in_one_shops_codes_is_told_by_the_next_look(made: Made) -> None:
    class Broken:
        async def make(self, *args: object, **more: object) -> Minted:
            raise ZeroDivisionError

    mint = made.mint("woocommerce", Offer("percent", 10, at_shop=True))
    mint._makers = {"woocommerce": Broken()}
    await Mint.look(mint)
    await mint._filling.landed()
    with pytest.raises(ZeroDivisionError):
        await mint.look()


@pytest.mark.parametrize(
    ("code", "wait_ms"),
    [("THROTTLED", 30_000), ("INTERNAL_SERVER_ERROR", 30_000), ("SHOP_INACTIVE", 600_000)],
)
async def test_what_shopify_does_not_carry_out_it_answers_with_200(
    made: Made, code: str, wait_ms: int
) -> None:
    mint = made.mint("shopify", Offer("percent", 10, at_shop=True))
    made.stub.refusals.append(code)
    await mint.look()
    assert (len(made.stub.asked), made.stub.codes) == (1, {})
    made.now += wait_ms - 1
    await mint.look()
    assert len(made.stub.asked) == 1
    made.now += 1
    await mint.look()
    assert await made.left() == 100


def refuses_once_it_adds(made: Made, *codes: str) -> None:
    """What comes after the shop was asked for the other codes is refused, in this order."""
    add = made.stub._add

    def added(query: str, variables: dict[str, object]) -> tuple[str, dict[str, object]]:
        made.stub.refusals.extend(codes)
        return add(query, variables)

    made.stub._add = added  # type: ignore[method-assign]


async def test_who_is_throttled_while_codes_are_made_asks_again(made: Made) -> None:
    mint = made.mint("shopify", Offer("percent", 10, at_shop=True))
    refuses_once_it_adds(made, "THROTTLED", "THROTTLED")
    await mint.look()
    assert (await made.left(), len(made.slept)) == (100, 4)


async def test_a_first_code_that_is_taken_costs_half_a_minute(
    made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = iter(range(1000))
    monkeypatch.setattr("heimta.worker.mint.new_code", lambda prefix: f"CODE{next(numbers):03}")
    made.stub.known = {"CODE000"}
    mint = made.mint("shopify", Offer("percent", 10, at_shop=True))
    await mint.look()
    assert (len(made.stub.asked), await made.left()) == (1, 0)
    made.now += 30_000
    await mint.look()
    assert await made.left() == 100


async def test_a_discount_whose_other_codes_are_refused_is_nobodys(made: Made) -> None:
    """An app without the scope to look, say: the first code alone would not be worth a discount each time."""
    mint = made.mint("shopify", Offer("percent", 10, at_shop=True))
    refuses_once_it_adds(made, "ACCESS_DENIED")
    await mint.look()
    assert (await made.left(), len(made.stub.codes)) == (0, 1)
    assert mint.figures.made == {("demo", "failed"): 1}


async def test_an_app_whose_scopes_were_mended_gets_another_token(made: Made) -> None:
    mint = made.mint("shopify", Offer("percent", 10, at_shop=True), secret=APP)
    made.stub.refusals.append("ACCESS_DENIED")
    await mint.look()
    made.now += 600_000
    await mint.look()
    assert sum(path == "/admin/oauth/access_token" for _, path in made.stub.asked) == 2
    assert await made.left() == 100


async def test_an_apps_id_and_secret_are_a_token_for_a_day(made: Made) -> None:
    mint = made.mint("shopify", Offer("percent", 10, at_shop=True), secret=APP)

    async def asks() -> int:
        """For a token, in one round with an empty pool."""
        await made.redis.delete(keys.pool("demo", POOL))
        before = len(made.stub.asked)
        await mint.look()
        assert await made.left() == 100
        return sum(path == "/admin/oauth/access_token" for _, path in made.stub.asked[before:])

    assert [await asks(), await asks()] == [1, 0]
    made.now += (DAY_S - 601) * 1000
    assert await asks() == 0
    made.now += 2000
    assert await asks() == 1

    made.stub.tokens = {TOKEN}  # taken back before its time
    await made.redis.delete(keys.pool("demo", POOL))
    await mint.look()
    assert await made.left() == 0
    made.now += 600_000
    assert await asks() == 1


async def test_an_app_that_may_not_is_left_alone_for_a_while(made: Made) -> None:
    mint = made.mint("shopify", Offer("percent", 10, at_shop=True), secret="another:app")
    await mint.look()
    await mint.look()
    assert made.stub.asked == [("POST", "/admin/oauth/access_token")]
    assert mint.figures.made == {("demo", "failed"): 1}


async def test_one_worker_at_a_time_asks_a_shop(made: Made) -> None:
    await made.redis.set(keys.minting("demo"), "another")
    await made.mint("shopify", Offer("percent", 10, at_shop=True)).look()
    assert made.stub.asked == []
    assert await made.redis.get(keys.minting("demo")) == b"another"


async def test_all_workers_leave_a_shop_alone_and_a_worker_that_was_started_again_too(made: Made) -> None:
    """Each asked on its own, and each start left another hundred codes at the shop."""
    offer = Offer("percent", 10, at_shop=True)
    made.stub.faults.append(Fault(429, {"Retry-After": "120"}))
    await made.mint("woocommerce", offer).look()
    made.now += 119_999
    await made.mint("woocommerce", offer).look()
    assert len(made.stub.asked) == 1
    made.now += 1
    made.stub.faults.append(Fault(503))
    await made.mint("woocommerce", offer).look()
    made.now += 59_999  # the second in a row, whoever met the first
    await made.mint("woocommerce", offer).look()
    assert len(made.stub.asked) == 2
    made.now += 1
    await made.mint("woocommerce", offer).look()
    assert await made.left() == 100
    assert await made.redis.exists(keys.mint_rests("demo")) == 0


async def test_each_batch_holds_the_shop_anew_and_a_rest_begins_when_the_shop_answered(made: Made) -> None:
    """A batch takes up to 100 s at a slow WooCommerce: the hold is over with the second of them."""
    held: list[int] = []

    class Slow:
        async def make(self, *args: object, **more: object) -> Minted:
            held.append(await made.redis.pttl(keys.minting("demo")))
            await made.redis.pexpire(keys.minting("demo"), 5000)
            made.now += 100_000
            if len(held) < 3:
                return Minted((f"CODE{len(held)}",))
            return Minted(fault=failed("http_503", permanent=False))

    sends = [
        Send(name, "email", "Hi", "{code}", coupon=Offer("percent", 10, at_shop=True)) for name in ("a", "b")
    ]
    journey = msgspec.structs.replace(JOURNEY, steps=tuple(sends), live=True)
    mint = made.mint("shopify", Offer("percent", 10, at_shop=True), journeys={journey.id: (journey, 1)})
    mint._makers = {"shopify": Slow()}
    await mint.look()
    assert len(held) == 3 and min(held) > LOCK_MS - 5000
    made.now += 29_999
    await mint.look()
    assert len(held) == 3


async def test_a_job_that_never_ends_is_given_up(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    mint = made.mint("shopify", Offer("percent", 10, at_shop=True))
    monkeypatch.setattr("heimta.channels.shopify.LOOKS", 1)
    await mint.look()
    assert (len(made.slept), await made.left()) == (1, 0)
    assert mint.figures.made == {("demo", "failed"): 1}
