"""Serve the snippet and the widgets."""

from __future__ import annotations

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
ASKED = "heimta.asked"  # in the scope: the address as it was asked for, when it was a shop's own path
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
    name = str(request.scope.get(ASKED, request.url.path)).rpartition("/")[2]
    headers = {
        **PUBLIC,
        "Cache-Control": SHORT,
        "ETag": made.etag,
        "SourceMap": f"{name}.map",
        "Vary": "Accept-Encoding",
    }
    if made.etag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    wanted = request.headers.get("accept-encoding", "")
    if "br" in wanted:
        return Response(made.br, 200, {**headers, "Content-Encoding": "br"}, JS)
    if "gzip" in wanted:
        return Response(made.gzip, 200, {**headers, "Content-Encoding": "gzip"}, JS)
    return Response(made.plain, 200, headers, JS)


async def snippet_map(request: Request) -> Response:
    """`GET /s/{shop}.js.map`: where in our sources a line of the shop's snippet comes from."""
    known = _edge(request).shops.get(request.path_params["shop"])
    if known is None:
        return refuse(404, "unknown_shop", "there is no such shop here", origin="*")
    return Response(known.snippet.source_map, 200, {**PUBLIC, "Cache-Control": SHORT}, "application/json")


async def config(request: Request) -> Response:
    """`GET /s/{shop}.json`: what is inside the snippet, for a shop that pins its code by a hash."""
    known = _edge(request).shops.get(request.path_params["shop"])
    if known is None:
        return refuse(404, "unknown_shop", "there is no such shop here", origin="*")
    return Response(known.snippet.config, 200, {**PUBLIC, "Cache-Control": SHORT}, "application/json")


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
    headers = {
        **PUBLIC,
        "Cache-Control": FOREVER,
        "SourceMap": f"{file}.map",
        "Vary": "Accept-Encoding",
    }
    if "br" in request.headers.get("accept-encoding", ""):
        return Response(await bundles.packed(code), 200, {**headers, "Content-Encoding": "br"}, JS)
    return Response(code, 200, headers, JS)
