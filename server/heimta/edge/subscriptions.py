"""`POST /s/{shop}/push`: keep or drop a browser's push subscription, and the proof of what was said to it."""

from __future__ import annotations

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from heimta.edge.answers import answer, refuse
from heimta.edge.asked import has_room, read_asked
from heimta.edge.deps import Edge
from heimta.edge.door import too_much
from heimta.edge.preferences import WHERE
from heimta.edge.shops import KnownShop
from heimta.ingest.commit import Unavailable
from heimta.ingest.entry import Entry
from heimta.model.contents import PushContent
from heimta.model.document import Text
from heimta.model.endpoint import check_endpoint
from heimta.model.event import PushRequest, Said
from heimta.model.preferences import Proof
from heimta.rules.contents.fill import spoken
from heimta.rules.contents.push import words as push_words
from heimta.store import proofs
from heimta.store.keys import partition_of

_request = msgspec.json.Decoder(PushRequest)


async def push(request: Request) -> Response:
    """The endpoint is checked here and again at each send: any visitor can post one."""
    edge: Edge = request.app.state.edge
    shop = request.path_params["shop"]
    origin = request.headers.get("origin", "")
    asked = await read_asked(edge, request, _request, limit=4000, what="subscription")
    if isinstance(asked, Response):
        return asked
    wanted = asked.said
    if wanted.subscription is not None:
        fault_found = check_endpoint(wanted.subscription.endpoint, extra_origins=edge.push_origins)
        if fault_found is not None:
            return refuse(400, "bad_endpoint", fault_found, origin=origin)
    if not has_room(edge, shop, asked.body, is_no=wanted.subscription is None):
        return too_much(edge, shop, edge.clock(), origin)
    home = partition_of(shop, wanted.vid, edge.partitions)
    await _prove(edge, asked.shop, home, wanted)
    try:
        await edge.commit.append(Entry(home, shop, "push", edge.clock(), asked.body))
    except Unavailable:
        return refuse(503, "unavailable", "come back soon", origin=origin, retry_after_s=5)
    return answer(200, {"ok": 1}, origin=origin)


async def _prove(edge: Edge, known: KnownShop, home: int, wanted: PushRequest) -> None:
    """Before it counts: nothing is sent on a yes that nobody can prove. Raises RedisError."""
    what = "no" if wanted.subscription is None else "renewed" if wanted.renew else "yes"
    said, name = wanted.said, ""
    if said is not None:
        name = f"{said.campaign}.{said.version}.{said.arm}.{said.lang}"
        words = _words(known, said)
        if words:
            await proofs.keep_words(edge.redis, known.documents.shop.id, name, words)
    where = said.u.partition("?")[0][:WHERE] if said is not None else ""
    proof = Proof(edge.clock(), what, where, name)
    await proofs.keep(edge.redis, known.documents.shop.id, home, wanted.vid, proof)


def _words(known: KnownShop, said: Said) -> str:
    """What stood on the card; '' where the document has changed since, or never was as the page says."""
    stored = known.documents.campaigns.get(said.campaign)
    campaign = known.documents.campaign(said.campaign)
    if stored is None or campaign is None or stored.version != said.version:
        return ""
    variant = next((one for one in campaign.variants if one.id == said.arm), None)
    languages = known.documents.shop.languages
    if variant is None or not isinstance(variant.content, PushContent) or said.lang not in languages:
        return ""
    shown = push_words(variant.content, spoken(known.documents.shop))
    texts = [shown[field] for field in ("title", "body", "yes")]
    return "\n".join(_in(text, said.lang, languages) for text in texts)


def _in(text: Text, lang: str, languages: tuple[str, ...]) -> str:
    """As the page chooses it (snippet/src/stage/context.ts, say)."""
    if isinstance(text, str):
        return text
    return next((found for one in (lang, *languages) if (found := text.get(one))), "")
