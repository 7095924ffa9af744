"""Start from a template: all of them by what they are for, each drawn as the shop would have it.

One click makes a draft, which is off: nobody sees it before the switch is thrown. A draft goes with one click
too, and comes back with another. What was on once is no draft (store/documents.py).
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec
from msgspec import Struct
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from heimta.console.deletable import WAS_ON, why_kept
from heimta.console.earnings import Kind
from heimta.console.form import read_own_form
from heimta.console.shops import View, page, view_of
from heimta.console.sketch import Sketch, sketch_of
from heimta.model.campaign import Campaign
from heimta.model.documents import AnyDocument
from heimta.model.journey import Journey
from heimta.rules.templates import Given, NotForShop, Template, fitted, templates, untranslated
from heimta.rules.themes import quiet_of
from heimta.store import documents
from heimta.store.drafts import NoDraft, gone_draft, is_draft, last_gone, remove_draft

MOST = 50  # of one template in a shop: somebody holds the button down


def _shows(widget: str) -> Callable[[Template], bool]:
    return lambda template: template.widget == widget


def _leaves(template: Template) -> bool:
    return isinstance(template.document, Campaign) and template.document.trigger.on == "exit"


def _serves(template: Template) -> bool:
    return isinstance(template.document, Journey) and template.document.service


# What a merchant wants -> which templates are for it. The first that fits has it.
GOALS: dict[str, Callable[[Template], bool]] = {
    "Keep those who are about to leave": lambda one: one.widget == "popup" and _leaves(one),
    "Welcome and encourage": _shows("popup"),
    "Make the checkout easier": _shows("checkout"),
    "Ask what held them back": _shows("survey"),
    "Be allowed to write to them": _shows("push"),
    "Keep them posted about an order": _serves,
    "Write to those who left": _shows(""),
}


class Offered(Struct, frozen=True):
    """A template as this shop would have it. fault: why it cannot, and the way out; then no sketch."""

    template: Template
    document: Given
    sketch: Sketch | None
    fault: str = ""
    has: int = 0  # how many the shop has of it


async def show_templates(request: Request) -> Response:
    view = await view_of(request)
    offered = [_offered(template, view) for template in templates().values()]
    goals: dict[str, list[Offered]] = {goal: [] for goal in GOALS}
    for one in offered:
        goals[next(goal for goal, fits in GOALS.items() if fits(one.template))].append(one)
    theme = view.shop.theme
    words: dict[str, object] = {
        "goals": goals,
        "foreign": untranslated(view.shop),
        "quiet": quiet_of(theme.ink, theme.surface),
    }
    return page(request, view, "templates.html", "campaigns", words)


def _offered(template: Template, view: View) -> Offered:
    try:
        document = fitted(template, view.shop)
    except NotForShop as fault:
        return Offered(template, template.document, None, str(fault))
    has = sum(name in _held(view, document) for name in _names(document.id))
    return Offered(template, document, sketch_of(document, view.shop), has=has)


def _held(view: View, document: AnyDocument) -> dict[str, documents.Stored]:
    return view.documents.journeys if isinstance(document, Journey) else view.documents.campaigns


def _names(name: str) -> list[str]:
    return [name, *(f"{name}-{number}" for number in range(2, MOST + 1))]


async def make_draft(request: Request) -> Response:
    """A draft of the template, under the first name that is free."""
    form = await read_own_form(request)
    view = await view_of(request)
    template = templates().get(form.get("template", ""))
    if template is None:
        raise HTTPException(404, "There is no such template.")
    try:
        document = fitted(template, view.shop)
    except NotForShop as fault:
        raise HTTPException(409, str(fault)) from fault
    for number, name in enumerate(_names(document.id), 1):
        title = document.name if number == 1 else f"{document.name} {number}"
        draft = msgspec.structs.replace(document, id=name, name=title, live=False)
        if await documents.add(view.desk.redis, draft, now=view.desk.clock()):
            return _to_list(view, draft, "made")
    raise HTTPException(409, f"There are {MOST} campaigns of this template already; delete some first.")


async def delete_campaign(request: Request) -> Response:
    return await _delete(request, "campaign")


async def delete_journey(request: Request) -> Response:
    return await _delete(request, "journey")


async def _delete(request: Request, kind: Kind) -> Response:
    await read_own_form(request)
    view = await view_of(request)
    name = str(request.path_params["name"])
    stored = (view.documents.campaigns if kind == "campaign" else view.documents.journeys).get(name)
    if stored is not None and (why := await why_kept(view, kind, stored)):
        raise HTTPException(409, why)
    try:
        went = await remove_draft(view.desk.redis, view.shop.id, kind, name)
    except KeyError as error:
        gone = await gone_draft(view.desk.redis, view.shop.id)
        if gone is None or (_kind(gone), gone.id) != (kind, name):
            raise HTTPException(404, "There is no such campaign.") from error
        went = gone  # a double click: it went with the first
    except NoDraft as error:
        raise HTTPException(409, WAS_ON) from error
    return _to_list(view, went, "gone")


async def bring_back(request: Request) -> Response:
    """The draft that went last, if it is still the one that the page told of."""
    form = await read_own_form(request)
    view = await view_of(request)
    gone = await last_gone(view.desk.redis, view.shop.id)
    if gone is None:
        raise HTTPException(404, "There is nothing to bring back.")
    if form.get("what", _here(gone)) != _here(gone):
        raise HTTPException(
            409, "Another draft was deleted since, and only the last one can be brought back."
        )
    if not await documents.add(view.desk.redis, gone, now=view.desk.clock()):
        view = await view_of(request)
        there = _held(view, gone).get(gone.id)
        if there is None or there.document != gone:  # the same one: a double click, or another tab
            raise HTTPException(404, "There is nothing to bring back: its name is taken.")
    return _to_list(view, gone, "made")


def _kind(document: AnyDocument) -> Kind:
    return "journey" if isinstance(document, Journey) else "campaign"


def _here(document: AnyDocument) -> str:
    """Its place in the list."""
    return f"{_kind(document)}-{document.id}"


def _to_list(view: View, document: AnyDocument, what: str) -> Response:
    here = _here(document)
    at = f"/console/shops/{view.shop.id}/campaigns?{what}={here}"
    return RedirectResponse(at if what == "gone" else f"{at}#{here}", status_code=303)


async def told(request: Request, view: View) -> dict[str, object]:
    """What the list says after one of these: the draft that was just made, or the one that just went."""
    made = request.query_params.get("made", "")
    kind, _, name = made.partition("-")
    held = {"campaign": view.documents.campaigns, "journey": view.documents.journeys}.get(kind, {})
    stored = held.get(name)
    new = stored.document if stored is not None and is_draft(stored) else None
    gone = await gone_draft(view.desk.redis, view.shop.id) if "gone" in request.query_params else None
    if gone is not None and _here(gone) != request.query_params["gone"]:
        gone = None  # somebody else deleted another one meanwhile
    return {
        "made": new,
        "made_kind": kind,
        "gone": gone,
        "gone_here": _here(gone) if gone is not None else "",
        "template_count": len(templates()),
    }
