"""The made-up shoppers of `make limits`: who they are, what they are in, and when."""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise
from random import Random
from zoneinfo import ZoneInfo

from heimta.model.campaign import Attention
from heimta.model.channel import CHANNELS
from heimta.model.condition import Condition
from heimta.model.documents import Push, ShopDoc
from heimta.model.event import Keys, Subscription
from heimta.model.journey import Branch, Journey, Send, Step, Wait, WaitFor
from heimta.model.message import Message
from heimta.model.providers import Email, Facebook, Hook, Sms
from heimta.model.visitor import ChannelConsent, Enrollment, Identity, VisitorState
from heimta.worker.effects import ShopContext

MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
ZONES = (
    "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Atlantic/Reykjavik", "Asia/Kathmandu",
    "America/St_Johns", "Pacific/Apia", "Africa/Casablanca", "",
)  # fmt: skip
# Shortly before clocks change: Europe, Lord Howe, America; and a plain day.
STARTS = tuple(
    round(datetime.fromisoformat(f"{day}T12:00:00+00:00").timestamp() * 1000)
    for day in ("2026-10-24", "2027-03-27", "2027-04-03", "2026-10-31", "2027-03-13", "2026-07-01")
)
QUIET = ("", "21:00-08:00", "22:30-02:30", "00:00-06:00", "01:30-03:15", "08:00-20:00", "20:00-19:00")
MONTH_MIN = 60 * 24 * 30


@dataclass(frozen=True)
class Sent:
    at: int
    browser: str
    message: str


@dataclass
class Story:
    """joins: when a browser tells its address, ms. shown: popups that were seen. visits: times, by browser.
    heap: what comes next, a message or the timer of a browser. broken: what was found.
    """

    context: ShopContext
    states: dict[str, VisitorState]
    joins: dict[str, tuple[int, Identity]] = field(default_factory=dict)
    shown: list[tuple[int, str]] = field(default_factory=list)
    visits: list[tuple[int, str]] = field(default_factory=list)
    heap: list[tuple[int, int, Message | str]] = field(default_factory=list)
    number: int = 0  # of the newest thing in the heap
    sent: list[Sent] = field(default_factory=list)
    channels: set[str] = field(default_factory=set)
    deferred: int = 0
    given_up: int = 0
    broken: list[str] = field(default_factory=list)

    def comes(self, at: int, what: Message | str) -> None:
        self.number += 1
        heapq.heappush(self.heap, (at, self.number, what))


def make(chance: Random) -> Story:
    attention = Attention(
        messages_per_day=chance.randint(1, 4),
        messages_per_week=chance.randint(2, 9),
        apart_h=chance.choice([0, 0.5, 1, 6, 24]),
        all_per_day=chance.randint(2, 7),
        quiet=chance.choice(QUIET),
    )
    shop = ShopDoc(
        id="limits",
        name="Limits",
        origins=("https://shop.example",),
        currency="EUR",
        timezone="Europe/Berlin",
        push=Push(subject="mailto:a@shop.example"),
        email=Email(sender="Limits <hello@shop.example>", host="mail.example"),
        sms=Sms(account="AC1", sender="+4915100000000", country="IS"),
        facebook=Facebook(page="12345678"),
        hook=Hook(url="https://shop.example/hook"),
        attention=attention,
    )
    begin = chance.choice(STARTS) + chance.randrange(DAY)
    story = Story(ShopContext(shop, {}, {}), {})
    emails, phones = ["a@post.example", "A@Post.example", "b@post.example"], ["+3546112345", "+3546115678"]
    for number in range(chance.randint(2, 5)):
        name = f"{number}".rjust(22, "v")
        state = VisitorState(
            "limits",
            name,
            subscription=Subscription("https://push.example/x", Keys("k" * 87, "a" * 22)),
            subscribed=(begin - DAY, "yes", 0),
            zone=chance.choice(ZONES),
            marketing=True,
            consented=(begin - DAY, "yes", 0),
            consents={channel: ChannelConsent(yes=(begin - DAY, "yes", 0)) for channel in CHANNELS},
            psid=chance.choice(["", "psid-1"]),
            heard=(begin + chance.randrange(2 * DAY), "", 0),
        )
        told = Identity(email=chance.choice(["", *emails]), phone=chance.choice(["", *phones]))
        if chance.random() < 0.5:
            story.joins[name] = (begin + chance.randrange(3 * DAY), told)
        else:
            state.identity = told
        story.states[name] = state
    _fill(chance, story, begin)
    return story


def _clock_change(zone: str, begin: int) -> int:
    """When clocks there are changed next, within four days; else 0."""
    there = ZoneInfo(zone or "Europe/Berlin")
    offsets = [
        (at, datetime.fromtimestamp(at / 1000, UTC).astimezone(there).utcoffset())
        for at in range(begin - begin % (15 * MINUTE), begin + 4 * DAY, 15 * MINUTE)
    ]
    return next((at for (_, was), (at, now) in pairwise(offsets) if was != now), 0)


def _fill(chance: Random, story: Story, begin: int) -> None:
    heaps = [begin + chance.randrange(4 * DAY) for _ in range(chance.randint(1, 6))]
    # The hour that comes twice, and the one that is left out, in somebody's zone.
    changes = {_clock_change(state.zone, begin) for state in story.states.values()} - {0}
    heaps += [at + chance.randrange(-75, 75) * MINUTE for at in sorted(changes) for _ in range(2)]
    for number in range(chance.randint(3, 14)):
        browser = chance.choice([*story.states])
        at = chance.choice(heaps) + chance.choice([0, 0, 0, chance.randrange(3 * HOUR)])
        name = f"j{number}"
        journey = Journey(name, "limits", name, "signed_up", _steps(chance), live=True, holdout_pct=0)
        story.context.journeys[name] = (journey, 1)
        story.states[browser].enrollments[name] = Enrollment("", "treated", 1, at, due_at=at)
        story.comes(at, browser)
    story.visits = sorted(
        (chance.choice(heaps) + chance.randrange(DAY), chance.choice([*story.states]))
        for _ in range(chance.randrange(6))
    )
    for _ in range(chance.randrange(8)):
        story.shown.append(
            (chance.choice(heaps) - chance.randrange(30 * HOUR), chance.choice([*story.states]))
        )
    story.shown.sort()


def _steps(chance: Random) -> tuple[Step, ...]:
    """A journey of one to four messages, with ways that part in between."""

    def send(name: str) -> Send:
        return Send(name, chance.choice(CHANNELS), "Hello", max_late_min=MONTH_MIN)

    steps: list[Step] = [send("s0")]
    for number in range(1, chance.randint(1, 4)):
        minutes = chance.choice([1, 10, 120, 600, 1440])
        ways = {"then": (send(f"t{number}"),), "otherwise": (send(f"o{number}"),)}
        match chance.randrange(4):
            case 0:
                steps += [Wait(f"w{number}", minutes), send(f"s{number}")]
            case 1:
                steps += [Wait(f"w{number}", minutes, since="start"), send(f"s{number}")]
            case 2:
                steps.append(WaitFor(f"f{number}", Condition(came_back=True), minutes, **ways))
            case _:  # two messages at once
                steps.append(Branch(f"b{number}", Condition(known=("email",)), **ways))
    return tuple(steps)
