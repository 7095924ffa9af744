"""`POST /s/{shop}/push`: keep or drop a browser's push subscription."""

from __future__ import annotations

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from heimta.edge.answers import answer, refuse
from heimta.edge.asked import read_asked
from heimta.edge.deps import Edge
from heimta.ingest.commit import Unavailable
from heimta.ingest.entry import Entry
from heimta.model.endpoint import check_endpoint
from heimta.model.event import PushRequest
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
    home = partition_of(shop, wanted.vid, edge.partitions)
    try:
        await edge.commit.append(Entry(home, shop, "push", edge.clock(), asked.body))
    except Unavailable:
        return refuse(503, "unavailable", "come back soon", origin=origin, retry_after_s=5)
    return answer(200, {"ok": 1}, origin=origin)
