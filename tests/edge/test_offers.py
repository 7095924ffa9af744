"""Claims, the shop's check of a code, subscriptions, webhooks, restore links."""

from __future__ import annotations

import asyncio
import json

import msgspec
import pytest

from heimta.model.campaign import Offer, Prize, Variant
from heimta.model.contents import PopupContent
from heimta.model.contents.popup import RevealBlock
from heimta.model.restore import RestoreRow
from heimta.rules.prizes import deal_prize
from heimta.rules.tokens import make_restore, make_short
from heimta.store import coupons, documents, keys, restore
from tests.edge.conftest import Asker
from tests.worker.shop import CAMPAIGN, MINUTE, OTHER, T0, VISITOR, order

CLAIM = {"vid": VISITOR, "campaign": "exit-offer"}


async def test_a_visitor_gets_one_code_however_often_they_ask(edge: Asker) -> None:
    answers = await asyncio.gather(*(edge.post("/s/demo/claim", CLAIM) for _ in range(30)))
    assert {answer.status_code for answer in answers} == {200}
    [code] = {answer.json()["code"] for answer in answers}
    assert len(code) == 12
    other = await edge.post("/s/demo/claim", {**CLAIM, "vid": OTHER})
    assert other.json()["code"] != code
    assert len({data for _, data in await edge.logged()}) == 2


async def test_a_claim_tells_the_edges_own_time_so_that_a_countdown_is_true(edge: Asker) -> None:
    told = (await edge.post("/s/demo/claim", CLAIM)).json()
    assert told["now"] == edge.now
    assert told["expires_at"] - told["now"] == 60 * MINUTE
    assert "prize" not in told


async def test_a_wheel_gives_the_prize_that_was_dealt_and_no_second_one(edge: Asker) -> None:
    prizes = (Prize(60, Offer("percent", 5)), Prize(40, Offer("free_shipping")))
    blocks = PopupContent("Turn", blocks=(RevealBlock(),))
    wheel = msgspec.structs.replace(
        CAMPAIGN, id="wheel", offer=None, prizes=prizes, variants=(Variant("a", blocks),)
    )
    await documents.put(edge.redis, wheel, now=T0)
    await edge.shops.refresh()
    ask = {"vid": VISITOR, "campaign": "wheel"}
    first, second = [(await edge.post("/s/demo/claim", ask)).json() for _ in range(2)]
    assert first == second
    dealt = deal_prize(prizes, "wheel", VISITOR)
    assert (first["prize"], first["kind"], first["value"]) == (
        dealt,
        prizes[dealt].offer.kind,
        prizes[dealt].offer.value,
    )


async def test_a_known_code_is_told_when_nothing_can_be_written(edge: Asker) -> None:
    first = await edge.post("/s/demo/claim", CLAIM)
    await edge.redis.config_set("maxmemory", "1mb")
    try:
        assert (await edge.post("/s/demo/claim", CLAIM)).json() == first.json()
        other = await edge.post("/s/demo/claim", {**CLAIM, "vid": OTHER})
        assert (other.status_code, other.headers["retry-after"]) == (503, "5")
    finally:
        await edge.redis.config_set("maxmemory", "0")


async def test_the_shop_learns_what_a_code_is_worth_until_it_expires(edge: Asker) -> None:
    code = (await edge.post("/s/demo/claim", CLAIM)).json()["code"]
    answer = await edge.ask(code)
    assert answer.json() == {
        "code": code,
        "kind": "percent",
        "value": 10,
        "min_cart_minor": 0,
        "expires_at": T0 + 60 * MINUTE,
        "state": "open",
    }
    assert await coupons.redeem(edge.redis, "demo", code, "1", 4)
    assert (await edge.ask(code)).json()["state"] == "redeemed"
    edge.now += 61 * MINUTE
    unused = (await edge.post("/s/demo/claim", {**CLAIM, "vid": OTHER})).json()["code"]
    edge.now += 61 * MINUTE
    assert (await edge.ask(unused)).status_code == 404


async def test_nobody_can_try_codes_without_the_shops_secret(edge: Asker) -> None:
    code = (await edge.post("/s/demo/claim", CLAIM)).json()["code"]
    known, unknown = await edge.ask(code, secret="wrong"), await edge.ask("NOSUCHCODE22", secret="wrong")
    assert known.status_code == unknown.status_code == 401
    assert known.content == unknown.content


@pytest.mark.parametrize("campaign", ["nosuch", "cart-push"])
async def test_no_offer_no_code(edge: Asker, campaign: str) -> None:
    assert (await edge.post("/s/demo/claim", {**CLAIM, "campaign": campaign})).status_code == 409


async def test_an_order_is_taken_only_with_the_shops_signature(edge: Asker) -> None:
    body = order("1", 500, T0)
    assert (await edge.hook("/hooks/demo/generic", body)).status_code == 200
    assert (await edge.hook("/hooks/demo/generic", body, secret="other")).status_code == 401
    assert (await edge.http.post("/hooks/demo/generic", content=body)).status_code == 401
    assert (await edge.hook("/hooks/nosuch/generic", body)).status_code == 401
    assert await edge.logged() == [("order", body)]


async def test_an_old_or_altered_webhook_is_refused(edge: Asker) -> None:
    body = order("1", 500, T0)
    from heimta.rules.signature import sign
    from tests.edge.conftest import HOOK

    signed = sign(HOOK, body, now_s=T0 // 1000)
    for changed, later_ms in ((body.replace(b"500", b"501"), 0), (body, 301_000)):
        edge.now = T0 + later_ms
        answer = await edge.http.post(
            "/hooks/demo/generic", content=changed, headers={"heimta-signature": signed}
        )
        assert answer.status_code == 401


KEYS = {"p256dh": "k" * 87, "auth": "a" * 22}


@pytest.mark.parametrize(
    ("endpoint", "status"),
    [
        ("https://fcm.googleapis.com/fcm/send/abc", 200),
        ("https://updates.push.services.mozilla.com/wpush/v2/abc", 200),
        ("http://fcm.googleapis.com/fcm/send/abc", 400),
        ("https://fcm.googleapis.com.evil.example/x", 400),
        ("https://169.254.169.254/latest/meta-data", 400),
    ],
)
async def test_a_subscription_is_kept_only_for_a_known_push_service(
    edge: Asker, endpoint: str, status: int
) -> None:
    told = {"vid": VISITOR, "subscription": {"endpoint": endpoint, "keys": KEYS}}
    answer = await edge.post("/s/demo/push", told)
    assert answer.status_code == status
    assert len(await edge.logged()) == (status == 200)


async def test_a_restore_link_leads_to_the_cart(edge: Asker) -> None:
    code = (await edge.post("/s/demo/claim", CLAIM)).json()["code"]
    row = RestoreRow(VISITOR, [("hat/ü", 2), ("sock", 1)], code=code)
    await restore.keep(edge.redis, "demo", 2, "row", row)
    token = make_restore("s" * 43, "demo", 2, "row")
    answer = await edge.http.get(f"/r/{token}")
    assert answer.status_code == 302
    place = answer.headers["location"]
    assert place == f"http://localhost:1/cart/hat%2F%C3%BC:2,sock:1?heimta_r={token}&code={code}"
    assert VISITOR not in place
    edge.now += 61 * MINUTE  # the code has expired, the link has not
    assert "code=" not in (await edge.http.get(f"/r/{token}")).headers["location"]


async def test_a_short_link_leads_there_too_for_as_long_as_its_row_stands(edge: Asker) -> None:
    row_id, token = "k" * 14, make_short("demo", 2, "k" * 14)
    await restore.keep(edge.redis, "demo", 2, row_id, RestoreRow(VISITOR, [("sock", 1)], code=""))
    answer = await edge.http.get(f"/r/{token}")
    assert answer.headers["location"] == f"http://localhost:1/cart/sock:1?heimta_r={token}"
    for place in range(len("demo_"), len(token)):  # another row, and there is none such
        other = "a" if token[place] != "a" else "b"
        altered = await edge.http.get(f"/r/{token[:place]}{other}{token[place + 1 :]}")
        assert altered.status_code == 410
    await edge.redis.delete(keys.restore(2, "demo", row_id))
    assert (await edge.http.get(f"/r/{token}")).status_code == 410


async def test_an_altered_or_forgotten_restore_link_shows_a_plain_page(edge: Asker) -> None:
    token = make_restore("s" * 43, "demo", 2, "gone")
    assert (await edge.http.get(f"/r/{token}")).status_code == 410
    refused = 0
    for place in range(len("demo."), len(token)):
        other = "A" if token[place] != "A" else "B"
        answer = await edge.http.get(f"/r/{token[:place]}{other}{token[place + 1 :]}")
        refused += answer.status_code == 404
    assert refused == len(token) - len("demo.")
    assert (await edge.http.get("/r/demo.")).status_code == 404
    assert (await edge.http.get("/r/nosuch.token")).status_code == 404


@pytest.mark.parametrize("path", ["/s/demo/claim", "/s/demo/push", "/s/demo"])
@pytest.mark.parametrize(
    "body",
    [b"", b"null", b'{"vid":"\xff"}', b'{"x":' + b"[" * 1900, b'{"vid":1e400}', b'{"vid":"\\ud800"}'],
    ids=lambda body: str(body)[:30],
)
async def test_no_body_makes_a_public_route_answer_500(edge: Asker, path: str, body: bytes) -> None:
    assert (await edge.post(path, body)).status_code == 400


@pytest.mark.parametrize("at", [T0 // 1000, T0 * 1000, T0 + 6 * MINUTE])
async def test_an_order_in_the_wrong_unit_of_time_is_told_so(edge: Asker, at: int) -> None:
    answer = await edge.hook("/hooks/demo/generic", order("1", 500, at))
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "bad_time")


async def test_errors_have_one_shape(edge: Asker) -> None:
    answer = await edge.post("/s/demo/claim", b"{")
    assert set(json.loads(answer.content)) == {"error"}
    assert set(answer.json()["error"]) == {"code", "message"}
