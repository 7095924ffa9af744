"""Are a person's limits ever broken? Made-up shoppers, limits, timezones and nights, against a real store.

A story has persons with several browsers each, which share an e-mail address, a telephone number, or neither
until later; messages of many journeys that come due in heaps; popups in between; tries that fail and come
again; the two nights on which clocks change. All messages that are due at one instant are asked about at the
same time, by several workers over connections of their own, which is harder than any real shop. Time is
made up, Redis is not. Then each send is held against the limits by counting, in a few lines that know nothing
of rules/attention.py, rules/quiet.py or model/person.py. A try that failed may have been seen, so it counts
until the message goes again.

    python -m loadtest.limits [--stories 500] [--seed 1] [--url redis://…]
"""

from __future__ import annotations

import argparse
import asyncio
import heapq
import sys
import tempfile
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

from msgspec import structs

from heimta.journeys.ask import ask, share
from heimta.launch.valkey import embedded
from heimta.model.campaign import Attention
from heimta.model.documents import Push, ShopDoc
from heimta.model.event import Keys, Subscription
from heimta.model.journey import Journey, Send
from heimta.model.message import Message, message_id
from heimta.model.visitor import Enrollment, Identity, VisitorState
from heimta.store.connect import Client, connect
from loadtest.verdict import Verdict, conclude

MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
PARTITIONS = 16
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
STEP = Send("hello", "push", "Hello", max_late_min=60 * 24 * 30)


@dataclass(frozen=True)
class Sent:
    at: int
    browser: str
    message: str


@dataclass
class Story:
    """joins: when a browser tells its address, ms. shown: popups that were seen. broken: what was found."""

    shop: ShopDoc
    states: dict[str, VisitorState]
    joins: dict[str, tuple[int, Identity]] = field(default_factory=dict)
    shown: list[tuple[int, str]] = field(default_factory=list)
    heap: list[tuple[int, int, Message]] = field(default_factory=list)
    sent: list[Sent] = field(default_factory=list)
    deferred: int = 0
    given_up: int = 0
    broken: list[str] = field(default_factory=list)


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
        attention=attention,
    )
    begin = chance.choice(STARTS) + chance.randrange(DAY)
    story = Story(shop, {})
    emails, phones = ["a@x.example", "A@X.example ", "b@x.example"], ["+3545551234", "+3545555678"]
    for number in range(chance.randint(2, 5)):
        name = f"{number}".rjust(22, "v")
        state = VisitorState(
            "limits",
            name,
            subscription=Subscription("https://push.example/x", Keys("k" * 87, "a" * 22)),
            subscribed=(begin - DAY, "yes", 0),
            zone=chance.choice(ZONES),
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
    for number in range(chance.randint(4, 24)):
        browser = chance.choice([*story.states])
        at = chance.choice(heaps) + chance.choice([0, 0, 0, chance.randrange(3 * HOUR)])
        journey = f"j{number}"
        name = message_id("limits", browser, journey, STEP.id, "")
        message = Message(name, "limits", browser, journey, STEP.id, "push", "", at)
        enrollment = Enrollment("", "treated", 1, at, ended="done", messages=[name])
        story.states[browser].enrollments[journey] = enrollment
        heapq.heappush(story.heap, (at, number, message))
    for _ in range(chance.randrange(8)):
        story.shown.append(
            (chance.choice(heaps) - chance.randrange(30 * HOUR), chance.choice([*story.states]))
        )
    story.shown.sort()


async def tell(story: Story, clients: list[Client], chance: Random) -> None:
    """Let time pass from one heap of due messages to the next, until nothing waits."""
    shown = [*story.shown]
    while story.heap:
        now = story.heap[0][0]
        while shown and shown[0][0] <= now:
            at, browser = shown.pop(0)
            story.states[browser].shown = sorted([*story.states[browser].shown, (at, "s" * 11, len(shown))])
            await share(clients[0], story.states[browser], partitions=PARTITIONS, now=now)
        for browser, (at, told) in [*story.joins.items()]:
            if at <= now:
                story.states[browser].identity = told
                await share(clients[0], story.states[browser], partitions=PARTITIONS, now=now)
                del story.joins[browser]
        due = []
        while story.heap and story.heap[0][0] <= now:
            due.append(heapq.heappop(story.heap))
        chance.shuffle(due)
        again_min = {
            number: chance.choice([10, 10, 90, 600])
            for _, number, message in due
            if message.tries < 2 and chance.random() < 0.15
        }
        asked = [
            _one(story, clients[place % len(clients)], number, message, now, again_min.get(number, 0))
            for place, (_, number, message) in enumerate(due)
        ]
        await asyncio.gather(*asked)


async def _one(story: Story, client: Client, number: int, message: Message, now: int, again_min: int) -> None:
    """again_min: when it comes again, because this try fails; 0: it does not fail."""
    journey = Journey(message.journey, "limits", "J", "signed_up", (STEP,), live=True, holdout_pct=0)
    state = story.states[message.visitor]
    answer = await ask(client, state, message, journey, story.shop, partitions=PARTITIONS, now=now)
    verdict = answer.verdict
    if verdict.outcome == "skip":
        story.given_up += 1
        if not verdict.rule.startswith("held too long"):
            story.broken.append(f"{message.journey} skipped by {verdict.rule!r}")
        return
    if verdict.outcome == "defer":
        story.deferred += 1
        later = message.deferred_ms + verdict.until - now
        message = structs.replace(message, deferred_ms=later)
        if verdict.until <= now:
            story.broken.append(f"{message.journey} deferred to the past by {verdict.rule}")
            return
        heapq.heappush(story.heap, (verdict.until, number, message))
    else:
        story.sent = [sent for sent in story.sent if sent.message != message.id]
        story.broken += _against(story, message.visitor, now)
        story.sent.append(Sent(now, message.visitor, message.id))
        if again_min:  # it may or may not have been seen, and comes again
            again = structs.replace(message, tries=message.tries + 1)
            heapq.heappush(story.heap, (now + again_min * MINUTE, number, again))


def _words(state: VisitorState) -> set[str]:
    known = state.identity
    told = [] if known is None else [known.email.strip().lower(), known.phone]
    return {state.visitor, *filter(None, told)}


def _against(story: Story, browser: str, now: int) -> list[str]:
    """What speaks against one more message to this person now, by counting what went out."""
    limits, state = story.shop.attention, story.states[browser]
    mine = _words(state)
    same = {other for other, known in story.states.items() if mine & _words(known)}
    times = [sent.at for sent in story.sent if sent.browser in same]
    seen = [at for at, other in story.shown if other in same and now - DAY < at <= now]
    day = [at for at in times if at > now - DAY]
    faults = []
    if len(day) >= limits.messages_per_day:
        faults.append("more than messages_per_day")
    if len([at for at in times if at > now - 7 * DAY]) >= limits.messages_per_week:
        faults.append("more than messages_per_week")
    if len(day) + len(seen) >= limits.all_per_day:
        faults.append("more than all_per_day")
    if times and now - max(times) < limits.apart_h * HOUR:
        faults.append("closer than apart_h")
    if seen and now - max(seen) < limits.apart_s * 1000:
        faults.append("closer than apart_s to a popup")
    if limits.quiet and _is_night(limits.quiet, state.zone or story.shop.timezone, now):
        faults.append(f"sent at night, {state.zone or story.shop.timezone}")
    return [f"{browser}: {fault}" for fault in faults]


def _is_night(span: str, zone: str, now: int) -> bool:
    wall = datetime.fromtimestamp(now / 1000, UTC).astimezone(ZoneInfo(zone)).strftime("%H:%M")
    begin, end = span.split("-")
    return begin <= wall < end if begin < end else wall >= begin or wall < end


async def run(url: str, chance: Random, *, workers: int = 4) -> Story:
    """One story on a store that may be emptied."""
    clients = [connect(url) for _ in range(workers)]
    try:
        return await run_on(clients, chance)
    finally:
        for client in clients:
            await client.aclose()


async def run_on(clients: list[Client], chance: Random) -> Story:
    await clients[0].flushall()
    story = make(chance)
    await tell(story, clients, chance)
    return story


async def prove(url: str, *, stories: int, seed: int) -> list[Verdict]:
    clients = [connect(url, timeout_s=60) for _ in range(4)]
    sent = deferred = given_up = broken = 0
    for number in range(seed, seed + stories):
        story = await run_on(clients, Random(number))
        for fault in story.broken:
            print(f"story {number}: {fault}", file=sys.stderr)
        sent, deferred = sent + len(story.sent), deferred + story.deferred
        given_up, broken = given_up + story.given_up, broken + len(story.broken)
    for client in clients:
        await client.aclose()
    print(f"{stories} stories: {sent} sent, {deferred} times deferred, {given_up} given up after 7 days")
    return [
        Verdict("limits broken", broken, "<=", 0),
        Verdict("limits sends", sent, ">=", stories),
        Verdict("limits deferrals", deferred, ">=", stories),
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stories", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--url", default="", help="of a store that may be emptied; else one is started")
    asked = parser.parse_args()
    if asked.url:
        return conclude(asyncio.run(prove(asked.url, stories=asked.stories, seed=asked.seed)))
    with tempfile.TemporaryDirectory(prefix="hv") as folder, embedded(Path(folder)) as url:
        return conclude(asyncio.run(prove(url, stories=asked.stories, seed=asked.seed)))


if __name__ == "__main__":
    sys.exit(main())
