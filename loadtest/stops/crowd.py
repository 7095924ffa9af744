"""Persons with two browsers each, whose messages fall due around the moment of their no, and again after it.

Both browsers told the shop the same address, number and customer id and came to the shop's page at Messenger,
each left a cart, and each is sent it by push, e-mail, SMS and Messenger.
"""

from __future__ import annotations

import random

from msgspec import Struct

from heimta.ingest.entry import Entry
from heimta.model.channel import Channel
from heimta.model.journey import Wait
from heimta.store import psids
from heimta.store.connect import Client
from loadtest.sending.ground import IDLE_MIN, SHOP, Props, Shopper, batch, cart, entry, facts, shoppers
from loadtest.sending.receivers import Receivers

BROWSERS = 2
WAVES = 2
WAIT = Wait("wait", 10.0)
AROUND_S = 1.0  # the first messages are due so long before or after the no
DUE_MS = round((IDLE_MIN + WAIT.minutes) * 60_000)  # after the cart was left


class Person(Struct):
    """says_at, acked: seconds of time.time(); when they say no, and when that was answered 200; 0: not yet.
    known: when each of their browsers knew it.
    """

    way: str
    browsers: list[Shopper]
    says_at: float
    acked: float = 0.0
    known: float = 0.0

    @property
    def number(self) -> str:
        return self.browsers[0].address("sms")

    def late(self, at: Receivers, channels: tuple[Channel, ...]) -> list[float]:
        """Seconds from the answer to each message that came after it."""
        [name] = {one.number for one in self.browsers}
        of = Shopper(name, "")
        found = [receipt.at for channel in channels for receipt in at.receipts[channel][of.address(channel)]]
        return [one - self.acked for one in found if one > self.acked]


def persons(dice: random.Random, ways: list[str], each: int, *, begin: float, span_s: float) -> list[Person]:
    """`each` of every way, who say no at random moments of span_s seconds from begin on."""
    made = []
    for number, way in enumerate(way for _ in range(each) for way in ways):
        browsers = [shoppers(dice, number, 1)[0] for _ in range(BROWSERS)]
        made.append(Person(way, browsers, begin + dice.uniform(0, span_s)))
    return made


async def leave_carts(
    redis: Client, at: Receivers, dice: random.Random, people: list[Person], partitions: int
) -> list[Entry]:
    """The first cart of each browser, and all that makes it reachable."""
    entries = []
    for person in people:
        for browser in person.browsers:
            due = person.says_at + dice.uniform(-AROUND_S, AROUND_S)
            left_at = round(due * 1000) - DUE_MS
            entries += facts(browser, at, partitions, left_at=left_at)
            psid = browser.address("messenger")
            await psids.link(redis, SHOP, psid, browser.visitor, partitions, at=left_at)
    return entries


def leave_again(people: list[Person], partitions: int, *, now: int) -> list[Entry]:
    """Another cart of each browser, whose messages are due at once. now: ms."""
    entries = []
    for person in people:
        for browser in person.browsers:
            vid, left_at = browser.visitor, now - DUE_MS
            left: Props = {"cart": cart(vid[11:], "Cap")}
            told = batch(vid, {"cart_updated": left}, source=vid[3:14], at=left_at)
            entries.append(entry("batch", told, partitions, at=left_at))
    return entries
