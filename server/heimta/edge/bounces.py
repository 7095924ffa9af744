"""`POST /hooks/{shop}/bounces`: a mail that came back, or a complaint, as the mail server got it.

The body is the whole message (RFC 5322), signed like our other hooks. What is no report that a program can
read is taken and changes nothing, so that a mail server may hand over all that its return address gets.
"""

from __future__ import annotations

import asyncio

from starlette.requests import Request
from starlette.responses import Response

from heimta.edge.answers import answer, refuse
from heimta.edge.body import Encoded, TooLarge, read_body
from heimta.edge.deps import Edge
from heimta.edge.offers import unsigned
from heimta.ingest.commit import Unavailable
from heimta.ingest.returned import entries_of
from heimta.rules.mail.bounces import read_report

MAX_REPORT = 256 * 1024  # bytes: a report with all of our mail in it, several times over


async def bounces(request: Request) -> Response:
    """Answers what was found: {"ok": 1, "kind": "dead" | "complaint" | "other"}."""
    edge: Edge = request.app.state.edge
    shop = request.path_params["shop"]
    try:
        body = await read_body(request, limit=MAX_REPORT)
    except Encoded as fault:
        return refuse(415, "encoded", str(fault))
    except TooLarge as fault:
        return refuse(413, "too_large", str(fault))
    known, now = edge.shops.get(shop), edge.clock()
    refused = unsigned(known, request, body, now)
    if refused is not None or known is None:
        return refused or refuse(401, "bad_signature", "no such shop")
    # Parts of parts take a while to read: the shoppers' requests go on meanwhile.
    report = await asyncio.to_thread(read_report, body, shop=shop, key=known.secrets.signing)
    try:
        for entry in entries_of(shop, report, now=now, partitions=edge.partitions):
            await edge.commit.append(entry)
    except Unavailable:
        return refuse(503, "unavailable", "not stored; send it again", retry_after_s=5)
    return answer(200, {"ok": 1, "kind": report.kind})
