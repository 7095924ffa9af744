"""The preference centre: by the shop's page, by the link in a message; what is proven of it."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

import msgspec
import pytest

from heimta.model.campaign import Campaign, Trigger, Variant
from heimta.model.consent import ConsentNote
from heimta.model.contents import PushContent
from heimta.model.event import Keys, Subscription
from heimta.model.person import hub_of
from heimta.model.preferences import PAUSE_MS, PreferencesNote, Proof
from heimta.model.visitor import ChannelConsent, Identity, Preferences, VisitorState
from heimta.rules.texts import all_words
from heimta.rules.texts.preferences import KEY
from heimta.rules.tokens import make_preferences
from heimta.store import documents, keys, proofs
from tests.edge.conftest import Asker
from tests.worker.shop import JOURNEY, OTHER, SHOP, T0, VISITOR

TOKEN = make_preferences("s" * 43, "demo", VISITOR)
LINK = f"/u/{TOKEN}"
ASKED = "/s/demo/preferences"
HOME = keys.partition_of("demo", VISITOR, 4)
STATE = VisitorState(
    "demo",
    VISITOR,
    lang="de-AT",
    subscription=Subscription("https://fcm.googleapis.com/fcm/send/abc", Keys("k" * 87, "a" * 22)),
    subscribed=(T0, "yes", 0),
)
FORM = {"act": "save", "topic": "cart", "pace": "less"}


async def know(edge: Asker, **changes: Any) -> None:
    state = msgspec.structs.replace(STATE, **changes)
    await edge.redis.set(keys.visitor(HOME, "demo", VISITOR), msgspec.msgpack.encode(state))


async def notes(edge: Asker) -> list[PreferencesNote]:
    return [msgspec.json.decode(data, type=PreferencesNote) for kind, data in await edge.logged()]


async def proven(edge: Asker, visitor: str = VISITOR) -> list[tuple[str, str, str]]:
    home = keys.partition_of("demo", visitor, 4)
    return [(p.what, p.where, p.text) for p in await proofs.of(edge.redis, "demo", home, visitor)]


async def test_looking_at_the_link_changes_nothing_and_shows_what_is_chosen(edge: Asker) -> None:
    await know(edge, preferences=Preferences(["cart"], "less", 0, (T0, "", 0)))
    page = await edge.http.get(LINK)
    assert page.status_code == 200
    assert '<html lang="de" dir="ltr">' in page.text and "Mitteilungen" in page.text
    assert 'value="less" checked' in page.text and 'value="cart">' in page.text
    assert (await edge.http.head(LINK)).status_code == 200
    assert await edge.logged() == [] and await proven(edge) == []


async def test_the_page_holds_no_script_no_cookie_and_nobodys_id(edge: Asker) -> None:
    await know(edge)
    page = await edge.http.get(LINK)
    policy = page.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-") and "unsafe" not in policy
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["referrer-policy"] == "no-referrer"
    assert "set-cookie" not in page.headers
    assert "<script" not in page.text and VISITOR not in page.text and VISITOR not in TOKEN


async def test_a_choice_is_made_durable_proven_and_said(edge: Asker) -> None:
    await know(edge)
    page = await edge.http.post(LINK, content=urlencode({**FORM, "topic": ""}))
    assert page.status_code == 200 and "Gespeichert." in page.text
    assert await notes(edge) == [PreferencesNote(VISITOR, ("cart",), "less", until=0, stop=False)]
    assert await proven(edge) == [("less -cart", "link", "preferences-2.de")]


@pytest.mark.parametrize(
    "body",
    [
        b"act=stop",
        b"List-Unsubscribe=One-Click",
        b'--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--x--\r\n',
    ],
    ids=["button", "one click", "one click, multipart"],
)
async def test_a_stop_takes_one_press(edge: Asker, body: bytes) -> None:
    await know(edge)
    page = await edge.http.post(LINK, content=body)
    assert page.status_code == 200 and "Die Mitteilungen sind aus." in page.text
    assert "<form" not in page.text
    [note] = await notes(edge)
    assert note.stop
    assert await proven(edge) == [("stop", "link", "preferences-2.de")]


async def test_a_stop_by_a_mail_holds_for_the_address_whatever_the_browser_has_told_since(
    edge: Asker,
) -> None:
    """The visitor of that mail has erased everything; the phone with the same address goes on otherwise."""
    hub = hub_of("demo", "email", "ann@post.example")
    link = f"/u/{make_preferences('s' * 43, 'demo', VISITOR, hub)}"
    page = await edge.http.post(link, content=b"List-Unsubscribe=One-Click")
    assert page.status_code == 200
    logged = {kind: json.loads(data) for kind, data in await edge.logged()}
    assert set(logged) == {"preferences", "relay"}
    assert (logged["preferences"]["vid"], logged["preferences"]["stop"]) == (VISITOR, True)
    assert logged["relay"]["type"] == "passed" and logged["relay"]["vid"] == logged["relay"]["hub"] == hub
    assert logged["relay"]["stopped"] == edge.now


async def test_the_link_of_a_mail_offers_a_stop_while_other_browsers_have_its_address(edge: Asker) -> None:
    """The one that the mail was for has erased itself."""
    hub = hub_of("demo", "email", "ann@post.example")
    link = f"/u/{make_preferences('s' * 43, 'demo', VISITOR, hub)}"
    assert "<form" not in (await edge.http.get(link)).text
    home, key = keys.partition_of("demo", hub, 4), msgspec.msgpack.encode
    state = VisitorState("demo", hub, members={OTHER: 1})
    await edge.redis.set(keys.visitor(home, "demo", hub), key(state))
    page = (await edge.http.get(link)).text
    assert 'value="stop"' in page and "Other devices where this address was given" in page
    saved = (await edge.http.post(link, content=b"act=stop")).text
    assert "<form" not in saved
    await edge.redis.set(keys.visitor(home, "demo", hub), key(msgspec.structs.replace(state, stop_at=T0)))
    assert "<form" not in (await edge.http.get(link)).text


async def test_one_channel_switched_off_by_a_mail_is_off_for_the_address(edge: Asker) -> None:
    hub = hub_of("demo", "email", "a@b.example")
    await know(edge, identity=MAIL, consents=BOTH)
    form = [*FORM.items(), ("channel", ""), ("channel", "push"), ("channel", "sms")]
    link = f"/u/{make_preferences('s' * 43, 'demo', VISITOR, hub)}"
    assert (await edge.http.post(link, content=urlencode(form).encode())).status_code == 200
    told = {(note.vid, note.channel, note.yes) for note in await consents(edge)}
    assert told == {(hub, "email", False), (VISITOR, "email", False)}


async def test_a_pause_has_an_end_and_does_not_begin_anew(edge: Asker) -> None:
    await know(edge)
    page = await edge.http.post(LINK, content=urlencode({**FORM, "pace": "pause"}))
    assert "Pause bis 21. Dezember 2025" in page.text
    await know(edge, preferences=Preferences([], "normal", T0 + PAUSE_MS, (T0, "", 0)))
    edge.now += 24 * 3600_000
    await edge.http.post(LINK, content=urlencode({**FORM, "pace": "pause"}))
    assert [note.until for note in await notes(edge)] == [T0 + PAUSE_MS] * 2
    edge.now = T0 + PAUSE_MS
    assert 'value="normal" checked' in (await edge.http.get(LINK)).text


@pytest.mark.parametrize("body", [b"", b"act=save", b"act=save&pace=never", b"\xff", b"x=" * 50, b"{}"])
async def test_what_is_no_form_of_ours_changes_nothing(edge: Asker, body: bytes) -> None:
    await know(edge)
    assert (await edge.http.post(LINK, content=body)).status_code == 400
    assert await edge.logged() == [] and await proven(edge) == []


async def test_a_link_that_was_altered_opens_nothing(edge: Asker) -> None:
    await know(edge)
    for place in range(len(TOKEN)):
        other = "A" if TOKEN[place] != "A" else "B"
        answer = await edge.http.post(f"/u/{TOKEN[:place]}{other}{TOKEN[place + 1 :]}", content=b"act=stop")
        assert answer.status_code == 404, place
    for token in (
        "demo.",
        "nosuch.token",
        TOKEN[:-1],
        f"{TOKEN}=",
        make_preferences("t" * 43, "demo", VISITOR),
    ):
        assert (await edge.http.get(f"/u/{token}")).status_code == 404, token
    assert await edge.logged() == []


async def test_a_stop_counts_although_the_visitor_is_forgotten(edge: Asker) -> None:
    assert "are off" in (await edge.http.get(LINK, headers={"accept-language": "fr, en;q=0.5"})).text
    assert (await edge.http.post(LINK, content=b"act=stop")).status_code == 200
    assert [note.stop for note in await notes(edge)] == [True]


async def test_when_nothing_can_be_written_the_page_says_so(edge: Asker) -> None:
    await know(edge)
    await edge.redis.config_set("maxmemory", "1mb")
    try:
        answer = await edge.http.post(LINK, content=urlencode(FORM))
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
        assert (await edge.post(ASKED, {"vid": VISITOR, "act": "stop"})).status_code == 503
    finally:
        await edge.redis.config_set("maxmemory", "0")
    assert await edge.logged() == []


async def test_only_topics_of_live_journeys_are_asked_and_the_others_stay(edge: Asker) -> None:
    news = msgspec.structs.replace(JOURNEY, id="weekly", topic="news")
    off = msgspec.structs.replace(JOURNEY, id="sale", topic="offers", live=False)
    for document in (news, off):
        await documents.put(edge.redis, document, now=T0)
    await edge.shops.refresh()
    await know(edge, preferences=Preferences(["offers"], "normal", 0, (T0, "", 0)))
    page = (await edge.http.get(LINK)).text
    assert 'value="news" checked' in page and "Neuigkeiten" in page and "Angebote" not in page
    await edge.http.post(LINK, content=urlencode({**FORM, "topic": "news"}))
    assert [note.off for note in await notes(edge)] == [("cart", "offers")]


async def test_texts_of_the_merchant_cannot_end_the_page(edge: Asker) -> None:
    shop = msgspec.structs.replace(SHOP, name="</title><script>alert(1)</script>")
    await documents.put(edge.redis, shop, now=T0)
    await edge.shops.refresh()
    await know(edge)
    assert "<script" not in (await edge.http.get(LINK)).text


async def test_in_the_shops_own_words_in_any_language_and_a_proof_keeps_them(edge: Asker) -> None:
    words = {key: {"ar": f"{texts['en']} <b>"} for key, texts in all_words().items() if key.startswith(KEY)}
    await documents.put(
        edge.redis, msgspec.structs.replace(SHOP, languages=("en", "ar"), words=words), now=T0
    )
    await edge.shops.refresh()
    await know(edge, lang="ar")
    page = (await edge.http.get(LINK)).text
    assert '<html lang="ar" dir="rtl">' in page
    assert "Save &lt;b&gt;" in page and "<b>" not in page
    told = (await edge.post(ASKED, {"vid": VISITOR, "lang": "ar", "act": "save", "pace": "less"})).json()
    assert (told["lang"], told["lines"]) == ("ar", ["Saved. <b>"])
    [(_, _, name)] = await proven(edge)
    assert "save: Save <b>" in (await proofs.words(edge.redis, "demo"))[name]
    broken = (await edge.http.get("/u/demo.broken", headers={"accept-language": "ar"})).text
    assert '<html lang="ar"' in broken and "&lt;b&gt;" in broken


async def test_the_shops_page_learns_what_is_chosen_in_its_own_language(edge: Asker) -> None:
    await know(edge, preferences=Preferences(["cart"], "less", 0, (T0, "", 0)))
    told = (await edge.post(ASKED, {"vid": VISITOR, "lang": "en-GB"})).json()
    what, often = told["fields"]
    assert what == [
        "What about?",
        "checkbox",
        "topic",
        [["cart", "Cart reminders", "When something was left in the cart", False]],
    ]
    assert [(row[0], row[3]) for row in often[3]] == [("normal", False), ("less", True), ("pause", False)]
    assert told["acts"] == [["save", "Save"], ["stop", "Stop all"]]
    assert await edge.logged() == []
    other = (await edge.post(ASKED, {"vid": OTHER})).json()
    assert (other["fields"], other["acts"]) == ([], [["on", "Turn on"]])


async def test_a_browser_is_turned_on_only_where_the_shop_has_push(edge: Asker) -> None:
    await know(edge, subscription=None, identity=MAIL, consents=BOTH)
    asked = {"vid": VISITOR, "lang": "en"}
    assert "on" in dict((await edge.post(ASKED, asked)).json()["acts"])
    await documents.put(edge.redis, msgspec.structs.replace(SHOP, push=None), now=T0)
    await edge.shops.refresh()
    assert list(dict((await edge.post(ASKED, asked)).json()["acts"])) == ["save", "stop"]
    assert (await edge.post(ASKED, {"vid": OTHER})).json()["acts"] == []


async def test_the_shops_page_tells_a_choice(edge: Asker) -> None:
    await know(edge)
    asked = {"vid": VISITOR, "lang": "is", "u": "/account?key=secret", "act": "save", "pace": "pause"}
    told = (await edge.post(ASKED, asked)).json()
    assert told["lines"] == ["Saved.", "Paused until December 21, 2025"]
    assert [(note.off, note.until) for note in await notes(edge)] == [(("cart",), T0 + PAUSE_MS)]
    # The shop speaks no Icelandic: the words that were shown were in its first language.
    assert await proven(edge) == [("pause -cart", "/account", "preferences-2.en")]


async def test_what_was_turned_on_just_now_is_shown_as_on_and_by_itself_changes_nothing(edge: Asker) -> None:
    told = (await edge.post(ASKED, {"vid": VISITOR, "act": "on"})).json()
    assert [act for act, _ in told["acts"]] == ["save", "stop"]
    assert await edge.logged() == [] and await proven(edge) == []


@pytest.mark.parametrize(
    "body",
    [
        {"vid": VISITOR, "act": "save", "pace": "hourly"},
        {"vid": VISITOR, "act": "save", "pace": "less", "topic": ["nothing"]},
        {"vid": VISITOR, "act": "save", "pace": "less", "topic": ["cart"] * 9},
        {"vid": VISITOR, "act": "erase"},
        {"vid": "x"},
    ],
    ids=str,
)
async def test_a_choice_that_there_is_not_is_refused(edge: Asker, body: dict[str, Any]) -> None:
    assert (await edge.post(ASKED, body)).status_code == 400
    assert (await edge.post(ASKED, {"vid": VISITOR}, origin="https://evil.example")).status_code == 403
    assert await edge.logged() == []


SUBSCRIPTION = {
    "endpoint": "https://fcm.googleapis.com/fcm/send/abc",
    "keys": {"p256dh": "k" * 87, "auth": "a" * 22},
}


async def test_a_yes_is_proven_with_the_words_it_was_said_to(edge: Asker) -> None:
    content = PushContent(title={"en": "Remind you?", "de": "Erinnern?"})
    asking = Campaign("ask", "demo", "Ask", Trigger("engaged"), (Variant("a", content),), live=True)
    await documents.put(edge.redis, asking, now=T0)
    await edge.shops.refresh()
    said = ["ask", 1, "a", "de", "/cart?t=secret"]
    body = {"vid": VISITOR, "subscription": SUBSCRIPTION, "said": said}
    assert (await edge.post("/s/demo/push", body)).status_code == 200
    # The merchant changes the words; a page that was open before still names the old ones.
    await edge.post("/s/demo/push", {**body, "said": ["ask", 2, *said[2:]]})
    assert (await edge.post("/s/demo/push", {**body, "renew": True, "said": None})).status_code == 200
    assert (await edge.post("/s/demo/push", {"vid": VISITOR})).status_code == 200
    assert await proven(edge) == [
        ("no", "", ""),
        ("renewed", "", ""),
        ("yes", "/cart", "ask.1.a.de"),
        ("yes", "/cart", "ask.2.a.de"),
    ], "all at the same instant here: in the order of their words"
    words = await proofs.words(edge.redis, "demo")
    assert list(words) == ["ask.1.a.de"]
    assert words["ask.1.a.de"].startswith("Erinnern?\nEine kurze Mitteilung")


async def test_proofs_are_kept_the_newest_hundred_for_three_years(edge: Asker) -> None:
    for at in range(120):
        await proofs.keep(edge.redis, "demo", 0, VISITOR, Proof(at, "yes", "/", "x"))
    kept = await proofs.of(edge.redis, "demo", 0, VISITOR)
    assert [proof.at for proof in kept] == list(range(20, 120))
    assert await edge.redis.ttl(keys.proof(0, "demo", VISITOR)) > 2 * 365 * 24 * 3600


def test_a_choice_is_json_as_docs_wire_has_it() -> None:
    note = PreferencesNote(VISITOR, ("cart",), "less", until=0, stop=True)
    assert json.loads(msgspec.json.encode(note)) == {
        "vid": VISITOR,
        "off": ["cart"],
        "pace": "less",
        "until": 0,
        "stop": True,
    }


MAIL = Identity(email="a@b.example", email_of=(T0, "s", 1), phone="+3545551234", phone_of=(T0, "s", 1))
BOTH = {channel: ChannelConsent(told=(T0, "s", 1)) for channel in ("email", "sms")}


async def consents(edge: Asker) -> list[ConsentNote]:
    """What was told of channels, beside the choice itself."""
    return [
        msgspec.json.decode(data, type=ConsentNote) for kind, data in await edge.logged() if kind == "consent"
    ]


async def test_whoever_is_known_by_more_than_this_browser_chooses_the_channels_too(edge: Asker) -> None:
    await know(edge, identity=MAIL, consents=BOTH, lang="en")
    page = (await edge.http.get(LINK)).text
    assert 'value="push" checked' in page and 'value="sms" checked' in page and "messenger" not in page
    assert "a@b.example" not in page and "555" not in page, "the link may be forwarded"
    form = [*FORM.items(), ("channel", ""), ("channel", "push"), ("channel", "email")]
    page = (await edge.http.post(LINK, content=urlencode(form))).text
    assert 'value="sms">' in page and 'value="email" checked' in page
    assert await consents(edge) == [
        ConsentNote(VISITOR, "sms", False, "centre", at=edge.now, text="preferences-2.en")
    ]


async def test_a_form_that_did_not_ask_for_channels_changes_none(edge: Asker) -> None:
    await know(edge, identity=MAIL, consents=BOTH)
    await edge.http.post(LINK, content=urlencode(FORM))
    assert await consents(edge) == []


async def test_all_channels_off_can_be_ticked_again_and_a_stop_cannot(edge: Asker) -> None:
    no = {"email": ChannelConsent(told=(T0, "s", 1), no=(T0, "centre", 0))}
    await know(edge, subscription=None, identity=msgspec.structs.replace(MAIL, phone=""), consents=no)
    assert 'value="email">' in (await edge.http.get(LINK)).text
    await edge.http.post(LINK, content=urlencode({**FORM, "channel": "email"}))
    assert [(note.channel, note.yes) for note in await consents(edge)] == [("email", True)]
    await know(edge, subscription=None, identity=MAIL, consents=no, stopped=(T0 + 1, "stop", 0), lang="en")
    page = (await edge.http.get(LINK)).text
    assert "Nothing more will be sent." in page and "<form" not in page


async def test_the_shops_page_chooses_channels_as_well(edge: Asker) -> None:
    await know(edge, identity=MAIL, consents=BOTH)
    body = {"vid": VISITOR, "act": "save", "topic": ["cart"], "pace": "normal", "lang": "en"}
    answer = await edge.post(ASKED, {**body, "channel": ["email"]})
    assert answer.json()["fields"][0][2] == "channel"
    assert [(note.channel, note.yes) for note in await consents(edge)] == [("push", False), ("sms", False)]
    assert (await edge.post(ASKED, {**body, "channel": ["fax"]})).status_code == 400
