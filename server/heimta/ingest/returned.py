"""What a report about a mail (rules/mail/bounces.py), or a mail provider's word, comes to in the log."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from heimta.ingest.entry import Entry
from heimta.ingest.mail_providers import Told
from heimta.model.consent import ConsentNote, Why
from heimta.model.message import DeliveryNote
from heimta.model.person import hub_of
from heimta.rules.mail.addresses import mark_of, spellings
from heimta.rules.mail.bounces import Report
from heimta.store.keys import partition_of

_json = msgspec.json.Encoder().encode


def entries_of(shop: str, report: Report, *, now: int, partitions: int) -> list[Entry]:
    """A copy of a report makes the same notes, and those change nothing the second time."""
    made = []
    for visitor, mark in report.marks:
        home = partition_of(shop, visitor, partitions)
        if report.kind == "dead":
            note = DeliveryNote(visitor, "", "", "gone", "bounce", channel="email", address=mark)
            made.append(Entry(home, shop, "delivery", now, _json(note)))
        elif report.kind == "complaint":
            no = ConsentNote(visitor, "email", False, "complaint")
            made.append(Entry(home, shop, "consent", now, _json(no)))
    return made


def entries_told(shop: str, told: Iterable[Told], *, now: int, partitions: int) -> Iterator[Entry]:
    """A provider names the address alone: so its hub is told, and passes it on (worker/hubs.py). A no is
    dated by when it was said, so that one that is told again takes no later yes back.
    """
    for one in told:
        for address in spellings(one.address):
            hub = hub_of(shop, "email", address)
            home = partition_of(shop, hub, partitions)
            if one.kind == "dead":
                mark = mark_of(shop, address)
                note = DeliveryNote(hub, "", "", "gone", "bounce", channel="email", address=mark)
                yield Entry(home, shop, "delivery", now, _json(note))
                continue
            at = min(one.at, now) if one.at > 0 else now
            why: Why = "complaint" if one.kind == "complaint" else "provider"
            no = ConsentNote(hub, "email", False, why, at=at)
            yield Entry(home, shop, "consent", now, _json(no))
