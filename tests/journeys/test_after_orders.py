"""What journeys ask once something was bought: of which cart, and whether it was bought again."""

from __future__ import annotations

import msgspec
import pytest

from heimta.ingest.entry import RelayNote
from heimta.model.condition import Condition
from heimta.model.fulfilment import FulfilmentNote
from heimta.model.journey import Branch, Journey, Trigger, Wait
from heimta.rules.send_log import explain
from loadtest.stories_shop import OTHERS
from tests.journeys.conftest import Hire
from tests.journeys.shopper import DAY, HOUR, MINUTE, Shopper
from tests.journeys.test_machine import journey, push
from tests.journeys.test_shipped import HAT, product, shipped
from tests.worker.shop import VISITOR, order

MONTH_MIN = 30 * 24 * 60
SERIES = journey("series", "ordered", Wait("month", MONTH_MIN), push("refill"), ends_on=("ordered",))
ASKS = journey(
    "series",
    "ordered",
    Wait("month", MONTH_MIN),
    Branch("b", Condition(ordered=False), then=(push("refill"),)),
)


async def buys(shopper: Shopper, name: str, cart_id: str = "c" * 11) -> None:
    """The webhook comes before the thank-you page, as it mostly does."""
    await shopper.fills_cart(cart_id=cart_id)
    await shopper.wait(10 * MINUTE)
    await shopper.orders(name)
    await shopper.wait(2_000)
    await shopper.does(("page_viewed", {}), ("order_completed", {"order": name}))


async def test_a_cart_that_was_bought_is_in_no_segment_of_carts(hire: Hire) -> None:
    left = journey("left", Trigger("segment", segment=Condition(min_cart_minor=4000, quiet_days=3)))
    shopper = await hire(left)
    await shopper.tells_everything()
    await buys(shopper, "1001")
    await shopper.wait(10 * DAY)
    assert shopper.told() == []
    await shopper.fills_cart(cart_id="d" * 11)
    await shopper.wait(10 * DAY)
    assert [step for step, _ in shopper.told()] == ["left"]


@pytest.mark.parametrize("series", [SERIES, ASKS])
async def test_the_order_that_began_it_is_not_the_next_one(hire: Hire, series: Journey) -> None:
    shopper = await hire(series)
    await shopper.tells_everything()
    await buys(shopper, "1001")
    await shopper.wait(40 * DAY)
    assert [step for step, _ in shopper.told()] == ["refill"]


@pytest.mark.parametrize("series", [SERIES, ASKS])
async def test_the_next_order_is(hire: Hire, series: Journey) -> None:
    shopper = await hire(series)
    await shopper.tells_everything()
    await buys(shopper, "1001")
    await shopper.wait(10 * DAY)
    await buys(shopper, "1002", "d" * 11)
    await shopper.wait(25 * DAY)
    assert shopper.told() == []


@pytest.mark.parametrize("trigger", [Trigger("ordered"), Trigger("event", event="order_completed")])
async def test_the_next_order_ends_no_series_that_does_not_say_so(hire: Hire, trigger: Trigger) -> None:
    shopper = await hire(journey("series", trigger, Wait("month", MONTH_MIN), push("refill"), again_h=None))
    await shopper.tells_everything()
    await buys(shopper, "1001")
    await shopper.wait(10 * DAY)
    await buys(shopper, "1002", "d" * 11)
    await shopper.wait(25 * DAY)
    assert [step for step, _ in shopper.told()] == ["refill"]


async def test_a_journey_about_an_order_asks_of_what_was_ordered(hire: Hire) -> None:
    cares = Branch("b", Condition(min_cart_minor=4000), then=(push("care"),), otherwise=(push("thanks"),))
    dear = Trigger("ordered", given=Condition(min_cart_minor=4000))
    shopper = await hire(journey("dear", dear, Wait("w", 24 * 60), cares))
    await shopper.tells_everything()
    await buys(shopper, "1001")
    await shopper.wait(HOUR)
    await shopper.fills_cart(100, cart_id="d" * 11)  # another one meanwhile
    await shopper.wait(2 * DAY)
    assert [step for step, _ in shopper.told()] == ["care"]


async def test_what_begins_with_the_browsers_word_of_an_order_is_not_ended_by_its_webhook(hire: Hire) -> None:
    shopper = await hire(
        journey("told", Trigger("event", event="order_completed"), Wait("w", 60), push("thanks"))
    )
    await shopper.tells_everything()
    await shopper.does(("order_completed", {"order": "1001"}))
    await shopper.wait(2_000)
    await shopper.orders("1001")
    await shopper.wait(DAY)
    assert shopper.told() == [("thanks", HOUR)]


TOLD = Trigger("event", event="order_completed")
AFTER_A_MONTH = (Wait("month", MONTH_MIN), Branch("b", Condition(ordered=False), then=(push("refill"),)))


@pytest.mark.parametrize(
    "series",
    [
        journey("series", TOLD, *AFTER_A_MONTH),
        journey("series", TOLD, Wait("month", MONTH_MIN), push("refill"), ends_on=("ordered",)),
    ],
)
@pytest.mark.parametrize(("again", "told"), [(False, ["refill"]), (True, [])])
async def test_what_begins_with_the_browsers_word_of_an_order_waits_for_the_next_one(
    hire: Hire, series: Journey, again: bool, told: list[str]
) -> None:
    shopper = await hire(series)
    await shopper.tells_everything()
    await shopper.does(("order_completed", {"order": "1001"}))
    await shopper.wait(2_000)
    await shopper.orders("1001")
    await shopper.wait(10 * DAY)
    if again:
        await shopper.orders("1002")
    await shopper.wait(25 * DAY)
    assert [step for step, _ in shopper.told()] == told


async def test_a_product_that_is_called_like_an_order_is_none(hire: Hire) -> None:
    dear = Trigger("back_in_stock", given=Condition(min_cart_minor=4000))
    shopper = await hire(journey("back", dear))
    await shopper.tells_everything()
    await shopper.does(("page_viewed", {}), ("product_viewed", {**HAT, "sku": "1001"}))
    await buys(shopper, "1001")
    await shopper.wait(DAY)
    await product(shopper, "1001", is_back=True)
    await shopper.wait(DAY)
    assert shopper.told() == []  # nothing is in the cart
    await shopper.fills_cart(cart_id="d" * 11)
    await product(shopper, "1001", is_back=True)
    await shopper.wait(DAY)
    assert [step for step, _ in shopper.told()] == ["back"]


REVIEW = journey("review", "ordered", Wait("month", MONTH_MIN), push("ask"))


@pytest.mark.parametrize(
    ("sums", "told"),
    [
        ((5000, 0), []),
        ((5000, 0, 5000), []),
        ((0, 5000), []),
        ((5000, 2000), ["ask"]),
        ((5000, 5000), ["ask"]),
        ((0, 0), ["ask"]),
    ],
)
async def test_nobody_is_asked_how_they_like_what_was_called_off(
    hire: Hire, sums: tuple[int, ...], told: list[str]
) -> None:
    """A part that was sent back leaves the rest, and what cost nothing in the first place was ordered."""
    shopper = await hire(REVIEW)
    await shopper.tells_everything()
    placed = shopper.now
    for minor in sums:
        await shopper.tell("order", order("1001", minor, placed))
        await shopper.wait(MINUTE)
    await shopper.wait(40 * DAY)
    assert [step for step, _ in shopper.told()] == told
    ended = (await shopper.state()).enrollments["review/1001"].ended
    assert (ended == "called off") == (not told)
    assert explain("called off") != "called off"


async def test_a_parcel_is_told_of_though_its_order_was_once_called_off(hire: Hire) -> None:
    """That a cancellation is taken back nobody is told; that a parcel is under way the shop says itself."""
    shopper = await hire(shipped("order-shipped"), shipped("order-confirmed"))
    await shopper.tells_everything()
    placed = shopper.now
    for minor in (5000, 0):
        await shopper.tell("order", order("1001", minor, placed))
    await shopper.wait(HOUR)
    assert shopper.told() == []
    note = FulfilmentNote(VISITOR, "1001", "shipped", shopper.now)
    await shopper.tell("fulfilment", msgspec.json.encode(note))
    await shopper.wait(HOUR)
    assert len(shopper.told()) == 1


async def tell(shopper: Shopper, way: str, minor: int, placed: int) -> None:
    """An order of this browser, or of one that restored its cart."""
    if way == "own":
        await shopper.tell("order", order("1001", minor, placed))
        return
    note = RelayNote(VISITOR, OTHERS[0], "1001", minor, "EUR", placed)
    await shopper.tell("relay", msgspec.json.encode(note))


@pytest.mark.parametrize("way", ["own", "elsewhere"])
@pytest.mark.parametrize("left", [0, 2000])
async def test_what_is_sent_back_of_an_order_ends_nothing_that_was_begun_since(
    hire: Hire, way: str, left: int
) -> None:
    shopper = await hire(journey("cart", "cart_abandoned", push("one"), Wait("w", 60), push("two")))
    await shopper.tells_everything()
    placed = shopper.now
    await tell(shopper, way, 5000, placed)
    await shopper.wait(10 * DAY)
    await shopper.fills_cart()
    await shopper.wait(HOUR + MINUTE)
    assert [step for step, _ in shopper.told()] == ["one"]
    await tell(shopper, way, left, placed)
    await shopper.wait(DAY)
    assert [step for step, _ in shopper.told()] == ["one", "two"]
