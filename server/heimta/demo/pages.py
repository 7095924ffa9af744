"""The pages one only looks at: listing, product, two texts, and the one for lost shoppers."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from heimta.demo import ga4, pricing
from heimta.demo.catalog import COLLECTIONS, Option, Product
from heimta.demo.render import page
from heimta.demo.visit import Visit


def _first(product: Product) -> Option:
    """The size a listing stands for: the first that can be bought, else the first."""
    return next((option for option in product.options if not option.sold_out), product.options[0])


def _listing(visit: Visit, name: str, products: tuple[Product, ...]) -> Response:
    variants = [visit.shop.catalog.variants[product.sku(_first(product))] for product in products]
    return page(
        visit,
        "home.html",
        title=visit.words("tagline" if name == "all" else name),
        events=(ga4.viewed_list(name, variants, visit.lang),),
        products=products,
        collection=name,
    )


async def home(request: Request) -> Response:
    visit = Visit(request)
    return _listing(visit, "all", visit.shop.catalog.products)


async def collection(request: Request) -> Response:
    name = request.path_params["name"]
    if name not in COLLECTIONS:
        raise HTTPException(404)
    visit = Visit(request)
    return _listing(visit, name, visit.shop.catalog.collection(name))


async def product(request: Request) -> Response:
    visit = Visit(request)
    shown = visit.shop.catalog.by_slug.get(request.path_params["slug"])
    if shown is None:
        raise HTTPException(404)
    wanted = request.query_params.get("size", "")
    # A size must be chosen on purpose; only a link that names one, or a product with one, has it chosen.
    buyable = [option for option in shown.options if not option.sold_out]
    chosen = next((option for option in buyable if option.id == wanted or not shown.has_sizes), None)
    variant = visit.shop.catalog.variants[shown.sku(chosen or _first(shown))]
    return page(
        visit,
        "product.html",
        title=shown.text[visit.lang].name,
        events=(ga4.viewed(variant, visit.lang),),
        product=shown,
        text=shown.text[visit.lang],
        chosen=chosen,
        others=visit.shop.catalog.beside(shown),
    )


async def about(request: Request) -> Response:
    visit = Visit(request)
    words = visit.words
    return page(visit, "text.html", title=words("about"), paragraphs=[words("about_1"), words("about_2")])


async def delivery(request: Request) -> Response:
    visit = Visit(request)
    words = visit.words
    fee, free = words.money(pricing.DELIVERY_MINOR), words.money(pricing.FREE_FROM_MINOR)
    paragraphs = [words("delivery_1", fee=fee, free=free), words("delivery_2")]
    return page(visit, "text.html", title=words("delivery"), paragraphs=paragraphs)


async def missing(request: Request, error: Exception) -> Response:
    visit = Visit(request)
    return page(visit, "missing.html", title=visit.words("missing_title"), status=404)
