"""E-mail: the step's words in one of the designs, with what is in the cart, through the shop's own server.

Message-ID is the message's id: sent again after a crash, the second is the same mail. Where it comes back
to names the visitor, sealed (rules/mail/returns.py), so that a bounce says which address is dead.
"""

from __future__ import annotations

from datetime import datetime, tzinfo

import msgspec
from babel.dates import format_date, format_time, get_datetime_format

from heimta.channels.dkim_sign import BadKey, sign
from heimta.channels.email import Envelope, Server, Smtp
from heimta.channels.email_message import Parts, build
from heimta.channels.result import Delivery, away, failed
from heimta.model.cart import Cart
from heimta.model.currency import rescale
from heimta.model.person import address_of
from heimta.model.providers import Email
from heimta.rules.contents.fill import pick, spoken
from heimta.rules.contents.worth import terms
from heimta.rules.locales import locale_of
from heimta.rules.mail.addresses import deliverable, mark_of, named
from heimta.rules.mail.ask import ask_of
from heimta.rules.mail.letter import MAX_ROWS, Code, Letter, Row
from heimta.rules.mail.render import html, text
from heimta.rules.mail.returns import make_return
from heimta.rules.money import in_words
from heimta.rules.quiet import zone_of
from heimta.rules.texts.confirm import MAIL
from heimta.rules.texts.mail import WORDS
from heimta.rules.texts.words import said_in
from heimta.worker.carriers.job import Job
from heimta.worker.carriers.pictures import own_picture
from heimta.worker.carriers.tame import name, tamed
from heimta.worker.carriers.texts import say, words_of
from heimta.worker.carriers.way import way


class EmailCarrier:
    def __init__(self, smtp: Smtp) -> None:
        self._smtp = smtp

    async def send(self, job: Job) -> Delivery:
        email = job.shop.email
        address = address_of(job.state, "email", job.message.about if job.service else "")
        to = deliverable(address)
        if email is None or not to:
            return failed("address", permanent=True)
        if job.step.survey and job.survey is None:  # deleted meanwhile: a question that nobody hears
            return failed("no survey", permanent=True)
        password = job.secrets.providers.get("smtp_password", "")
        if email.user and not password:
            return away("no_secret")
        sender = named(email.sender)[1]
        try:
            mail = signed(job, email, compose(job, email, to), sender)
        except BadKey:
            return away("dkim")
        mark = mark_of(job.shop.id, address)
        back = sender
        if email.bounces:
            back = make_return(job.secrets.signing, job.shop.id, email.bounces, job.state.visitor, mark)
        delivery = await self._smtp.send(server_of(email, password), Envelope(back, to, mail))
        return msgspec.structs.replace(delivery, address=mark) if delivery.outcome == "gone" else delivery

    async def close(self) -> None:
        await self._smtp.close()


def server_of(email: Email, password: str) -> Server:
    return Server(
        host=email.host,
        port=email.port,
        tls=email.tls,
        name=named(email.sender)[1].rpartition("@")[2],
        user=email.user,
        password=password,
        connections=email.connections,
    )


def signed(job: Job, email: Email, mail: bytes, sender: str) -> bytes:
    """With the shop's own signature if it has a key for one. Raises BadKey."""
    if email.dkim is None:
        return mail
    return sign(mail, email.dkim, sender=sender, key=job.secrets.providers.get("dkim_key", ""))


def compose(job: Job, email: Email, to: str) -> bytes:
    """The whole mail, headers and both parts."""
    letter = letter_of(job, email)
    return build(
        Parts(
            id=job.message.id,
            sender=named(email.sender),
            to=to,
            subject=letter.subject,
            html=html(letter),
            text=text(letter),
            lang=job.lang,
            at=job.now,
            reply_to=named(email.reply_to) if email.reply_to else None,
            unsubscribe=letter.settings,
        )
    )


def letter_of(job: Job, email: Email) -> Letter:
    order = job.state.orders.get(job.message.about)
    if order is not None and job.cart is None:
        job = msgspec.structs.replace(job, cart=job.state.carts.get(order.cart))
    job = tamed(job)  # a stranger's browser named the products
    step, shop = job.step, job.shop
    words = {
        key: said_in(pick(f"mail.{key}", texts, spoken(shop)), job.lang, "en") for key, texts in WORDS.items()
    }
    if job.links.confirm:  # perhaps it was not they who asked for it
        words["service"] = said_in(pick("confirm.mail.foot", MAIL["foot"], spoken(shop)), job.lang, "en")
    target, where = way(job)
    ask = ask_of(job.survey, job.links.answer, spoken(shop), job.lang) if job.survey is not None else None
    named_so = "to_shop" if where == "to_product" else where
    rows, more, total = _rows(job)
    if order is not None:
        total = in_words(order.minor, order.currency, job.lang)
    return Letter(
        design=step.template,
        lang=job.lang,
        shop=shop.name,
        home=shop.origins[0],
        theme=shop.theme,
        words=words,
        subject=say(job, step.title) or shop.name,
        body=say(job, step.body),
        button=say(job, step.button) or words["answer" if ask is not None else named_so],
        target=job.links.confirm or job.links.answer or target,
        logo=own_picture(email.logo, shop.origins),
        rows=rows if step.picture else tuple(msgspec.structs.replace(row, image="") for row in rows),
        more=more,
        total=total,
        code=_code(job),
        order=name(order.id) if order is not None else "",
        imprint=said_in(email.imprint, job.lang, "en"),
        settings="" if job.service else job.links.settings,
        ask=ask,
    )


def _rows(job: Job) -> tuple[tuple[Row, ...], int, str]:
    """(what is shown of the cart, how many lines are not, its total), or the product that it is about."""
    if job.cart is not None and job.cart.cart.lines:
        return _cart_rows(job, job.cart.cart)
    words = words_of(job)
    if "item" not in words:
        return (), 0, ""
    picture = own_picture(words.get("image", ""), job.shop.origins)
    return (Row(name(words["item"]), 1, words.get("price", ""), picture),), 0, ""


def _cart_rows(job: Job, cart: Cart) -> tuple[tuple[Row, ...], int, str]:
    rows = tuple(
        Row(
            line.name,
            line.qty,
            "" if line.unit_minor is None else _sum(line.qty * line.unit_minor, cart, job.lang),
            own_picture(line.image, job.shop.origins),
        )
        for line in cart.lines[:MAX_ROWS]
    )
    total = "" if cart.total_minor is None else _sum(cart.total_minor, cart, job.lang)
    return rows, len(cart.lines) - len(rows), total


def _sum(minor: int, cart: Cart, lang: str) -> str:
    return in_words(rescale(minor, cart.exponent, cart.currency), cart.currency, lang)


def _code(job: Job) -> Code | None:
    if job.coupon is None or job.step.coupon is None:
        return None
    value = said_in(terms(job.step.coupon, job.shop.currency, spoken(job.shop)), job.lang, "en")
    zone = zone_of(job.state.zone, job.shop.timezone)
    return Code(job.coupon.code, value, _until(job.coupon.expires_at, zone, job.lang))


def _until(at: int, zone: tzinfo, lang: str) -> str:
    """`November 25, 2025, 10:30 AM`, joined as the language joins them; the popup says the same. at: ms."""
    when, locale = datetime.fromtimestamp(at / 1000, zone), locale_of(lang)
    time, day = format_time(when, "short", locale=locale), format_date(when, "long", locale=locale)
    joined = str(get_datetime_format("long", locale=locale)).replace("'", "")
    return joined.replace("{0}", time).replace("{1}", day)
