"""What arrives: MIME that parses clean, both parts, the headers, and nothing that a stranger slipped in."""

from __future__ import annotations

import base64
import re
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from html.parser import HTMLParser
from typing import Any, cast

import dkim
import msgspec
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import given, settings
from hypothesis import strategies as st

from heimta.channels.email import Smtp
from heimta.channels.result import SENT, away, failed
from heimta.model.cart import Line
from heimta.model.orders import OrderState
from heimta.model.providers.email import Dkim
from heimta.model.visitor import Enrollment
from heimta.rules.apply import check
from heimta.rules.mail.addresses import mark_of
from heimta.rules.mail.render import designs
from heimta.rules.mail.returns import read_returns
from heimta.worker.carriers.email import EmailCarrier, compose
from heimta.worker.carriers.job import Job, Links
from tests.channels.email_job import (
    COUPON,
    LINES,
    OFFER,
    SECRETS,
    SETTINGS,
    SHOP,
    SIGNING,
    VISITOR,
    cart,
    job,
)
from tests.stubs.smtp import MailServer
from tests.worker.shop import CART, T0


class Page(HTMLParser):
    """The tags, attributes and words of an HTML part."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def all(self, tag: str, name: str) -> list[str]:
        return [attrs[name] or "" for found, attrs in self.tags if found == tag and name in attrs]

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


async def sent(what: Job) -> tuple[Any, EmailMessage]:
    """The envelope that a real server got, and the mail in it, parsed."""
    async with MailServer() as server:
        carrier = EmailCarrier(Smtp())
        assert what.shop.email is not None
        assert await carrier.send(_at(what, server.port)) == SENT
        await carrier.close()
    [mail] = server.mails
    return mail, parsed(mail.data)


def composed(what: Job) -> EmailMessage:
    assert what.shop.email is not None
    return parsed(compose(what, what.shop.email, "anna@mail.example"))


def parsed(raw: bytes) -> EmailMessage:
    """Read strictly: a defect of the MIME or of a header is a failure."""
    assert raw.isascii() and all(len(line) <= 998 for line in raw.split(b"\r\n"))
    mail = cast(EmailMessage, message_from_bytes(raw, policy=default))
    for one in mail.walk():
        assert not one.defects, one.defects
        for name, value in one.items():
            assert not getattr(value, "defects", ()), (name, value)
    return mail


def _at(what: Job, port: int) -> Job:
    email = msgspec.structs.replace(what.shop.email, port=port)
    return msgspec.structs.replace(what, shop=msgspec.structs.replace(what.shop, email=email))


def part(mail: EmailMessage, kind: str) -> str:
    found = mail.get_body((kind,))
    assert found is not None
    return str(found.get_content())


async def test_a_mail_has_both_parts_and_says_the_same_in_each() -> None:
    _, mail = await sent(job(step={"coupon": OFFER}, coupon=COUPON))
    assert [one.get_content_type() for one in mail.iter_parts()] == ["text/plain", "text/html"]
    page, plain = Page(part(mail, "html")), part(mail, "plain")
    for words in ("Lopi, moosgrün, 3 pieces.", "No hurry.", "Húfa", "€44.30", COUPON.code, "10%", "Kiel"):
        assert words in page.text, words
        assert words in plain, words
    assert "https://edge.example/r/demo.WzEsInJvdyJd.token" in plain and SETTINGS in plain


@pytest.mark.parametrize(
    ("lang", "zone", "said"),
    [
        ("en", "", "Good until November 25, 2025, 10:30 AM"),
        ("de", "", "Gültig bis 25. November 2025, 10:30"),
        ("de", "Atlantic/Reykjavik", "Gültig bis 25. November 2025, 09:30"),
        ("de", "Mars/Olympus", "Gültig bis 25. November 2025, 10:30"),
    ],
    ids=range(4),
)
def test_a_code_is_good_until_an_hour_by_the_shoppers_clock(lang: str, zone: str, said: str) -> None:
    ends = msgspec.structs.replace(COUPON, expires_at=1_764_063_000_000)  # 2025-11-25 09:30 UTC
    what = job(step={"coupon": OFFER}, coupon=ends, lang=lang)
    what.state.zone = zone
    mail = composed(what)
    for words in (Page(part(mail, "html")).text, part(mail, "plain")):
        assert said in words.replace("\u202f", " ")


async def test_the_headers_are_what_programs_look_for() -> None:
    what = job(lang="de")
    envelope, mail = await sent(what)
    assert mail["Subject"] == "Dein Korb wartet schön"
    assert mail["From"].addresses[0].display_name == "Nordlicht Wöhle"
    assert mail["To"].addresses[0].addr_spec == "anna@mail.example"
    assert mail["Message-ID"] == f"<{what.message.id}@wolle.example>"
    assert mail["List-Unsubscribe"] == f"<{SETTINGS}>"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert mail["Date"].datetime.timestamp() == T0 // 1000
    assert mail["Content-Language"] == "de"
    assert all(len(line) <= 998 for line in envelope.data.splitlines())
    assert envelope.data.isascii()


def test_a_second_try_is_the_same_mail() -> None:
    first, again = (
        re.sub(rb"={15}\d+==", b"", compose(what, what.shop.email, "anna@mail.example"))
        for what in (job(), job())
        if what.shop.email is not None
    )
    assert first == again


def test_a_service_mail_offers_nothing_to_unsubscribe_from() -> None:
    mail = composed(job(service=True, step={"template": "order"}))
    assert mail["List-Unsubscribe"] is None and mail["List-Unsubscribe-Post"] is None
    assert SETTINGS not in part(mail, "html") + part(mail, "plain")


def test_one_click_is_promised_over_https_only() -> None:
    mail = composed(job(links=Links("", "http://localhost:1/u/demo.x")))
    assert mail["List-Unsubscribe"] == "<http://localhost:1/u/demo.x>"
    assert mail["List-Unsubscribe-Post"] is None


async def test_it_comes_back_to_an_address_that_names_the_visitor_to_us_alone() -> None:
    envelope, _ = await sent(job())
    mark = mark_of("demo", "anna@mail.example")
    assert read_returns(SIGNING, "demo", envelope.mail_from) == [(VISITOR, mark)]
    assert VISITOR.lower() not in envelope.mail_from.lower()
    plain, _ = await sent(job(email={"bounces": ""}))
    assert plain.mail_from == "hello@wolle.example"


@pytest.mark.parametrize("design", designs())
def test_every_design_shows_title_words_and_way_back(design: str) -> None:
    mail = composed(job(step={"template": design, "coupon": OFFER}, coupon=COUPON))
    page = Page(part(mail, "html"))
    assert "No hurry." in page.text and "Back to it" in page.text
    assert "https://edge.example/r/demo.WzEsInJvdyJd.token" in page.all("a", "href")
    assert SETTINGS in page.all("a", "href")
    assert dict(page.tags)["html"]["lang"] == "en"
    assert all("alt" in attrs for tag, attrs in page.tags if tag == "img")


def test_nothing_is_loaded_but_the_shops_own_pictures() -> None:
    mail = composed(job())
    html = part(mail, "html")
    page = Page(html)
    assert page.all("img", "src") == ["https://wolle.example/img/wool.jpg"]
    assert not page.all("link", "href") and not page.all("script", "src")
    assert "@import" not in html and "url(" not in html


@pytest.mark.parametrize(
    "name", ["ผ้าไหมสีน้ำเงิน", "Cafe\u0301 \u2764\ufe0f", "9,90\u00a0€", "Wöl\\le", '5" <b>&amp;']
)
@pytest.mark.parametrize("design", ["cart", "product"])
def test_what_is_read_out_in_place_of_a_picture_is_as_it_was_written(design: str, name: str) -> None:
    """MJML writes what is no letter by itself as a program would: `\\u{301}`."""
    line = Line("x", name, 1, 100, image="/i.jpg")
    page = Page(part(composed(job(cart=cart(line), step={"template": design, "title": name})), "html"))
    shown = " ".join(name.replace("&amp;", "&").split())
    assert page.all("img", "alt") == [shown]
    assert page.all("div", "aria-label") == [name]


HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "{{ 7*7 }}{% raw %}",
    "</td></tr></table><mj-raw><script>",
    "<mj-include path='/etc/passwd' />",
    "]]><!-- --><![if mso]>",
    "&lt;b&gt;&amp;",
    "a\r\nBcc: everyone@mail.example",
)


@pytest.mark.parametrize("design", designs())
def test_what_a_stranger_wrote_stays_words(design: str) -> None:
    """Products, the imprint, the texts: nothing becomes a tag, a header or a template."""
    quiet = Page(part(composed(job(step={"template": design})), "html"))
    evil = "".join(HOSTILE)
    what = job(
        cart=cart(*(Line("x", one, 1, 100, image=f"/i.jpg?{one[:10].strip()}") for one in HOSTILE)),
        step={"template": design, "title": evil, "body": evil, "button": evil},
        email={"imprint": evil},
    )
    mail = composed(what)
    page = Page(part(mail, "html"))
    assert {tag for tag, _ in page.tags} <= {tag for tag, _ in quiet.tags}
    assert not [name for _, attrs in page.tags for name in attrs if name.startswith("on")]
    assert "{{ 7*7 }}" in page.text
    assert mail["Bcc"] is None


def test_a_products_name_is_no_link() -> None:
    mail = composed(job(cart=cart(Line("x", "Won! https://evil.example/win now", 1, 100))))
    assert "https://evil" not in part(mail, "html") + part(mail, "plain")
    assert "evil.example" not in part(mail, "html") + part(mail, "plain")


async def test_a_shop_that_signs_signs_both_unsubscribe_headers() -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    ).decode()
    public = key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    record = b"v=DKIM1; k=rsa; p=" + base64.b64encode(public)
    kept = msgspec.structs.replace(SECRETS, providers={"dkim_key": private})
    envelope, mail = await sent(job(email={"dkim": Dkim("heimta")}, secrets=kept))
    signed = re.search(r"h=([^;]+);", str(mail["DKIM-Signature"]).replace(" ", ""))
    assert signed is not None
    names = signed[1].lower().split(":")
    assert names.count("list-unsubscribe") == 2 and names.count("list-unsubscribe-post") == 2
    assert "d=wolle.example" in mail["DKIM-Signature"]

    def look_up(name: bytes, timeout: int = 5) -> bytes:
        assert name == b"heimta._domainkey.wolle.example."
        return record

    raw = envelope.data.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    assert dkim.verify(raw, dnsfunc=look_up)
    assert not dkim.verify(raw.replace(b"No hurry", b"Hurry up"), dnsfunc=look_up)
    assert not dkim.verify(raw.replace(b"=One-Click", b"=Two-Click"), dnsfunc=look_up)


async def test_a_missing_password_or_key_can_be_mended_and_a_missing_address_cannot() -> None:
    carrier = EmailCarrier(Smtp())
    assert await carrier.send(job(email={"user": "shop"})) == away("no_secret")
    unkeyed = job(email={"dkim": Dkim("heimta")})
    assert await carrier.send(unkeyed) == away("dkim")
    nobody = job()
    assert nobody.state.identity is not None
    nobody.state.identity.email = "nobody@@"
    assert await carrier.send(nobody) == failed("address", permanent=True)


async def test_a_box_that_does_not_exist_is_named_by_its_mark() -> None:
    async with MailServer() as server:
        server.fail("RCPT", "550 5.1.1 no such user")
        carrier = EmailCarrier(Smtp())
        delivery = await carrier.send(_at(job(), server.port))
        await carrier.close()
    assert (delivery.outcome, delivery.address) == ("gone", mark_of("demo", "anna@mail.example"))


@settings(max_examples=40, deadline=None)
@given(subject=st.text(max_size=400), body=st.text(max_size=300), name=st.text(max_size=60))
def test_any_text_at_all_makes_a_mail_that_parses(subject: str, body: str, name: str) -> None:
    line = Line("x", name, 1, 100)
    what = job(cart=cart(line), step={"title": subject or "x", "body": body, "template": "cart"})
    mail = composed(what)
    assert part(mail, "plain") and part(mail, "html")


def test_a_shop_says_it_in_its_own_words_and_languages() -> None:
    words = {"mail.settings": {"fr": "Choisir ou se désabonner"}, "mail.total": {"fr": "Total TTC"}}
    shop = msgspec.structs.replace(SHOP, languages=("fr",), words=words)
    assert check(shop) == []
    page = Page(part(composed(job(shop=shop, lang="fr")), "html"))
    assert "Choisir ou se désabonner" in page.text and "Total TTC" in page.text
    assert "44,30" in page.text


def test_right_to_left_languages_run_from_right_to_left() -> None:
    shop = msgspec.structs.replace(SHOP, languages=("he",))
    html = part(composed(job(shop=shop, lang="he")), "html")
    tags = Page(html).tags
    assert dict(tags)["html"]["dir"] == "rtl"
    assert [attrs["dir"] for tag, attrs in tags if tag == "table" and "dir" in attrs] == ["rtl"]
    # MJML sets a column from left to right, and the words in it, whatever the page says.
    assert "direction:rtl" in html and "direction:ltr" not in html


@pytest.mark.parametrize("design", designs())
def test_every_design_shows_the_code_in_one_line_on_a_phone(design: str) -> None:
    """A phone of 360 pixels leaves 292; a letter is 0.602 of its size wide, and has one pixel of spacing."""
    html = part(composed(job(step={"template": design, "coupon": OFFER}, coupon=COUPON)), "html")
    shown = re.search(rf"font-size:(\d+)px;[^<>]*>{COUPON.code}<", html)
    assert shown is not None
    assert len(COUPON.code) * (int(shown[1]) * 0.602 + 1) < 292


def about_an_order(**words: str) -> Job:
    """The job of a service journey that an order began; its cart is the one it was placed with."""
    what = job(service=True, cart=None, links=Links("", SETTINGS), step={"template": "order", "button": ""})
    state, message = what.state, msgspec.structs.replace(what.message, cart="", about="A-17")
    state.orders["A-17"] = OrderState("A-17", T0, 4925, "EUR", CART, T0)
    state.carts[CART] = cart(*LINES)
    told = Enrollment("", "treated", 1, T0, messages=[message.id], about="A-17", words=words)
    state.enrollments["cart/A-17"] = told
    return msgspec.structs.replace(what, message=message)


def test_an_order_is_told_with_its_number_what_was_bought_and_its_own_sum() -> None:
    page = Page(part(composed(about_an_order(order="A-17")), "html"))
    for words in ("Order A-17", "Húfa", "€49.25", "To the shop"):
        assert words in page.text, words
    assert "https://wolle.example/" in page.all("a", "href")


@pytest.mark.parametrize("design", designs())
def test_the_text_part_tells_of_an_order_what_the_design_shows_of_it(design: str) -> None:
    what = about_an_order(order="A-17")
    mail = composed(msgspec.structs.replace(what, step=msgspec.structs.replace(what.step, template=design)))
    page, plain = Page(part(mail, "html")).text, part(mail, "plain")
    for words in ("Order A-17", "Húfa", "€49.25", "Total"):
        assert (words in page) == (words in plain), words


def test_an_order_whose_cart_nobody_knows_is_told_with_its_sum() -> None:
    what = about_an_order(order="A-17")
    what.state.carts.clear()
    mail = composed(what)
    for words in ("Order A-17", "Total", "€49.25"):
        assert words in Page(part(mail, "html")).text, words
        assert words in part(mail, "plain"), words


def test_a_parcel_on_its_way_is_where_the_button_leads() -> None:
    page = Page(part(composed(about_an_order(tracking="https://parcels.example/42")), "html"))
    assert "https://parcels.example/42" in page.all("a", "href") and "See where it is" in page.text
    bad = Page(part(composed(about_an_order(tracking="javascript:alert(1)")), "html"))
    assert not [link for link in bad.all("a", "href") if not link.startswith("https://")]


def test_a_product_that_is_back_is_shown_and_led_to_if_it_is_in_the_shop() -> None:
    words = {"item": "Lopi www.evil.example", "price": "€9.90", "image": "/img/wool.jpg", "url": "/p/wool"}
    what = about_an_order(**words)
    what.state.orders.clear()
    design = msgspec.structs.replace(what.step, template="product", body="{item} is back.")
    page = Page(part(composed(msgspec.structs.replace(what, step=design)), "html"))
    assert "https://wolle.example/p/wool" in page.all("a", "href")
    assert page.all("img", "src") == ["https://wolle.example/img/wool.jpg"]
    assert "€9.90" in page.text and "evil.example" not in page.text
