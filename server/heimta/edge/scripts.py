"""Serve the snippet and the widgets."""

from __future__ import annotations

import brotli
from starlette.requests import Request
from starlette.responses import Response

from heimta.edge.answers import refuse
from heimta.edge.deps import Edge

JS = "text/javascript; charset=utf-8"
# Any page may load them; Access-Control-Allow-Origin lets SRI be checked.
PUBLIC = {
    "Access-Control-Allow-Origin": "*",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "cross-origin",
}
SHORT = "public, max-age=60, stale-while-revalidate=86400"
FOREVER = "public, max-age=31536000, immutable"


def _edge(request: Request) -> Edge:
    edge: Edge = request.app.state.edge
    return edge


async def snippet(request: Request) -> Response:
    """`GET /s/{shop}.js`"""
    shop = request.path_params["shop"]
    known = _edge(request).shops.get(shop)
    if known is None:
        return refuse(404, "unknown_shop", f"there is no shop {shop!r} here", origin="*")
    made = known.snippet
    headers = {**PUBLIC, "Cache-Control": SHORT, "ETag": made.etag, "Vary": "Accept-Encoding"}
    if made.etag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    wanted = request.headers.get("accept-encoding", "")
    if "br" in wanted:
        return Response(made.br, 200, {**headers, "Content-Encoding": "br"}, JS)
    if "gzip" in wanted:
        return Response(made.gzip, 200, {**headers, "Content-Encoding": "gzip"}, JS)
    return Response(made.plain, 200, headers, JS)


async def widget(request: Request) -> Response:
    """`GET /w/{file}`: immutable, named by its content; `sw.js` is for merchants to copy."""
    bundles, file = _edge(request).bundles, request.path_params["file"]
    if file == "sw.js":
        return Response(bundles.code("sw"), 200, {**PUBLIC, "Cache-Control": "no-cache"}, JS)
    source_map = bundles.source_map(file)
    if source_map is not None:
        return Response(source_map, 200, {**PUBLIC, "Cache-Control": FOREVER}, "application/json")
    code = bundles.by_file.get(file)
    if code is None:
        return refuse(404, "unknown_file", f"there is no {file!r}; the page may be older than the edge")
    headers = {**PUBLIC, "Cache-Control": FOREVER, "Vary": "Accept-Encoding"}
    if "br" in request.headers.get("accept-encoding", ""):
        return Response(brotli.compress(code), 200, {**headers, "Content-Encoding": "br"}, JS)
    return Response(code, 200, headers, JS)
