"""Realistic batches for the log, made fast: four events of one page each, 735 bytes in all.

Visitors come in waves, as in life: 20,000 are there at a time, each sends VISITS batches and is gone. So a
log of any length has states of the same size. What a visitor sends follows from its number and the visit's.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from heimta.ingest.entry import Entry
from heimta.store import keys
from heimta.store.connect import Client
from heimta.store.log import Log

SHOP = "bench"
PARTITIONS = 16
EVENTS = 4  # a batch
PRESENT = 20_000  # visitors at a time
VISITS = 10  # batches a visitor
GROUP = 256  # entries an append, as the edge's group commit has
AGENT = (
    b"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 "
    b"Safari/537.36"
)
_BATCH = (
    b'{"v":1,"vid":"v%021d","sid":"i%010d","src":"s%010d","sent":%d,"lang":"en","ev":['
    b'{"n":%d,"t":"page_viewed","at":%d,"u":"/hats?page=%d","p":{"ref":"www.google.com/","width":1440}},'
    b'{"n":%d,"t":"product_viewed","at":%d,"u":"/hats/%d","p":{"sku":"hat-%d","name":"Woollen hat",'
    b'"unit_minor":2500}},{"n":%d,"t":"cart_updated","at":%d,"u":"/hats/%d","p":{"cart":{"id":"c%010d",'
    b'"currency":"EUR","exponent":2,"total_minor":%d,"lines":[{"sku":"hat-%d","name":"Woollen hat",'
    b'"qty":%d,"unit_minor":2500},'
    b'{"sku":"scarf-7","name":"Scarf of lambswool","qty":1,"unit_minor":4900}]}}},'
    b'{"n":%d,"t":"exit_intended","at":%d,"u":"/hats/%d","p":{"device":"pointer","score":0.7}}]}'
)


def visitor_id(number: int) -> str:
    return f"v{number:021d}"


def ids(number: int) -> tuple[str, ...]:
    """All names that a visitor's batches have: their own, the session's, the page load's and the cart's."""
    return visitor_id(number), f"i{number:010d}", f"s{number:010d}", f"c{number:010d}"


def batch(number: int, visit: int, sent: int) -> Entry:
    """The visitor's batch of one visit to a page; sent and received at once, ms."""
    hat, qty, n = (number + visit) % 40, visit % 3 + 1, visit * EVENTS
    head = (number, number, number, sent)
    page, product = (n, sent - 4000, visit), (n + 1, sent - 3000, hat, hat)
    cart = (n + 2, sent - 2000, hat, number, 4900 + 2500 * qty, hat, qty)
    data = _BATCH % (*head, *page, *product, *cart, n + 3, sent - 1000, hat)
    return Entry(keys.partition_of(SHOP, visitor_id(number), PARTITIONS), SHOP, "batch", sent, data, AGENT)


def waves(count: int, start: int) -> Iterator[Entry]:
    """`count` batches, wave after wave, a visitor's visits a second apart. start: of the first, ms.

    A short log has smaller waves, ten at least, so that all its tenths are alike.
    """
    present = max(1, min(PRESENT, count // (10 * VISITS)))
    for place in range(count):
        number, visit = in_wave(place, present)
        yield batch(number, visit, start + visit * 1000)


def in_wave(place: int, present: int) -> tuple[int, int]:
    """Whose batch comes at that place, and which visit of theirs it tells of."""
    wave, within = divmod(place, present * VISITS)
    visit, who = divmod(within, present)
    return wave * present + who, visit


def each_once(first: int, count: int, sent: int) -> Iterator[Entry]:
    """One batch of each of `count` visitors, all sent at the same instant."""
    for number in range(first, first + count):
        yield batch(number, 0, sent)


async def fill(redis: Client, entries: Iterator[Entry]) -> None:
    log = Log(redis)
    while group := list(islice(entries, GROUP)):
        await log.append(group)
