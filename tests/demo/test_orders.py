"""From checkout to an order on the books and a webhook that is heard, whatever the edge does."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from starlette.applications import Starlette

from heimta.demo.app import create_app
from heimta.demo.webhooks import wait_s
from tests.demo.shopper import Shopper
from tests.demo.stub_edge import SECRET, StubEdge

VISITOR = "AAAAAAAAAAAAAAAAAAAAAA"
JSON = {"accept": "application/json"}


async def test_an_order_is_booked_thanked_for_and_told(shopper: Shopper, edge: StubEdge) -> None:
    shopper.cookies["heimta_v"] = VISITOR
    await shopper.fill(wool_hat_m=2)
    await shopper.get("/discount/WELCOME5", **JSON)
    reply = await shopper.order()
    assert (reply.status, edge.tries) == (303, 0)  # the shopper does not wait for the edge
    [booked] = (await shopper.get("/admin/orders.json")).json
    assert reply.location == f"/thanks/{booked['id']}"
    assert (booked["total_minor"], booked["codes"], booked["visitor"]) == (6950, ["WELCOME5"], VISITOR)
    told = await edge.order()
    assert told == {
        "type": "order_completed",
        "order": {
            "id": booked["id"],
            "currency": "EUR",
            "exponent": 2,
            "total_minor": 6950,
            "at": booked["at"],
            "visitor": VISITOR,
            "cart": "",
            "codes": ["WELCOME5"],
            "restored": "",
        },
    }
    assert (await shopper.get("/cart.json")).json["count"] == 0


async def test_an_order_of_a_restored_cart_names_the_link_even_without_consent(
    shopper: Shopper, edge: StubEdge
) -> None:
    await shopper.get("/cart/wool-hat-m:2?heimta_r=tok-en_1")
    await shopper.order()
    told = (await edge.order())["order"]
    assert (told["visitor"], told["restored"]) == ("", "tok-en_1")


async def test_the_purchase_is_pushed_once(shopper: Shopper) -> None:
    await shopper.fill(enamel_mug=2)
    where = (await shopper.order()).location
    [purchase] = (await shopper.get(where)).events
    assert purchase["event"] == "purchase"
    assert purchase["ecommerce"]["transaction_id"] == where.removeprefix("/thanks/")
    assert (purchase["ecommerce"]["value"], purchase["ecommerce"]["shipping"]) == (37.9, 4.9)
    assert (await shopper.get(where)).events == []


async def test_only_the_one_who_ordered_sees_the_thanks(shopper: Shopper) -> None:
    await shopper.fill(enamel_mug=1)
    where = (await shopper.order()).location
    assert (await Shopper(shopper.app).get(where)).status == 404


async def test_a_second_click_does_not_order_twice(shopper: Shopper) -> None:
    await shopper.fill(enamel_mug=1)
    first, second = (await shopper.order()).location, (await shopper.order()).location
    assert first == second
    assert len((await shopper.get("/admin/orders.json")).json) == 1


async def test_webhooks_are_retried_until_heard(shopper: Shopper, edge: StubEdge) -> None:
    edge.answers = [500, 503, 401]
    await shopper.fill(enamel_mug=1)
    await shopper.order()
    told = await edge.order()
    assert told["order"]["total_minor"] == 2140
    assert edge.tries == 4


async def test_a_body_that_is_refused_is_parked(shopper: Shopper, edge: StubEdge) -> None:
    edge.answers = [400]
    await shopper.fill(enamel_mug=1)
    await shopper.order()
    await shopper.fill(enamel_mug=2)
    await shopper.order()
    assert (await edge.order())["order"]["total_minor"] == 3790  # the one behind it is not held up
    await asyncio.sleep(0.1)
    assert edge.tries == 2


async def test_orders_and_webhooks_survive_a_restart(tmp_path: Path) -> None:
    def shop(url: str) -> Starlette:
        return create_app(data_dir=tmp_path, edge_url=url, webhook_secret=SECRET, records=True)

    shopper = Shopper(shop("http://127.0.0.1:9"))  # nobody listens there
    async with shopper.app.router.lifespan_context(shopper.app):
        await shopper.fill(wool_hat_m=3)
        where = (await shopper.order()).location
        await shopper.fill(enamel_mug=1)

    edge = StubEdge()
    await edge.server.start_server()
    shopper.app = shop(edge.url)
    async with shopper.app.router.lifespan_context(shopper.app):
        assert (await edge.order())["order"]["total_minor"] == 10200
        assert (await shopper.get(where)).status == 200
        assert (await shopper.get("/cart.json")).json["count"] == 1
    await edge.server.close()


async def test_a_code_is_used_up_before_the_edge_hears_of_it(shopper: Shopper, edge: StubEdge) -> None:
    edge.coupon("HEIM7Q2M", "percent", 10)
    edge.answers = [503] * 50
    other = Shopper(shopper.app)
    for one in (shopper, other):
        await one.fill(wool_hat_m=2)
        assert (await one.get("/discount/HEIM7Q2M", **JSON)).json["ok"] is True
    assert (await shopper.order()).status == 303
    refused = await other.order()
    assert refused.status == 409
    assert "has already been used" in refused.text
    assert "Nothing was ordered" in refused.text
    assert "€72.90" in refused.text
    assert (await other.order()).status == 303  # now for the sum they saw
    booked = (await shopper.get("/admin/orders.json")).json
    assert [(order["total_minor"], order["codes"]) for order in booked] == [
        (6610, ["HEIM7Q2M"]),
        (7290, []),
    ]


async def test_a_code_redeemed_elsewhere_is_refused_at_order_time(shopper: Shopper, edge: StubEdge) -> None:
    edge.coupon("HEIM7Q2M", "amount", 500)
    await shopper.fill(wool_hat_m=2)
    await shopper.get("/discount/HEIM7Q2M", **JSON)
    edge.coupon("HEIM7Q2M", "amount", 500, state="redeemed")
    refused = await shopper.order()
    assert (refused.status, "has already been used" in refused.text) == (409, True)
    assert (await shopper.get("/admin/orders.json")).json == []


async def test_a_code_is_honoured_while_the_edge_is_away(shopper: Shopper, edge: StubEdge) -> None:
    edge.coupon("HEIM7Q2M", "amount", 500)
    await shopper.fill(wool_hat_m=2)
    await shopper.get("/discount/HEIM7Q2M", **JSON)
    await edge.server.close()
    assert (await shopper.order()).status == 303
    [booked] = (await shopper.get("/admin/orders.json")).json
    assert (booked["total_minor"], booked["codes"]) == (6790, ["HEIM7Q2M"])


async def test_a_paused_code_is_not_used_up(shopper: Shopper, edge: StubEdge) -> None:
    edge.coupon("HEIM7Q2M", "amount", 500, min_cart_minor=5000)
    await shopper.fill(wool_hat_m=2)
    await shopper.get("/discount/HEIM7Q2M", **JSON)
    await shopper.fetch("/cart/change", sku="wool-hat-m", qty=1)
    await shopper.order()
    assert (await edge.order())["order"]["codes"] == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"email": ""}, "Enter an e-mail address"),
        ({"email": "anna"}, "Enter an e-mail address"),
        ({"name": "  "}, "Enter your name"),
        ({"country": "XX"}, "Choose a country"),
    ],
)
async def test_the_form_says_what_is_wrong(shopper: Shopper, change: dict[str, str], words: str) -> None:
    await shopper.fill(enamel_mug=1)
    reply = await shopper.order(**change)
    assert (reply.status, words in reply.text) == (422, True)
    assert 'value="Akureyri"' in reply.text  # what was right is kept
    assert (await shopper.get("/admin/orders.json")).json == []


async def test_nobody_pays_a_sum_they_did_not_see(shopper: Shopper) -> None:
    await shopper.fill(enamel_mug=1)
    reply = await shopper.order(total_minor="1")
    assert (reply.status, "your total has changed" in reply.text) == (409, True)


async def test_a_strange_visitor_cookie_is_not_handed_on(shopper: Shopper, edge: StubEdge) -> None:
    shopper.cookies["heimta_v"] = "<script>"
    await shopper.fill(enamel_mug=1)
    await shopper.order()
    assert (await edge.order())["order"]["visitor"] == ""


async def test_the_books_are_open_only_when_asked_for(tmp_path: Path) -> None:
    app = create_app(data_dir=tmp_path, edge_url="http://127.0.0.1:9", webhook_secret=SECRET)
    async with app.router.lifespan_context(app):
        assert (await Shopper(app).get("/admin/orders.json")).status == 404


def test_retries_back_off_and_listen_to_the_edge() -> None:
    waits = [wait_s(tries) for tries in range(12)]
    assert waits[:4] == sorted(waits[:4])
    assert max(waits) <= 72
    assert wait_s(0, 30) >= 30
