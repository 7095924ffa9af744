"""What the worker must know of the shops: documents and secrets, read again when a revision moves."""

from __future__ import annotations

import msgspec
import structlog

from heimta.model.campaign import Campaign
from heimta.model.journey import Journey
from heimta.store import deletion, documents, revive, secrets
from heimta.store.connect import Client
from heimta.store.secrets import Secrets
from heimta.worker.effects import ShopContext

log = structlog.get_logger()


class Contexts:
    """`shops`, `secrets` and `gone` are shared with the owners: they are changed in place.

    gone: shops that were deleted; what still comes of them is nobody's.
    hold: steps that were due before are not sent, ms (store/revive.py).
    """

    def __init__(self, redis: Client) -> None:
        self._redis = redis
        self.hold = 0
        self._revisions: dict[str, int] = {}
        self.shops: dict[str, ShopContext] = {}
        self.secrets: dict[str, Secrets] = {}
        self.gone: set[str] = set()

    async def refresh(self) -> None:
        """Look for changed documents. Raises redis.exceptions.RedisError; what was known stays."""
        self.hold = await revive.hold(self._redis)
        listed = await documents.shops(self._redis)
        self._let_go(await deletion.gone(self._redis, self.shops, listed), listed)
        for shop in listed:
            if shop in self.gone:
                continue
            revision = await documents.revision(self._redis, shop)
            if self._revisions.get(shop) == revision:
                continue
            try:
                read = await documents.read_rest(self._redis, shop)
                kept = await secrets.read(self._redis, shop)
            except (msgspec.MsgspecError, LookupError) as error:
                log.error("documents cannot be read", shop=shop, why=f"{type(error).__name__}: {error}")
                continue
            if read is None or kept is None:
                continue
            for fault in read.unread:
                log.error("a document cannot be read", shop=shop, why=fault.fault)
            self.secrets[shop] = kept
            self.shops[shop] = ShopContext(
                shop=read.shop,
                campaigns={
                    name: (stored.document, stored.version)
                    for name, stored in read.campaigns.items()
                    if isinstance(stored.document, Campaign)
                },
                journeys={
                    name: (stored.document, stored.version)
                    for name, stored in read.journeys.items()
                    if isinstance(stored.document, Journey)
                },
                older=read.older,
                replaced=read.replaced,
                gone={name: stored.gone.keys() for name, stored in read.campaigns.items() if stored.gone},
                first_currency=read.first_currency,
                held=read.held,
                is_whole=not read.unread,
            )
            self._revisions[shop] = revision

    def _let_go(self, gone: set[str], listed: list[str]) -> None:
        """One that is made anew under its name is another one."""
        self.gone -= set(listed) - gone
        self.gone |= gone
        for shop in gone:
            for held in (self.shops, self.secrets, self._revisions):
                held.pop(shop, None)
