"""What every handler of the shop needs, made once at start."""

from __future__ import annotations

from functools import cache, cached_property

import jinja2
from starlette.requests import Request

from heimta.demo import words
from heimta.demo.catalog import Catalog
from heimta.demo.edge import Edge
from heimta.demo.records import Records
from heimta.demo.webhooks import Sender, now_ms


@cache
def templates() -> jinja2.Environment:
    """Compiled once a process: they hold no state of any one shop."""
    return jinja2.Environment(
        loader=jinja2.PackageLoader("heimta.demo"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


class Shop:
    """assets: the version in the address of static files, so that they can be cached for ever."""

    def __init__(self, *, catalog: Catalog, records: Records, edge: Edge, assets: str) -> None:
        self.catalog, self.records, self.edge = catalog, records, edge
        self.assets = assets
        self._texts = words.load()
        self.in_language = {lang: words.Words(lang, self._texts) for lang in words.LANGUAGES}

    @cached_property
    def sender(self) -> Sender:
        return Sender(self.records, self.edge)

    def now(self) -> int:
        """The shop's clock, ms UTC. Handlers read it once and pass it down."""
        return now_ms()


def shop_of(request: Request) -> Shop:
    shop: Shop = request.app.state.shop
    return shop
