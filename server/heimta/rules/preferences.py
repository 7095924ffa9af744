"""The preference centre: what is chosen, what a form makes of it, and what stands in it. Pure.

Drawn twice, on the shop's page (widgets/src/preferences.ts) and behind the link in each message
(edge/preference_page.py), so what stands in it is said once, here: a View.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from babel.dates import format_date
from msgspec import Struct

from heimta.model.channel import Channel
from heimta.model.journey import Journey
from heimta.model.preferences import PAUSE_MS, TOPICS, Choice, Pace, Topic
from heimta.model.providers.email import Confirm
from heimta.model.visitor import VisitorState
from heimta.rules.consented import DEFAULT, UNCONFIRMED, consented
from heimta.rules.locales import locale_of
from heimta.rules.preference_words import Words
from heimta.rules.wishes import wishes_of

_SWITCHED = ("", "channel off", UNCONFIRMED)  # channels that are on, or off by themselves
PACES: tuple[Pace, ...] = ("normal", "less", "pause")


class Chosen(Struct, frozen=True):
    """What is chosen now. is_on: there is a channel that may be used. until: the end of a pause, ms.

    by: the channels there is an address for and no stop, and whether each is on. beyond: there is an address
    elsewhere than in this browser.
    """

    is_on: bool
    off: tuple[Topic, ...] = ()
    pace: Pace = "normal"
    until: int = 0
    by: tuple[tuple[Channel, bool], ...] = ()
    beyond: bool = False


class View(Struct, frozen=True):
    """What stands in the preference centre. On the wire as it is: docs/wire.md, "Preferences".

    lang: of its words; the shopper's page may speak another.
    fields: legend, kind of input, its name, rows of (value, name, what it means, whether it is chosen).
    acts: the buttons, (what they do, what they say); the first is what most are here for.
    """

    title: str
    lines: list[str]
    fields: list[tuple[str, str, str, list[tuple[str, str, str, bool]]]]
    acts: list[tuple[str, str]]
    lang: str = "en"


def chosen(
    state: VisitorState | None, now: int, *, among: Collection[str] = (), confirm: Confirm = DEFAULT
) -> Chosen:
    """confirm: as the shop has it (rules/consented.py). among: browsers and hubs whose choices may be seen
    beside this browser's own. On the shop's page that is none: whoever knows an address can join its
    browsers, and would see what they said.
    """
    if state is None:
        return Chosen(is_on=False)
    addresses = addresses_of(state)
    words = {channel: consented(state, channel, confirm=confirm) for channel in addresses}
    by = tuple((channel, not word) for channel, word in words.items() if word in _SWITCHED)
    beyond = any(channel != "push" for channel in addresses)
    held = wishes_of(state, among)
    if held is None:
        return Chosen(bool(by), by=by, beyond=beyond)
    pace: Pace = "pause" if now < held.until else "less" if held.pace == "less" else "normal"
    off = tuple(topic for topic in TOPICS if topic in held.off)
    return Chosen(bool(by), off, pace, held.until if pace == "pause" else 0, by, beyond)


def addresses_of(state: VisitorState) -> tuple[Channel, ...]:
    """Channels that there is an address for."""
    known = state.identity
    has: dict[Channel, bool] = {
        "push": state.subscription is not None,
        "email": known is not None and bool(known.email),
        "sms": known is not None and bool(known.phone),
        "messenger": bool(state.psid),
    }
    return tuple(channel for channel, is_there in has.items() if is_there)


def topics_of(journeys: Iterable[Journey]) -> tuple[Topic, ...]:
    """What the shop writes about now. Nobody is asked about messages on their own order."""
    live = {journey.topic for journey in journeys if journey.live and not journey.service}
    return tuple(topic for topic in TOPICS if topic in live)


def said(
    act: str,
    ticked: Collection[str],
    pace: str,
    *,
    held: Chosen,
    topics: tuple[Topic, ...],
    channels: Collection[str] | None = None,
) -> Choice | None:
    """The choice that a form tells; None if it tells none. What was not asked stays as it was.

    channels: those that are ticked; None where there was nothing to tick.
    """
    if act == "stop":
        return Choice(held.off, held.pace, stop=True)
    if act != "save" or pace not in PACES:
        return None
    off = {topic for topic in topics if topic not in ticked} | {t for t in held.off if t not in topics}
    asked = held.by if channels is not None else ()
    by = tuple((channel, channel in (channels or ())) for channel, _ in asked)
    switched = tuple(one for one in by if one not in held.by)
    return Choice(tuple(topic for topic in TOPICS if topic in off), pace, by=switched)


def applied(held: Chosen, choice: Choice, now: int) -> Chosen:
    """What holds after the choice. A pause that is saved again ends when it would have ended."""
    until = (held.until or now + PAUSE_MS) if choice.pace == "pause" else 0
    by = tuple({**dict(held.by), **dict(choice.by)}.items())
    return Chosen(held.is_on and not choice.stop, choice.off, choice.pace, until, by, held.beyond)


def view(
    held: Chosen,
    topics: tuple[Topic, ...],
    words: Words,
    *,
    zone: str,
    told: str = "",
    here: bool,
    elsewhere: bool = False,
    has_push: bool = True,
) -> View:
    """told: `saved`, `failed` or ''. zone: the shop's. here: on its page, where it can be turned on if the
    shop has_push. elsewhere: whoever has the address of this mail may be written to in other browsers, though
    not in this.
    """
    if not held.is_on and elsewhere:
        lines = [words["off"], words["off_elsewhere"]]
        return View(words["title"], lines, [], [("stop", words["stop"])], words.lang)
    if not held.is_on:
        off = words["off_all"] if held.beyond else words["off"]
        return View(
            words["title"],
            [off] if here else [off, words["off_about"]],
            [],
            [("on", words["on"])] if here and has_push else [],
            words.lang,
        )
    lines = [words[told]] if told else []
    if held.until:
        ends = datetime.fromtimestamp(held.until / 1000, ZoneInfo(zone))
        day = format_date(ends, "long", locale=locale_of(words.lang))
        lines.append(words["paused"].replace("{date}", day))
    about = [
        (topic, words[f"topic.{topic}"], words[f"topic.{topic}_about"], topic not in held.off)
        for topic in topics
    ]
    often = [(pace, words[pace], "", pace == held.pace) for pace in PACES]
    fields: list[tuple[str, str, str, list[tuple[str, str, str, bool]]]] = [
        (words["often"], "radio", "pace", [*often])
    ]
    if about:
        fields.insert(0, (words["what"], "checkbox", "topic", [*about]))
    if held.beyond:
        ways = [(channel, words[f"channel.{channel}"], "", is_on) for channel, is_on in held.by]
        fields.insert(0, (words["by"], "checkbox", "channel", [*ways]))
    acts = [("save", words["save"]), ("stop", words["stop"])]
    if here and has_push and all(channel != "push" for channel, _ in held.by):
        acts.append(("on", words["on_here"]))
    return View(words["title"], lines, fields, acts, words.lang)
