"""`make stops`: unsubscribing by every way, while the messages fall due; EACH=5 makes it shorter.

A real edge hears it, a real worker folds and sends, a real Valkey keeps it; push service, mail server, SMS
gateway and Meta are stubs that write down what came, and when. Half of a person's first messages are due
before their no, half after it. When every browser of theirs knows the no, each leaves another cart: nothing
of that may come by the channels that are off, and everything by the others. Those whose links were only
looked at get all.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import sys
import time
from contextlib import AsyncExitStack

import aiohttp
import msgspec
from msgspec import Struct

from heimta.model.visitor import VisitorState
from heimta.rules.consented import consented
from heimta.store import secrets
from heimta.store.connect import Client
from heimta.store.log import Log
from loadtest.chaos.check import states
from loadtest.chaos.system import System
from loadtest.sending.ground import CHANNELS, SHOP, Shopper, everywhere
from loadtest.sending.place import opened, until_nothing_is_left
from loadtest.sending.receivers import Receivers
from loadtest.stops.crowd import BROWSERS, WAIT, WAVES, Person, leave_again, leave_carts, persons
from loadtest.stops.ways import APP_SECRET, WAYS, Shop
from loadtest.verdict import Verdict, conclude

WHOLE = 60  # of each way
PARTITIONS = 8
AHEAD_S = 2.0  # facts are written so long before the first says no,
WRITE_S = 0.02  # and so long they take a person
PER_S = 10.0  # who say no in a second, about: their eighty messages go out as they fall due
BAR_S = 60.0
LAST_S = 600.0  # in which all of it has to end; no bar
LOOK_S = 0.05

_state = msgspec.msgpack.Decoder(VisitorState).decode


class Outcome(Struct):
    """known_s: from the answer until every browser of the person knew it, the longest of a way. last_s: from
    the answer to the last message that still came. after: messages of carts left when it was known. missed:
    messages that should have come and did not. by_look: those of them whose links were only looked at.
    """

    people: int = 0
    known_s: dict[str, float] = {}
    last_s: dict[str, float] = {}
    after: int = 0
    missed: int = 0
    by_look: int = 0
    in_time: int = 0  # messages that the no came too late for

    @property
    def worst_known_s(self) -> float:
        return max(self.known_s.values(), default=BAR_S * 2)

    @property
    def worst_last_s(self) -> float:
        return max(self.last_s.values(), default=0.0)


async def stops(seed: int, each: int) -> Outcome:
    async with AsyncExitStack() as stack:
        home = await stack.enter_async_context(opened(seed, [everywhere(WAIT)], PARTITIONS, latency_ms=0))
        await secrets.set_provider(home.redis, SHOP, "facebook_app", APP_SECRET)
        system = System(home.folder, home.url, PARTITIONS, home.at.origin)
        stack.push_async_callback(system.stop)
        edge = system.add("edge")
        system.add("worker", HEIMTA_OUTSIDE_ORIGINS=home.at.origin)
        await system.start()
        http = await stack.enter_async_context(aiohttp.ClientSession())
        return await _play(home.redis, home.at, Shop(http, edge.url), random.Random(seed), each)


async def _play(redis: Client, at: Receivers, shop: Shop, dice: random.Random, each: int) -> Outcome:
    log, count = Log(redis), each * len(WAYS)
    begin = time.time() + AHEAD_S + count * WRITE_S
    people = persons(dice, list(WAYS), each, begin=begin, span_s=count / PER_S)
    await log.append(await leave_carts(redis, at, dice, people, PARTITIONS))
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(_until_known(redis, people))
        for person in people:
            tasks.create_task(_say_no(shop, person))
    await until_nothing_is_left(redis, PARTITIONS, patience_s=LAST_S)
    before = {id(person): _received(at, person) for person in people}
    await log.append(leave_again(people, PARTITIONS, now=round(time.time() * 1000)))
    await until_nothing_is_left(redis, PARTITIONS, patience_s=LAST_S)
    return _judge(people, at, before)


async def _say_no(shop: Shop, person: Person) -> None:
    """At their moment."""
    say, _ = WAYS[person.way]
    await asyncio.sleep(max(0.0, person.says_at - time.time()))
    await say(shop, person, int(time.time()))
    person.acked = time.time()


async def _until_known(redis: Client, people: list[Person]) -> None:
    """Until each browser of everyone who said no knows it. One looks for all of them: looks of each for
    themselves would take more of the machine than what is measured. Raises TimeoutError.
    """
    waiting = people
    async with asyncio.timeout(LAST_S):
        while waiting:
            asked = [person for person in waiting if person.acked]
            names = {browser.visitor for person in asked for browser in person.browsers}
            raw = await states(redis, SHOP, names, PARTITIONS)
            for person in asked:
                _, off = WAYS[person.way]
                known = [_state(raw[one.visitor]) for one in person.browsers if one.visitor in raw]
                refusals = [consented(state, channel) for state in known for channel in off]
                if len(known) == BROWSERS and all(refusals):
                    person.known = time.time()
            waiting = [person for person in waiting if not person.known]
            await asyncio.sleep(LOOK_S)


def _received(at: Receivers, person: Person) -> dict[str, int]:
    of = Shopper(person.browsers[0].number, "")
    return {channel: len(at.receipts[channel][of.address(channel)]) for channel in CHANNELS}


def _judge(people: list[Person], at: Receivers, before: dict[int, dict[str, int]]) -> Outcome:
    told = Outcome(len(people))
    for person in people:
        _, off = WAYS[person.way]
        first, all_of = before[id(person)], _received(at, person)
        is_looked = not off
        if not is_looked:
            told.known_s[person.way] = max(told.known_s.get(person.way, 0.0), person.known - person.acked)
            told.last_s[person.way] = max([told.last_s.get(person.way, 0.0), *person.late(at, off)])
        for channel in CHANNELS:
            if channel in off:
                told.after += all_of[channel] - first[channel]
                told.in_time += first[channel]
                continue
            lacking = abs(BROWSERS * WAVES - all_of[channel])
            told.missed += 0 if is_looked else lacking
            told.by_look += lacking if is_looked else 0
    return told


def verdicts(told: Outcome, people: int) -> list[Verdict]:
    """A no that always comes first stops nothing that is under way: of two messages a person that are due
    before it, a quarter has to be sent before it.
    """
    return [
        Verdict("stops-people", told.people, ">=", people),
        Verdict("stops-messages-before-the-no", told.in_time, ">=", people / 2),
        Verdict("stops-known-in-every-browser", told.worst_known_s, "<=", BAR_S, "s"),
        Verdict("stops-last-message-after-it", told.worst_last_s, "<=", BAR_S, "s"),
        Verdict("stops-messages-of-later-carts", told.after, "<=", 0),
        Verdict("stops-other-channels-lacking", told.missed, "<=", 0),
        Verdict("stops-lacking-where-a-link-was-looked-at", told.by_look, "<=", 0),
    ]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m loadtest.stops", description=__doc__)
    parser.add_argument("--each", type=int, default=int(os.environ.get("EACH", WHOLE)))
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    told = asyncio.run(stops(asked.seed, asked.each))
    print(f"{told.people:,} persons with {BROWSERS} browsers; {told.in_time:,} messages left before their no")
    for way, known_s in told.known_s.items():
        last_s = told.last_s[way]
        print(f"{way:15} known everywhere after {known_s:6.3f} s, last message {last_s:6.3f} s after it")
    return conclude(verdicts(told, asked.each * len(WAYS)))


if __name__ == "__main__":
    sys.exit(main())
