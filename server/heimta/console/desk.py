"""What every page of the console works with: the store, the addresses, the clock and the templates."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import anyio
from starlette.requests import Request
from starlette.templating import Jinja2Templates

from heimta.store.connect import Client
from heimta.store.users import Session


@dataclass(frozen=True)
class Desk:
    """Addresses have no slash at the end. clock: ms since the epoch, UTC."""

    redis: Client
    edge_url: str
    console_url: str
    partitions: int
    clock: Callable[[], int]
    templates: Jinja2Templates
    hashing: anyio.CapacityLimiter

    @property
    def is_https(self) -> bool:
        """By the address the operator gave, since a proxy in front may end TLS."""
        return self.console_url.startswith("https://")

    @property
    def cookie(self) -> str:
        """`__Host-`: bound to this host, this path and TLS, so a neighbouring subdomain cannot set it."""
        return "__Host-heimta_session" if self.is_https else "heimta_session"


def desk_of(request: Request) -> Desk:
    desk = request.app.state.desk
    assert isinstance(desk, Desk)
    return desk


def session_of(request: Request) -> Session:
    """The session that the guard let in."""
    session = request.state.session
    assert isinstance(session, Session)
    return session
