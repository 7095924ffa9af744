"""A template, filled for one visit."""

from __future__ import annotations

from starlette.responses import HTMLResponse, Response

from heimta.demo import pricing
from heimta.demo.catalog import COLLECTIONS
from heimta.demo.ga4 import Event
from heimta.demo.shop import templates
from heimta.demo.visit import Visit
from heimta.demo.words import LANGUAGES, OWN_NAMES


def fill(visit: Visit, template: str, **values: object) -> str:
    return (
        templates()
        .get_template(template)
        .render(
            t=visit.words,
            money=visit.words.money,
            lang=visit.lang,
            assets=visit.shop.assets,
            free_from=visit.words.money(pricing.FREE_FROM_MINOR),
            **values,
        )
    )


def page(
    visit: Visit,
    template: str,
    *,
    title: str,
    events: tuple[Event, ...] = (),
    status: int = 200,
    **values: object,
) -> Response:
    """A whole page, with its dataLayer events in the head, where the tag that follows finds them."""
    request = visit.request
    html = fill(
        visit,
        template,
        title=title,
        events=events,
        path=request.url.path,
        nonce=request.state.nonce,
        tag=visit.shop.edge.tag,
        consent=visit.consent,
        is_honest=visit.is_honest,
        languages=[(code, OWN_NAMES[code]) for code in LANGUAGES],
        collections=COLLECTIONS,
        cart=visit.priced,
        **values,
    )
    return visit.remember(HTMLResponse(html, status))
