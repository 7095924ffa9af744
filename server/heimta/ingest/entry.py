"""What a log entry is: its kind and its bytes. The log holds nothing else."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from heimta.model.consent import ConsentNote
from heimta.model.product import ProductNote
from heimta.model.visitor import Preferences

# batch: a browser's batch, as received · order: OrderHook · push: PushRequest · claim: ClaimNote ·
# preferences: PreferencesNote · delivery: DeliveryNote · relay: Relayed, a fact from another partition ·
# consent: ConsentNote · messenger: MessengerNote · product: ProductNote · fulfilment: FulfilmentNote ·
# answer: AnswerNote
Kind = Literal[
    "batch", "order", "push", "claim", "preferences", "delivery", "relay", "consent", "messenger", "product",
    "fulfilment", "answer",
]  # fmt: skip


class Entry(Struct, frozen=True):
    """One accepted fact on its way into the log. data is stored as received, never encoded again."""

    partition: int
    shop: str
    kind: Kind
    received: int  # server clock, ms
    data: bytes
    agent: bytes = b""  # User-Agent, read by the worker


class ClaimNote(Struct, frozen=True):
    vid: str
    campaign: str
    code: str
    expires_at: int


class MessengerNote(Struct, frozen=True):
    """Somebody did something at Messenger whom a link of ours had named before. at: by Meta's clock, ms.

    psid: who they are to the shop's page. since: when they last came through the link; 0: just then.
    """

    vid: str
    psid: str
    at: int
    since: int = 0


class AnswerNote(Struct, frozen=True):
    """One question of a survey, answered on the page that a message leads to. at: by the edge's clock, ms.

    value, choices, text, step, done: as SurveyAnswered has them.
    """

    vid: str
    campaign: str
    question: str
    at: int
    value: int | None = None
    choices: tuple[str, ...] = ()
    text: str = ""
    step: int = 1
    done: bool = True


class RelayNote(Struct, frozen=True, tag="order"):
    """From one visitor's partition to another's: `other` restored `vid`'s cart and ordered."""

    vid: str
    other: str
    order: str
    minor: int
    currency: str
    at: int
    changed_at: int = 0


class JoinNote(Struct, frozen=True, tag="join"):
    """To a hub (model/person.py): the browser `member` told its word, or another one since (over). day: since
    the epoch, on which it told the word last. new: as far as the browser knows it never did before, though
    the hub may remember it from before a long silence. first: when it was told there first, ms; 0: nobody
    knows, or no browser did (a guest's order).
    """

    vid: str
    member: str
    day: int
    over: bool = False
    new: bool = False
    first: int = 0


class SignedOrder(Struct, frozen=True):
    """What the shop signed of an order. mark: of its id. minor: its sum in the currency's units. at: ms.
    changed_at: as the shop tells it (model/event.py).
    """

    mark: str
    minor: int
    currency: str
    at: int
    changed_at: int = 0


class BoughtNote(Struct, frozen=True, tag="bought"):
    """To a hub and on to its members: the person ordered. `other`: the browser that did, where one did.

    hub: whose word says that it is the same person. at: what was begun before it is not gone on with, ms.
    placed: only where the order itself has that word.
    """

    vid: str
    hub: str
    other: str
    at: int
    placed: SignedOrder | None = None


class PassedNote(Struct, frozen=True, tag="passed"):
    """To a hub and on to its members: what the person said to a channel, or a stop of everything, ms; or the
    mark of the hub's own e-mail address, which is dead; or what they chose to be told of: in the browser
    `by`, or, where that is a hub, behind the link in a message to its address, so it was nobody else. seen: a
    day since the epoch on which the browser `by` was there.
    """

    vid: str
    hub: str
    consent: ConsentNote | None = None
    stopped: int = 0
    dead: str = ""
    chosen: Preferences | None = None
    seen: int = 0
    by: str = ""


# What travels from one partition to another. Releases before 0.5 wrote RelayNotes alone, without `type`.
Relayed = RelayNote | JoinNote | BoughtNote | PassedNote | ProductNote
