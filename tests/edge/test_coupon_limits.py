"""Claims and guesses: what is refused, in which words, and when to come back."""

from __future__ import annotations

import msgspec
import pytest

from heimta.edge import offers
from heimta.model.campaign import Offer
from heimta.model.cart import Cart, Line
from heimta.model.person import hubs_of
from heimta.model.providers import ShopApi
from heimta.model.visitor import CartState, Identity, VisitorState
from heimta.rules.signature import sign
from heimta.rules.texts.popup import REFUSED
from heimta.store import coupons, documents, keys, ledgers
from tests.edge.conftest import HOOK, Asker
from tests.worker.shop import CAMPAIGN, MINUTE, OTHER, SHOP, T0, VISITOR

CLAIM = {"vid": VISITOR, "campaign": "exit-offer"}


async def set_offer(edge: Asker, offer: Offer) -> None:
    await documents.put(edge.redis, msgspec.structs.replace(CAMPAIGN, offer=offer), now=T0)
    await edge.shops.refresh()


async def told(edge: Asker, visitor: str = VISITOR) -> str:
    """The code, or the word that it was refused with."""
    answer = await edge.post("/s/demo/claim", {**CLAIM, "vid": visitor})
    if answer.status_code == 200:
        return str(answer.json()["code"])
    error = answer.json()["error"]
    # What the shopper is told, where asking again would change nothing.
    texts = REFUSED[error["code"]] if answer.status_code == 409 else None
    assert error.get("said") == (texts and {language: texts[language] for language in SHOP.languages})
    return str(error["code"])


async def test_a_code_that_ran_out_is_not_followed_by_another(edge: Asker) -> None:
    first = await told(edge)
    edge.now += 61 * MINUTE
    assert await told(edge) == "expired"
    edge.now += 30 * 24 * 60 * MINUTE
    await edge.redis.delete(keys.claim(keys.partition_of("demo", VISITOR, 4), "demo", VISITOR, "exit-offer"))
    assert await told(edge) not in (first, "expired", "limit")


async def test_an_offer_of_two_gives_the_second_when_the_first_is_used_up(edge: Asker) -> None:
    await set_offer(edge, Offer("percent", 10, per_person=2))
    first = await told(edge)
    assert await told(edge) == first
    assert await coupons.redeem(edge.redis, "demo", first, "1", 4, now=T0)
    second = await told(edge)
    assert second != first
    assert await coupons.redeem(edge.redis, "demo", second, "2", 4, now=T0)
    assert await told(edge) == "redeemed"


@pytest.mark.parametrize(("currency", "set_aside"), [("EUR", 4000), ("HUF", 150)])
async def test_a_cart_in_another_currency_sets_the_least_aside(
    edge: Asker, currency: str, set_aside: int
) -> None:
    await set_offer(edge, Offer("percent", 10, min_cart_minor=1500, budget_minor=250_000))
    held = CartState(Cart("c" * 11, currency, 2, 40_000, (Line("hat", "Hat", 1),)), (T0, "s", 0), T0)
    state = VisitorState("demo", VISITOR, carts={"c" * 11: held})
    home = keys.partition_of("demo", VISITOR, 4)
    await edge.redis.set(keys.visitor(home, "demo", VISITOR), msgspec.msgpack.encode(state))
    assert len(await told(edge)) == 12
    assert [one.open_minor for one in await ledgers.read(edge.redis, "demo")] == [set_aside]


async def test_a_budget_counts_anew_where_the_shop_has_another_currency_now(edge: Asker) -> None:
    await set_offer(edge, Offer("amount", 600, budget_minor=1_000))
    assert len(await told(edge)) == 12
    await documents.put(edge.redis, msgspec.structs.replace(SHOP, currency="JPY"), now=T0)
    await set_offer(edge, Offer("amount", 600, budget_minor=1_000))
    assert len(await told(edge, OTHER)) == 12
    [now] = await ledgers.read(edge.redis, "demo", "JPY", "EUR")
    [before] = await ledgers.read(edge.redis, "demo", "EUR", "EUR")
    assert (now.open_minor, before.open_minor) == (600, 600)


async def test_one_person_gets_one_on_whatever_browser(edge: Asker) -> None:
    for visitor in (VISITOR, OTHER):
        state = VisitorState("demo", visitor, identity=Identity(email="ann@example.com"))
        home = keys.partition_of("demo", visitor, 4)
        await edge.redis.set(keys.visitor(home, "demo", visitor), msgspec.msgpack.encode(state))
    assert len(await told(edge)) == 12
    assert await told(edge, OTHER) == "limit"
    figures = (await edge.http.get("/metrics")).text
    assert 'heimta_coupons_total{outcome="limit"} 1.0' in figures
    assert 'heimta_coupons_total{outcome="new"} 1.0' in figures


async def test_a_code_from_before_the_address_was_told_counts_for_the_person(edge: Asker) -> None:
    """As a popup with a field has it: the address is on its way while the code is claimed already."""
    assert len(await told(edge)) == 12
    for visitor in (VISITOR, OTHER):
        state = VisitorState("demo", visitor, identity=Identity(email="ann@example.com"))
        home = keys.partition_of("demo", visitor, 4)
        await edge.redis.set(keys.visitor(home, "demo", visitor), msgspec.msgpack.encode(state))
    hub = hubs_of(state)
    for _ in range(2):  # as the worker does when a browser gets another name; twice is once
        await coupons.share(edge.redis, "demo", VISITOR, hub, 4, now=T0)
    assert await told(edge, OTHER) == "limit"
    assert len(await told(edge)) == 12


async def test_a_used_code_stands_in_no_other_browsers_way(edge: Asker) -> None:
    await set_offer(edge, Offer("percent", 10, per_person=2))
    code = await told(edge)
    hub = hubs_of(VisitorState("demo", VISITOR, identity=Identity(email="ann@example.com")))
    await coupons.share(edge.redis, "demo", VISITOR, hub, 4, now=T0)
    key = keys.wallet(keys.partition_of("demo", hub[0], 4), "demo", hub[0])
    [row] = (await edge.redis.hgetall(key)).values()
    assert int(row.split()[1]) > T0
    assert await coupons.redeem(edge.redis, "demo", code, "1", 4, now=T0)
    [row] = (await edge.redis.hgetall(key)).values()
    assert int(row.split()[1]) == T0
    assert 0 < await edge.redis.pttl(key) <= 31 * 24 * 60 * MINUTE


async def test_who_was_sent_a_coupon_is_not_shown_another(edge: Asker) -> None:
    offer = Offer("percent", 15)
    sent = await coupons.for_message(
        edge.redis, "demo", (VISITOR,), offer, "m" * 22, 4, now=T0, source="j.cart.sms", channel="sms"
    )
    assert isinstance(sent, coupons.Coupon)
    assert await told(edge) == "held"
    edge.now += 61 * MINUTE
    assert len(await told(edge)) == 12


@pytest.mark.parametrize(
    ("offer", "word"),
    [(Offer("percent", 10, max_coupons=1), "spent"), (Offer("percent", 10, pool="nothing"), "empty")],
)
async def test_a_ceiling_is_said(edge: Asker, offer: Offer, word: str) -> None:
    await set_offer(edge, offer)
    await told(edge)
    assert await told(edge, OTHER) == word


async def test_where_codes_are_being_made_at_the_shop_asking_again_helps(edge: Asker) -> None:
    """No words of ours then: the popup says that it did not work just now, and keeps its button."""
    own = msgspec.structs.replace(SHOP, shop_api=ShopApi("shopify", "https://shop.example"))
    await documents.put(edge.redis, own, now=T0)
    await set_offer(edge, Offer("percent", 10, at_shop=True))
    answer = await edge.post("/s/demo/claim", CLAIM)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert "said" not in answer.json()["error"]
    await documents.put(edge.redis, SHOP, now=T0)  # nobody makes codes any more
    await edge.shops.refresh()
    assert await told(edge) == "empty"


async def test_a_crowd_that_somebody_made_up_is_slowed_down(
    edge: Asker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(offers, "SHOP_CLAIMS", 3)
    codes = [await told(edge, f"{n:022}") for n in range(5)]
    assert codes[3:] == ["too_many", "too_many"]
    assert await told(edge, f"{0:022}") == codes[0]  # who has one is told all the same
    answer = await edge.post("/s/demo/claim", {**CLAIM, "vid": OTHER})
    assert (answer.status_code, 0 < int(answer.headers["retry-after"]) <= 60) == (429, True)


async def guess(edge: Asker, code: str, who: str = "", *, signed: str = "") -> int:
    tail = f"{code}?who={who}" if who else code
    head = {"heimta-signature": sign(HOOK, (signed or tail).encode(), now_s=edge.now // 1000)}
    return (await edge.http.get(f"/hooks/demo/coupon/{tail}", headers=head)).status_code


async def test_a_shopper_who_guesses_waits_and_nobody_else_does(edge: Asker) -> None:
    code = await told(edge)
    statuses = [await guess(edge, f"GUESS{n:07}", "session-1") for n in range(25)]
    assert statuses.index(429) + 1 == 20
    assert await guess(edge, code, "session-1") == 429
    assert await guess(edge, code, "session-2") == 200
    assert await guess(edge, code) == 200


async def test_where_shoppers_are_not_told_apart_good_codes_are_answered_all_the_same(edge: Asker) -> None:
    code = await told(edge)
    statuses = [await guess(edge, f"GUESS{n:07}") for n in range(25)]
    assert statuses.index(429) + 1 == 20
    assert await guess(edge, code) == 200


async def test_who_guesses_is_signed_too(edge: Asker) -> None:
    assert await guess(edge, "GUESS", "me", signed="GUESS") == 401
    assert await guess(edge, "GUESS", "you", signed="GUESS?who=me") == 401
    assert await guess(edge, "GUESS", "a:b") == 400


async def test_a_merchants_own_words_go_before_ours_and_each_refusal_has_words(edge: Asker) -> None:
    own = {"popup.refused.spent": {"de": "Leider alle weg."}}
    await documents.put(edge.redis, msgspec.structs.replace(SHOP, words=own), now=T0)
    await set_offer(edge, Offer("percent", 10, max_coupons=1))
    assert (await edge.post("/s/demo/claim", {**CLAIM, "vid": OTHER})).status_code == 200
    error = (await edge.post("/s/demo/claim", CLAIM)).json()["error"]
    assert error["said"] == {"en": "All codes for this offer are gone.", "de": "Leider alle weg."}
    assert set(offers._WORDS) | {"redeemed", "expired", "ordered", "no_offer"} == set(REFUSED)
    assert all(set(texts) == {"en", "de", "is"} for texts in REFUSED.values())
    await documents.put(edge.redis, msgspec.structs.replace(CAMPAIGN, live=False), now=T0)
    await edge.shops.refresh()
    assert (await edge.post("/s/demo/claim", CLAIM)).json()["error"]["said"]["de"] == REFUSED["no_offer"][
        "de"
    ]
