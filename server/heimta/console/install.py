"""What to paste where, and whether it was seen."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from heimta.console.shops import View, page, view_of
from heimta.store import live


async def show_install(request: Request) -> Response:
    view = await view_of(request)
    newest = await live.recent(view.desk.redis, view.shop.id, view.desk.partitions, limit=1)
    words: dict[str, object] = {
        "pastes": pastes(view),
        "last_at": newest[0].received if newest else None,
        "now": view.desk.clock(),
    }
    return page(request, view, "install.html", "install", words)


def pastes(view: View) -> dict[str, str]:
    """What a merchant copies, by name."""
    edge, shop = view.desk.edge_url, view.shop
    worker = shop.push.service_worker if shop.push else "/heimta-sw.js"
    return {
        "tag": f'<script async src="{edge}/s/{shop.id}.js"></script>',
        "stub": (
            "<script>\n"
            "  window.heimta = window.heimta || function () { (heimta.q = heimta.q || []).push(arguments) }\n"
            "</script>"
        ),
        "consent": "heimta('consent', { analytics: true, marketing: true })",
        "worker_url": f"{shop.origins[0]}{worker}",
        "worker_source": f"{edge}/w/sw.js",
        "webhook": f"{edge}/hooks/{shop.id}/generic",
    }
