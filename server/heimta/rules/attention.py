"""One budget of attention for a person, over everything that wants some. Pure.

What is on the page (popups, surveys, push questions) is held back in the browser (snippet/src/stage) and
counts here as well, once it was seen; messages of all channels are held back here. Nothing is dropped for it:
the answer is when the message may go. Windows of time slide, so that no 24 hours, wherever they begin, hold
more than the shop allows; a calendar's day would let twice as many through around midnight.
"""

from __future__ import annotations

from msgspec import Struct

from heimta.model.attention import Limits, Touch, Touches
from heimta.model.campaign import Attention
from heimta.model.documents import ShopDoc

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
WEEK_MS = 7 * DAY_MS
KEEP = 500  # of one person, the newest: far more than any shop's limits let through in a week


class Held(Struct, frozen=True):
    """Which limit holds a message, and until when, ms. rule '': none."""

    rule: str = ""
    until: int = 0


def held_by(touches: Touches, limits: Limits, message: str, *, now: int) -> Held:
    """Whether one more message may go now. `message` itself does not count against itself: a second try of
    it takes the place of the first. Of several limits the one that lasts longest is told.
    """
    others = [touch for touch in touches if touch.id != message]
    sent = sorted(touch.at for touch in others if touch.kind == "message")
    every = sorted(touch.at for touch in others if touch.kind != "service")
    shown = [touch.at for touch in others if touch.kind == "shown"]
    held = (
        Held("messages_per_day", _room(sent, limits.messages_per_day, DAY_MS, now)),
        Held("messages_per_week", _room(sent, limits.messages_per_week, WEEK_MS, now)),
        Held("all_per_day", _room(every, limits.all_per_day, DAY_MS, now)),
        Held("apart_h", _apart(sent, round(limits.apart_h * HOUR_MS), now)),
        Held("apart_s", _apart(shown, limits.apart_s * 1000, now)),
    )
    longest = max(held, key=lambda held: held.until)
    return longest if longest.until > now else Held()


def _room(times: list[int], most: int, window_ms: int, now: int) -> int:
    """The first moment from which a window that ends then has room for one more."""
    within = [at for at in times if at > now - window_ms]
    return now if len(within) < most else within[len(within) - most] + window_ms


def _apart(times: list[int], apart_ms: int, now: int) -> int:
    """Clocks of two workers may differ by a little, so what lies ahead keeps its distance too."""
    near = [at for at in times if abs(at - now) < apart_ms]
    return max(near, default=now - apart_ms) + apart_ms


def limits_of(attention: Attention) -> Limits:
    return Limits(**{name: getattr(attention, name) for name in Limits.__struct_fields__})


def is_told(touches: Touches, subject: str, message: str, *, since: int = 0) -> bool:
    """Whether another message has told the person of it, from `since` on, ms.

    A subject that names a browser (`~visitor/…`) is told by the person's other browsers alone.
    """
    if not subject:
        return False
    others = [touch.subject for touch in touches if touch.id != message and touch.at >= since]
    browser, _, told = subject.partition("/")
    if not browser.startswith("~"):
        return subject in others
    return any(
        other.startswith("~") and other != subject and other.partition("/")[2] == told for other in others
    )


def with_message(touches: Touches, touch: Touch) -> Touches:
    """Spend: the message at this time, and at no other."""
    return kept((*without_message(touches, touch.id), touch), now=touch.at)


def without_message(touches: Touches, message: str) -> Touches:
    return tuple(touch for touch in touches if touch.id != message)


def kept(touches: Touches, *, now: int) -> Touches:
    """Each once, in order; what is older than the window it counts in is forgotten."""
    within = {"message": now - WEEK_MS, "service": now - WEEK_MS, "shown": now - DAY_MS}
    return tuple(sorted({touch for touch in touches if touch.at > within[touch.kind]}))[-KEEP:]


def attention_faults(attention: Attention) -> list[str]:
    """What is wrong with a shop's limits that a type cannot say."""
    faults = []
    begin, _, end = attention.quiet.partition("-")
    if attention.quiet and (begin == end or attention.quiet == "00:00-24:00"):
        faults.append(
            f"attention.quiet is {attention.quiet!r}; it is never over, so nothing could be sent; "
            "give the hours of the night, for example 21:00-08:00"
        )
    for less, more in (("messages_per_day", "messages_per_week"), ("messages_per_day", "all_per_day")):
        if getattr(attention, less) > getattr(attention, more):
            faults.append(
                f"attention.{less} is {getattr(attention, less)} and {more} {getattr(attention, more)}; "
                f"{less} could never be reached: lower it, or raise {more}"
            )
    return faults


def attention_notes(shop: ShopDoc) -> list[str]:
    if shop.attention.quiet or (shop.sms is None and shop.facebook is None):
        return []
    return [
        "there are no quiet hours, and an SMS or a chat wakes people; "
        "attention: {quiet: 21:00-08:00} defers it until the morning, by the shopper's own clock"
    ]
