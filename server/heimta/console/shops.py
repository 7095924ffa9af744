"""The shop a page is about, and those one may choose from."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from zoneinfo import ZoneInfo

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from heimta.console.desk import Desk, desk_of, session_of
from heimta.console.formats import zone_of
from heimta.model.campaign import Campaign
from heimta.model.documents import ShopDoc
from heimta.model.journey import Journey
from heimta.rules.surveys import mailed_by
from heimta.store import documents
from heimta.store.documents import Documents, Unread
from heimta.store.drafts import is_draft


@dataclass(frozen=True)
class View:
    """A page about one shop."""

    desk: Desk
    documents: Documents
    shops: list[tuple[str, str]]  # (id, name) of all shops, this one included

    @property
    def shop(self) -> ShopDoc:
        return self.documents.shop

    @cached_property
    def campaigns(self) -> list[Campaign]:
        return [c for name in self.documents.campaigns if (c := self.documents.campaign(name)) is not None]

    @cached_property
    def journeys(self) -> list[Journey]:
        return [j for name in self.documents.journeys if (j := self.documents.journey(name)) is not None]

    @cached_property
    def mailed(self) -> dict[str, Journey]:
        """Surveys that mails of a journey ask, by their campaign; of a journey that is on, or was."""
        begun = [s.document for s in self.documents.journeys.values() if not is_draft(s)]
        journeys = [j for j in (*begun, *self.documents.older.values()) if isinstance(j, Journey)]
        return {survey: journey for journey in reversed(journeys) for survey in mailed_by([journey])}

    @property
    def unread(self) -> list[Unread]:
        """Why documents of it cannot be read, once for each document."""
        return list({(fault.kind, fault.name): fault for fault in reversed(self.documents.unread)}.values())

    @property
    def away(self) -> int:
        """How many campaigns and journeys cannot be read, so that no figure has them."""
        there = {("campaign", name) for name in self.documents.campaigns}
        there |= {("journey", name) for name in self.documents.journeys}
        return len({(fault.kind, fault.name) for fault in self.documents.unread} - there)

    def missing(self, kind: str, name: str, told: str) -> Unread | HTTPException:
        """To be raised where there is no such document to show: that it cannot be read, or else 404, told."""
        gone = [fault for fault in self.documents.unread if (fault.kind, fault.name) == (kind, name)]
        return gone[0] if gone else HTTPException(404, told)

    @property
    def met_when(self) -> str:
        """Behind what the lift's sums count: whom they count, of a shop that changed its currency once."""
        is_apart = self.documents.first_currency
        return f" met while the shop\u2019s currency was {self.shop.currency}" if is_apart else ""

    @property
    def zone(self) -> ZoneInfo:
        return zone_of(self.shop.timezone)


async def view_of(request: Request) -> View:
    """The shop of the address; HTTPException 404 when there is none such. Raises Unread."""
    desk, wanted = desk_of(request), str(request.path_params["shop"])
    found = await documents.read_rest(desk.redis, wanted)
    if found is None:
        raise HTTPException(404, "There is no such shop.")
    return View(desk, found, await _names(desk, found.shop))


async def _names(desk: Desk, this: ShopDoc) -> list[tuple[str, str]]:
    others = [shop for shop in await documents.shops(desk.redis) if shop != this.id]
    found = await documents.shop_names(desk.redis, others)
    return sorted([(this.id, this.name), *found.items()])


async def home(request: Request) -> Response:
    """To the first shop, or how to make one."""
    desk = desk_of(request)
    for shop in await documents.shop_names(desk.redis, await documents.shops(desk.redis)):
        return RedirectResponse(f"/console/shops/{shop}", status_code=303)
    words = {"csrf": session_of(request).csrf}
    return desk.templates.TemplateResponse(request, "no_shop.html", words)


def page(
    request: Request, view: View, template: str, section: str, words: dict[str, object], status: int = 200
) -> Response:
    """A page with the frame of its shop around it. section: which entry of the navigation it is."""
    frame: dict[str, object] = {
        "view": view,
        "shop": view.shop,
        "zone": view.zone,
        "section": section,
        "csrf": session_of(request).csrf,
        "email": session_of(request).email,
    }
    return view.desk.templates.TemplateResponse(request, template, frame | words, status_code=status)
