"""What a report about a mail (rules/mail/bounces.py) comes to in the log."""

from __future__ import annotations

import msgspec

from heimta.ingest.entry import Entry
from heimta.model.consent import ConsentNote
from heimta.model.message import DeliveryNote
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
