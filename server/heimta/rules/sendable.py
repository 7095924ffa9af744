"""What is wrong with how a shop sends SMS, Messenger messages and webhooks; what a step of theirs costs."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from heimta.model.document import Text
from heimta.model.documents import ShopDoc
from heimta.model.journey import Send
from heimta.model.outside import origin, refused
from heimta.rules.phones import countries
from heimta.rules.segments import plain, segments
from heimta.rules.stop_words import says_stop

# The link back to the cart, `https://heimta.shop.example/r/demo_07…`, and `Reply STOP to end`: about as long.
LINK = "x" * 52
END = "x" * 19
CARD, BUTTON = 80, 20  # characters that Messenger shows on a card and on a button


def provider_faults(shop: ShopDoc) -> Iterator[str]:
    """Of the shop document: each names the field, the value, the rule and the way out."""
    if shop.sms is not None and not countries(shop.sms):
        yield (
            f"sms.sender is {shop.sms.sender!r}, which says no country; name those that messages may go to, "
            "for example `countries: [DE, AT]`"
        )


def address_faults(shop: ShopDoc, trusted: Collection[str]) -> Iterator[str]:
    """Addresses in the shop document that nothing would be sent to (channels/outside.py).

    trusted: HEIMTA_OUTSIDE_ORIGINS, compared whole, as at each send.
    """
    urls = {"sms": shop.sms, "facebook": shop.facebook, "hook": shop.hook, "shop_api": shop.shop_api}
    for field, provider in urls.items():
        if provider is None or origin(provider.url) in trusted:
            continue
        if why := refused(provider.url):
            yield (
                f"{field}.url is {provider.url!r}; {why}, or HEIMTA_OUTSIDE_ORIGINS must name its origin, "
                "here and where the worker runs"
            )


def sendable_faults(step: Send) -> Iterator[str]:
    """[] for a step of another channel."""
    if step.channel == "sms" and not step.body:
        yield f"step {step.id!r}: body is missing; it is all that an SMS says"
    if step.channel == "messenger" and not (step.body or step.title):
        yield f"step {step.id!r}: title and body are missing; give what the message says"


def sendable_notes(step: Send) -> Iterator[str]:
    """What is right and may surprise."""
    if step.channel == "sms":
        for where, text in _spoken(step.body):
            yield from _cost(f"step {step.id!r}{where}", text)
    if step.channel == "messenger":
        yield from _too_long(step)


def _cost(step: str, body: str) -> Iterator[str]:
    """As it is sent, with names of about their own length: {item} is rarely shorter than a real one."""
    whole = body.replace("{link}", LINK) if "{link}" in body else f"{body} {LINK}"
    text = plain(whole if says_stop(body) else whole + END)
    cost = segments(text)
    if cost.odd:
        why = f"because of {cost.odd!r} an SMS holds 70 letters, not 160"
        yield f"{step}: {why}; this is about {cost.count} SMS"
    elif cost.count > 1:
        yield f"{step}: about {cost.count} SMS each time, the link and how to end it included"


def _too_long(step: Send) -> Iterator[str]:
    for where, text in (*_spoken(step.title), *_spoken(step.body)):
        if step.picture and len(text) > CARD:
            yield (
                f"step {step.id!r}{where}: {len(text)} characters; a card of Messenger's shows {CARD}, so "
                "the cart is told in words, without pictures"
            )
    for where, text in _spoken(step.button):
        if len(text) > BUTTON:
            yield f"step {step.id!r}{where}: the button is cut off at {BUTTON} characters"


def _spoken(text: Text) -> list[tuple[str, str]]:
    """(` (de)`, words) of each language; ('', words) of a text that is the same for all."""
    if isinstance(text, str):
        return [("", text)]
    return [(f" ({language})", words) for language, words in text.items()]
