"""`POST /hooks/{shop}/products`: price and stock, as the shop's back end signs them.

A shop may tell its whole catalogue every night: only what is back or costs less becomes an entry of the log,
one for each partition where somebody watches the product. The entries come first and what is known of the
product second: after a crash between the two the shop tells it again, and shoppers' states know copies by the
product's own time.
"""

from __future__ import annotations

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from heimta.edge.answers import answer
from heimta.edge.deps import Edge
from heimta.edge.signed import hear, untimely
from heimta.ingest.entry import Entry
from heimta.model.currency import rescale
from heimta.model.product import Product, ProductNote, ProductsHook
from heimta.store import watchers

MAX_CATALOGUE = 1024 * 1024  # bytes: the most products with the longest addresses take two thirds of it

_hook = msgspec.json.Decoder(ProductsHook)
_json = msgspec.json.Encoder().encode


async def products(request: Request) -> Response:
    return await hear(request, _hook, _take, what="products", limit=MAX_CATALOGUE)


async def _take(edge: Edge, shop: str, said: ProductsHook, now: int) -> Response:
    for number, product in enumerate(said.products):
        if (refused := untimely(f"products[{number}].at", product.at, now)) is not None:
            return refused
    newest = {product.sku: product for product in sorted(said.products, key=lambda each: each.at)}
    known = await watchers.known(edge.redis, shop, list(newest), edge.partitions)
    fresh = [each for each in newest.values() if _is_newer(each, known.get(each.sku))]
    changes = [note for each in fresh if (note := change(known.get(each.sku), each)) is not None]
    for note in changes:
        await _tell(edge, shop, note, now)
    await watchers.keep(edge.redis, shop, fresh, edge.partitions)
    return answer(200, {"ok": len(said.products), "changed": len(changes)})


def _is_newer(product: Product, known: Product | None) -> bool:
    return known is None or product.at > known.at


def change(known: Product | None, product: Product) -> ProductNote | None:
    """What shoppers are told: it is back, or it costs less and can be bought. None for anything else."""
    if known is None or not product.in_stock:
        return None
    price = rescale(product.price_minor, product.exponent, product.currency)
    was = rescale(known.price_minor, known.exponent, known.currency)
    is_less = known.currency == product.currency and price < was
    if known.in_stock and not is_less:
        return None
    return ProductNote(
        vid="",
        sku=product.sku,
        at=product.at,
        price_minor=price,
        currency=product.currency,
        is_back=not known.in_stock,
        was_minor=was if is_less else 0,
        name=product.name,
        url=product.url,
        image=product.image,
    )


async def _tell(edge: Edge, shop: str, note: ProductNote, now: int) -> None:
    data = _json(note)
    for partition in await watchers.partitions_of(edge.redis, shop, note.sku, edge.partitions):
        await edge.commit.append(Entry(partition, shop, "product", now, data))
