"""What a shopper wants to be told of, and how often; and the proof of what they said.

Chosen in the shop (widgets/src/preferences.ts) or by the signed link in each message (edge/preferences.py);
kept in the visitor's state, asked before each send (journeys/wanted.py).
"""

from __future__ import annotations

from typing import Annotated, Literal, get_args

from msgspec import Meta, Struct

from heimta.model.channel import CHANNELS, Channel
from heimta.model.event import TimeMs, Url
from heimta.model.ids import Visitor

DAY_MS = 24 * 3_600_000
LESS_MS = 7 * DAY_MS  # `less`: at most one message in so long
PAUSE_MS = 30 * DAY_MS

# What a journey's messages are about (Journey.topic). A shopper is asked only about those of live journeys.
Topic = Literal["cart", "offers", "stock", "news"]
TOPICS: tuple[Topic, ...] = get_args(Topic)
Pace = Literal["normal", "less", "pause"]


class Choice(Struct, frozen=True):
    """All that the preference centre asks. stop: nothing at all any more, and the subscription is dropped.

    by: channels that were switched, and whether on.
    """

    off: tuple[Topic, ...] = ()
    pace: Pace = "normal"
    stop: bool = False
    by: tuple[tuple[Channel, bool], ...] = ()

    @property
    def asks_less(self) -> bool:
        """Whether there is a no in it."""
        is_less = self.stop or bool(self.off) or self.pace != "normal"
        return is_less or any(not is_on for _, is_on in self.by)


class PreferencesRequest(Struct, frozen=True):
    """Body of `POST /s/{shop}/preferences`: what its form holds. Without `act` it asks what is chosen.

    act: `on` says that a yes was told just now (PushRequest); it changes nothing by itself.
    topic: those that stay on. channel: the same; None where it was not asked. lang: of the words in the
    answer. u: path of the page, for the proof.
    """

    vid: Visitor
    act: Literal["", "save", "stop", "on"] = ""
    topic: Annotated[tuple[Topic, ...], Meta(max_length=len(TOPICS))] = ()
    channel: Annotated[tuple[Channel, ...], Meta(max_length=len(CHANNELS))] | None = None
    pace: Pace | Literal[""] = ""
    lang: Annotated[str, Meta(max_length=35)] = ""
    u: Url = ""


class PreferencesNote(Struct, frozen=True):
    """A choice on its way into the log. until: the end of a pause, ms; 0 for none. A stop changes nothing
    else, whatever stands beside it.
    """

    vid: str
    off: tuple[Topic, ...]
    pace: Literal["normal", "less"]
    until: TimeMs
    stop: bool


class Proof(Struct, frozen=True):
    """What a shopper said, as a court would ask: when (server clock, ms), what, where, to which words.

    what: yes, renewed, no, stop, `no sms`, or the choice in short: `less -offers`. where: a path of the shop,
    `link`, or how it was heard (model/consent.py). text: the words they had before them, or their name:
    `<campaign>.<version>.<arm>.<language>`, `preferences-2.de`.
    """

    at: int
    what: str
    where: str
    text: str
