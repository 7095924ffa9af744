"""Are a person's limits ever broken? Made-up shoppers, limits, timezones and nights, against a real store.

A story has persons with several browsers each, which share an e-mail address, a telephone number, or neither
until later; random journeys over all channels, with waits and ways that part, whose messages come due in
heaps; popups in between; tries that fail and come again; the two nights on which clocks change. All messages
that are due at one instant are asked about at the same time, by several workers over connections of their
own, which is harder than any real shop. Time is made up, Redis is not. Then each send is held against the
limits by counting, in a few lines that know nothing of rules/attention.py, rules/quiet.py or model/person.py;
and no journey may go on while a message of it waits. A try that failed may have been seen, so it counts until
the message goes again.

    python -m loadtest.limits [--stories 500] [--seed 1] [--url redis://…]
"""

from __future__ import annotations

import argparse
import asyncio
import heapq
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

from msgspec import structs

from heimta.journeys.ask import ask, share
from heimta.launch.valkey import embedded
from heimta.model.channel import CHANNELS
from heimta.model.message import Message
from heimta.model.visitor import VisitorState
from heimta.store.connect import Client, connect
from heimta.worker.effects import Effects
from heimta.worker.timers import fire, next_due
from loadtest.limits_story import DAY, HOUR, MINUTE, Sent, Story, make
from loadtest.verdict import Verdict, conclude

PARTITIONS = 16
MOST = 20_000  # things that come in a story; one that does not end has more


async def tell(story: Story, clients: list[Client], chance: Random) -> None:
    """Let time pass from one heap of what is due to the next, until nothing waits."""
    shown = [*story.shown]
    while story.heap and story.number < MOST:
        now = story.heap[0][0]
        while shown and shown[0][0] <= now:
            at, browser = shown.pop(0)
            story.states[browser].shown = sorted([*story.states[browser].shown, (at, "s" * 11, len(shown))])
            await share(clients[0], story.states[browser], partitions=PARTITIONS, now=now)
        while story.visits and story.visits[0][0] <= now:
            at, browser = story.visits.pop(0)
            story.states[browser].last_at = story.states[browser].visit_at = at
        for browser, (at, told) in [*story.joins.items()]:
            if at <= now:
                story.states[browser].identity = told
                await share(clients[0], story.states[browser], partitions=PARTITIONS, now=now)
                del story.joins[browser]
        due, touched = _due(story, now)
        chance.shuffle(due)
        asked = []
        for place, message in enumerate(due):
            fails = message.tries < 2 and chance.random() < 0.15
            again_min = chance.choice([10, 10, 90, 600]) if fails else 0
            asked.append(_one(story, clients[place % len(clients)], message, now, again_min))
        await asyncio.gather(*asked)
        for browser in touched | {message.visitor for message in due}:
            state = story.states[browser]
            state.next_due = next_due(state, story.context)
            if state.next_due:
                story.comes(max(now, state.next_due), browser)
    if story.heap:
        story.broken.append("it does not end")


def _due(story: Story, now: int) -> tuple[list[Message], set[str]]:
    """The messages whose time has come, with those that timers decide on now; and whose timers these were."""
    due, touched = [], set()
    while story.heap and story.heap[0][0] <= now:
        what = heapq.heappop(story.heap)[2]
        if isinstance(what, Message):
            due.append(what)
        elif 0 < next_due(story.states[what], story.context) <= now and what not in touched:
            touched.add(what)
            pending = _pending(story.states[what])
            effects = Effects()
            fire(story.states[what], context=story.context, effects=effects, now=now)
            due += effects.messages
            held = {message.journey for message in effects.messages} & pending
            story.broken += [f"{name} of {what} went on while its message waited" for name in held]
    return due, touched


def _pending(state: VisitorState) -> set[str]:
    """The journeys that have a message on its way."""
    return {decided.journey for decided in state.deliveries.values() if not decided.outcome}


async def _one(story: Story, client: Client, message: Message, now: int, again_min: int) -> None:
    """again_min: when it comes again, because this try fails; 0: it does not fail."""
    journey, version = story.context.journeys[message.journey]
    state = story.states[message.visitor]
    shop = story.context.shop
    answer = await ask(client, state, message, journey, shop, partitions=PARTITIONS, version=version, now=now)
    verdict = answer.verdict
    if verdict.outcome == "skip":
        story.given_up += 1
        if not verdict.rule.startswith("held too long") and _is_reachable(state, message, now):
            story.broken.append(f"{message.journey} skipped by {verdict.rule!r}")
        state.deliveries[message.id].outcome, state.deliveries[message.id].at = "skipped", now
    elif verdict.outcome == "defer":
        story.deferred += 1
        later = message.deferred_ms + verdict.until - now
        message = structs.replace(message, deferred_ms=later)
        if verdict.until <= now:
            story.broken.append(f"{message.journey} deferred to the past by {verdict.rule}")
            return
        story.comes(verdict.until, message)
    else:
        story.sent = [sent for sent in story.sent if sent.message != message.id]
        story.broken += _against(story, message.visitor, now)
        story.sent.append(Sent(now, message.visitor, message.id))
        story.channels.add(message.channel)
        if again_min:  # it may or may not have been seen, and comes again
            story.comes(now + again_min * MINUTE, structs.replace(message, tries=message.tries + 1))
        else:
            state.deliveries[message.id].outcome, state.deliveries[message.id].at = "sent", now


def _is_reachable(state: VisitorState, message: Message, now: int) -> bool:
    """Whether nothing but limits can stand in its way."""
    known = state.identity
    match message.channel:
        case "email":
            return known is not None and known.email != ""
        case "sms":
            return known is not None and known.phone != ""
        case "messenger":
            return state.psid != "" and now - state.heard[0] < DAY
    return True


def _words(state: VisitorState) -> set[str]:
    known = state.identity
    told = [] if known is None else [known.email.strip().lower(), known.phone]
    return {state.visitor, *filter(None, told)}


def _against(story: Story, browser: str, now: int) -> list[str]:
    """What speaks against one more message to this person now, by counting what went out."""
    limits, state = story.context.shop.attention, story.states[browser]
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
    if limits.quiet and _is_night(limits.quiet, state.zone or story.context.shop.timezone, now):
        faults.append(f"sent at night, {state.zone or story.context.shop.timezone}")
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
    channels: set[str] = set()
    for number in range(seed, seed + stories):
        story = await run_on(clients, Random(number))
        for fault in story.broken:
            print(f"story {number}: {fault}", file=sys.stderr)
        sent, deferred = sent + len(story.sent), deferred + story.deferred
        channels |= story.channels
        given_up, broken = given_up + story.given_up, broken + len(story.broken)
    for client in clients:
        await client.aclose()
    print(f"{stories} stories: {sent} sent, {deferred} times deferred, {given_up} given up after 7 days")
    return [
        Verdict("limits broken", broken, "<=", 0),
        Verdict("limits sends", sent, ">=", stories),
        Verdict("limits deferrals", deferred, ">=", stories),
        Verdict("limits channels", len(channels), ">=", len(CHANNELS)),
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
