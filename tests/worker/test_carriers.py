"""What a message says by SMS, at Messenger and to a webhook."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from heimta.channels.outside import Outside
from heimta.channels.result import Delivery, away, failed
from heimta.journeys.reach import WINDOW_MS, unreachable
from heimta.model.cart import Cart, Line
from heimta.model.channel import Channel
from heimta.model.coupon import Coupon
from heimta.model.event import Customer
from heimta.model.journey import Send
from heimta.model.message import Message
from heimta.model.orders import OrderState
from heimta.model.providers import Facebook, Hook, Sms
from heimta.model.visitor import CartState, ChannelConsent, Enrollment, Identity, VisitorState
from heimta.rules.mail.addresses import mark_of
from heimta.rules.segments import segments
from heimta.rules.tokens import read_way
from heimta.store.secrets import Secrets
from heimta.worker.carriers import messenger, push, sms, webhook
from heimta.worker.carriers.job import Job, Links
from heimta.worker.carriers.pictures import own_picture
from heimta.worker.carriers.tame import name
from heimta.worker.carriers.texts import say
from tests.worker.shop import CART, SHOP, T0, VISITOR

NUMBER = "+491701234567"
GATEWAY = Sms("AC1", "+4915112345678")
FULL = msgspec.structs.replace(
    SHOP, sms=GATEWAY, facebook=Facebook("1234"), hook=Hook("https://shop.example/heimta")
)
LINKS = Links("https://edge.example/r/demo.token", "https://edge.example/u/demo.token")
HAT = Line("hat-1", "Hat", 2, 1950, image="/hat.jpg")


def job(channel: Channel, *, lines: tuple[Line, ...] = (HAT,), lang: str = "en", **step: Any) -> Job:
    """A message about a cart of these lines, with everything that can be known of the shopper."""
    state = VisitorState("demo", VISITOR, psid="77", heard=(T0, "77", 0))
    state.identity = Identity("c-1", (T0, "", 0), "a@shop.example", (T0, "", 0), NUMBER, (T0, "", 0))
    total = sum(line.qty * line.unit_minor for line in lines)
    stamp = (T0, "s", 1)
    cart = CartState(Cart(CART, "EUR", 2, total, lines), stamp, T0) if lines else None
    texts = {"title": "Your cart waits", "body": "{item} is still there", "button": "Back to it"}
    return Job(
        message=Message("m-1", "demo", VISITOR, "cart", "one", channel, CART, T0),
        step=Send("one", channel, **(texts | step)),
        state=state,
        cart=cart,
        shop=FULL,
        secrets=Secrets("w", "s" * 43, "", ""),
        lang=lang,
        links=LINKS if lines else Links("", LINKS.settings),
        coupon=None,
        now=T0,
    )


def test_an_sms_says_what_it_is_about_where_to_go_and_how_to_end_it() -> None:
    assert sms.compose(job("sms"), GATEWAY) == (
        "Hat is still there https://edge.example/r/demo.token\nReply STOP to end"
    )


def about(words: dict[str, str], body: str) -> Job:
    """A message about no cart, with what its journey was begun with."""
    told = job("sms", lines=(), body=body)
    entered = Enrollment("", "treated", 1, T0, messages=["m-1"], about="hat-1", words=words)
    told.state.enrollments["cart/hat-1"] = entered
    message = msgspec.structs.replace(told.message, cart="", about="hat-1")
    return msgspec.structs.replace(told, message=message)


@pytest.mark.parametrize(
    ("words", "body", "wanted"),
    [
        ({"tracking": "https://parcel.example/1"}, "Sent!", "Sent! https://parcel.example/1"),
        ({"tracking": "https://parcel.example/1"}, "Sent: {tracking}", "Sent: https://parcel.example/1"),
        ({"item": "Hat", "url": "/hat"}, "{item} is back", "Hat is back http://localhost:1/hat"),
        ({"item": "Hat", "url": "https://evil.example/"}, "{item} is back", "Hat is back"),
        ({}, "Thank you", "Thank you"),
        ({}, "Come and see {link}", "Come and see http://localhost:1/"),
    ],
    ids=range(6),
)
def test_an_sms_about_no_cart_leads_to_what_it_is_about(
    words: dict[str, str], body: str, wanted: str
) -> None:
    assert sms.compose(about(words, body), GATEWAY) == f"{wanted}\nReply STOP to end"


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        ({"tracking": "https://parcel.example/1"}, "https://parcel.example/1"),
        ({"item": "Hat", "url": "/hat"}, "http://localhost:1/hat"),
        ({}, "http://localhost:1/"),
    ],
    ids=range(3),
)
def test_a_push_leads_to_what_its_worker_may_open_and_from_there_on(
    words: dict[str, str], wanted: str
) -> None:
    told = about(words, "Sent!")
    links = msgspec.structs.replace(told.links, edge="https://edge.example")
    notification = msgspec.json.decode(push.render(msgspec.structs.replace(told, links=links)))[
        "notification"
    ]
    begin, token = notification["navigate"].split("/r/to/")
    assert (begin, read_way("s" * 43, token)) == ("https://edge.example", wanted)


def test_sums_are_told_in_the_readers_language() -> None:
    sums = {"minor": "1500", "was_minor": "123450", "currency": "EUR"}
    told = about(sums, "{price} for {was}.")
    assert say(told, told.step.body) == "€15.00 for €1,234.50."
    german = msgspec.structs.replace(told, lang="de")
    assert say(german, told.step.body) == "15,00\xa0€ for 1.234,50\xa0€."
    older = about({"price": "€15.00", "was": "€20.00"}, "{price} for {was}.")
    assert say(older, older.step.body) == "€15.00 for €20.00."


def test_the_link_stands_where_the_merchant_put_it() -> None:
    told = sms.compose(job("sms", body="Back to {item}: {link} (STOP to end)"), GATEWAY)
    assert told == "Back to Hat: https://edge.example/r/demo.token (STOP to end)"


@pytest.mark.parametrize("body", ["{item} is waiting", "Stop by: {item}", "Nonstop: {item}"])
def test_only_the_merchants_own_word_for_it_spares_how_to_end_it(body: str) -> None:
    stops = msgspec.structs.replace(HAT, name="Door STOP")
    assert sms.compose(job("sms", lines=(stops,), body=body), GATEWAY).endswith("\nReply STOP to end")


def test_where_the_sender_cannot_be_answered_a_link_ends_it() -> None:
    told = sms.compose(job("sms", lang="de", body={"de": "Mit STOP?"}), Sms("AC1", "Shop"))
    assert told.endswith("\nBeenden: https://edge.example/u/demo.token")


@pytest.mark.parametrize(
    "body",
    ["x" * 1590 + "{link}", "x" * 1598 + " {link} is yours", "{link} " + "x" * 1998, "x" * 2000 + "{link}"],
)
def test_of_a_long_text_its_link_arrives_whole(body: str) -> None:
    told = sms.compose(job("sms", body=body), GATEWAY)
    assert len(told) <= 1600 and LINKS.restore in told and told.endswith("\nReply STOP to end")


def test_a_long_text_is_cut_and_nothing_else() -> None:
    told = sms.compose(job("sms", body="x" * 2000), GATEWAY)
    assert len(told) == 1600 and told.endswith("x https://edge.example/r/demo.token\nReply STOP to end")


def test_quotation_marks_do_not_double_the_price() -> None:
    assert segments(sms.compose(job("sms", body="It\u2019s \u201c{item}\u201d"), GATEWAY)).coding == "GSM-7"


@pytest.mark.parametrize(
    ("raw", "wanted"),
    [
        ("Hat 1.5 l", "Hat 1.5 l"),
        ("Win at http://evil.example/x now", "Win at evil. example/x now"),
        ("www.evil.example", "www. evil. example"),
        ("//evil.example", "evil. example"),
        ("line\nbreak\x00\u202e!", "line break !"),
        ("x" * 200, "x" * 57 + "..."),
        ("", ""),
        ("http:/\u200d/evil.\u200eexample", "evil. example"),
        ("evil&#46;example &#x202e;&lt;b&gt;", "evil. example <b>"),
    ],
    ids=range(9),
)
def test_a_products_name_carries_no_link_to_a_strangers_telephone(raw: str, wanted: str) -> None:
    assert name(raw) == wanted


@pytest.mark.parametrize(
    ("raw", "wanted"),
    [
        ("Woll\u00admütze&shy;n\u200b", "Wollmützen"),
        ("Caps &amp; Hats &#8211; M&nbsp;&quot;x&quot;", 'Caps & Hats \u2013 M "x"'),
        ("R&D; Pen&notes; AT&T", "R&D; Pen&notes; AT&T"),
        ("\N{WOMAN}\u200d\N{ROCKET}", "\N{WOMAN}\u200d\N{ROCKET}"),
        (
            "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
            "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
        ),
    ],
    ids=range(5),
)
def test_a_products_name_is_read_as_the_shop_means_it(raw: str, wanted: str) -> None:
    assert name(raw) == wanted
    shown = job("push", lines=(Line("x", raw, 1, 5),))
    assert say(shown, "{item}") == wanted


@pytest.mark.parametrize(
    "hostile",
    [(Line("x", "https://evil.example/" + "y" * 150, 1, 5),), (Line("https://evil.example/", "", 1, 5),)],
    ids=["name", "sku"],
)
def test_no_channel_passes_on_what_a_browser_wrote_untamed(hostile: tuple[Line, ...]) -> None:
    assert "evil.example" not in sms.compose(job("sms", lines=hostile), GATEWAY)
    assert "evil.example" not in str(messenger.compose(job("messenger", lines=hostile)))


@pytest.mark.parametrize(
    ("image", "wanted"),
    [
        ("/img/my hat (1).jpg?w=2&h=3", "https://shop.example/img/my%20hat%20(1).jpg?w=2&h=3"),
        ("https://shop.example/Mütze%20blau.webp", "https://shop.example/M%C3%BCtze%20blau.webp"),
        ("https://www.shop.example/hat.jpg", "https://www.shop.example/hat.jpg"),
        ("//shop.example/hat.jpg", ""),
        ("https://shop.example.evil.example/hat.jpg", ""),
        ("data:image/png;base64,AAAA", ""),
        ("/" + "ü" * 400, ""),
        ("/hat\n.jpg", ""),
    ],
    ids=range(8),
)
def test_a_picture_is_the_shops_own_and_an_address_that_everybody_takes(image: str, wanted: str) -> None:
    assert own_picture(image, ("https://shop.example", "https://www.shop.example")) == wanted


def payload(told: dict[str, Any]) -> dict[str, Any]:
    kept: dict[str, Any] = told["attachment"]["payload"]
    return kept


def test_messenger_shows_the_cart_as_cards() -> None:
    shown = payload(messenger.compose(job("messenger", lines=(HAT, Line("mug", "Mug", 1, 900)))))
    assert shown["template_type"] == "generic"
    first, hat, mug = shown["elements"]
    assert (first["title"], first["subtitle"]) == ("Your cart waits", "Hat is still there")
    assert [button["title"] for button in first["buttons"]] == ["Back to it", "Stop messages"]
    assert first["buttons"][0]["url"] == LINKS.restore
    assert hat == {
        "title": "Hat",
        "subtitle": "2 \u00d7 €19.50",
        "image_url": "http://localhost:1/hat.jpg",
        "default_action": {"type": "web_url", "url": LINKS.restore},
    }
    assert "image_url" not in mug


def test_no_more_than_ten_cards() -> None:
    lines = tuple(Line(f"hat-{i}", f"Hat {i}", 1, 5, image="/hat.jpg") for i in range(30))
    assert len(payload(messenger.compose(job("messenger", lines=lines)))["elements"]) == 10


@pytest.mark.parametrize(
    "change",
    [{"body": "x" * 81}, {"title": ""}, {"picture": False}, {"lines": (Line("x", "Hat", 2, 5),)}],
    ids=["long", "no title", "no pictures wanted", "no pictures there"],
)
def test_where_cards_do_not_do_the_cart_is_told_in_words(change: dict[str, Any]) -> None:
    shown = payload(messenger.compose(job("messenger", **change)))
    assert shown["template_type"] == "button"
    assert shown["text"].endswith("\n2 \u00d7 Hat") and len(shown["buttons"]) == 2


def test_words_fit_into_one_message() -> None:
    lines = tuple(Line(f"hat-{i}", "Hat " + "y" * 50, 1, 5) for i in range(100))
    text = payload(messenger.compose(job("messenger", lines=lines)))["text"]
    assert 500 < len(text) <= 640 and text.endswith("y")
    assert len(payload(messenger.compose(job("messenger", body="x" * 2000)))["text"]) == 640


def test_a_message_about_no_cart_leads_to_the_shop() -> None:
    shown = payload(messenger.compose(job("messenger", lines=(), body="We are open")))
    assert shown["text"] == "Your cart waits\nWe are open"
    assert shown["buttons"][0]["url"] == "http://localhost:1/"


@pytest.mark.parametrize("late", [WINDOW_MS, WINDOW_MS + 1])
async def test_nothing_goes_to_messenger_after_a_day(late: int) -> None:
    told = job("messenger")
    ready = msgspec.structs.replace(
        told, now=T0 + late, secrets=Secrets("w", "s" * 43, "", "", {"facebook_token": "t"})
    )
    assert unreachable(told.state, "messenger", FULL, now=T0 + WINDOW_MS - 1) == ""
    assert unreachable(told.state, "messenger", FULL, now=ready.now) == "24 h are over"
    assert await messenger.MessengerCarrier(Outside()).send(ready) == failed("window", permanent=True)


@pytest.mark.parametrize("channel", ["sms", "messenger", "webhook"])
async def test_without_its_secret_a_channel_waits(channel: Channel) -> None:
    carriers = {
        "sms": sms.SmsCarrier(Outside(), "https://edge.example"),
        "messenger": messenger.MessengerCarrier(Outside()),
        "webhook": webhook.WebhookCarrier(Outside()),
    }
    answer: Delivery = await carriers[channel].send(job(channel))
    assert answer == away("no_secret")  # it costs none a try


def test_a_webhook_is_told_everything_but_where_they_said_no() -> None:
    told = job("webhook")
    told.state.consents["email"] = ChannelConsent(yes=(T0, "", 0))
    told.state.consents["sms"] = ChannelConsent(yes=(T0, "", 0), no=(T0 + 1, "", 0))
    coupon = Coupon("SAVE10", "percent", 10, 0, T0 + 5, "j.cart.one")
    body = webhook.compose(msgspec.structs.replace(told, coupon=coupon))
    assert body["shopper"] == {"visitor": VISITOR, "id": "c-1", "email": "a@shop.example"}
    assert (body["id"], body["type"], body["restore"]) == ("m-1", "message_due", LINKS.restore)
    assert body["cart"]["lines"][0]["sku"] == "hat-1"
    assert body["coupon"] == {"code": "SAVE10", "expires_at": T0 + 5}


def test_a_webhook_about_an_order_names_who_ordered_and_not_who_is_signed_in() -> None:
    told = job("webhook", lines=())
    order = OrderState("1001", T0, 5000, "EUR", "", T0, customer=Customer("", "ann@post.example", ""))
    told.state.orders["1001"] = order
    message = msgspec.structs.replace(told.message, cart="", about="1001")
    for service, named in ((True, "ann@post.example"), (False, None)):
        body = webhook.compose(msgspec.structs.replace(told, message=message, service=service))
        assert body["shopper"].get("email") == named
        assert body["shopper"].get("id") == (None if service else "c-1")


def test_who_can_be_reached() -> None:
    state = job("sms").state
    for channel in ("sms", "messenger", "webhook"):
        assert unreachable(state, channel, FULL, now=T0) == ""
        assert unreachable(state, channel, SHOP, now=T0).startswith("shop has no ")
    state.phone_dead = [mark_of("demo", NUMBER)]
    state.psid_gone = T0
    assert unreachable(state, "sms", FULL) == "number is dead"
    assert unreachable(state, "messenger", FULL) == "left Messenger"
    nobody = VisitorState("demo", VISITOR)
    assert unreachable(nobody, "sms", FULL) == "no telephone number"
    assert unreachable(nobody, "messenger", FULL) == "not at Messenger"
