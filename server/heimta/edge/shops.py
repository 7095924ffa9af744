"""What the edge knows of the shops: documents, secrets and the compiled snippet, kept in memory.

Read again when a shop's revision moves, and let go of when the shop is deleted. While Redis is away the edge
goes on with what it knew.
"""

from __future__ import annotations

import asyncio
import gzip
import hashlib
from collections.abc import Awaitable, Callable

import brotli
import msgspec
import orjson
import structlog
from msgspec import Struct
from redis.exceptions import RedisError

from heimta.edge.bundles import Bundles
from heimta.edge.source_map import moved
from heimta.model.campaign import Campaign
from heimta.rules.compile import compile_config
from heimta.rules.delivery import day_of, is_dated
from heimta.rules.surveys import mailed_by
from heimta.store import deletion, documents, secrets
from heimta.store.connect import Client
from heimta.store.documents import Documents
from heimta.store.partitions import HalfRestored, PartitionsChanged
from heimta.store.secrets import Secrets

REFRESH_S = 1.0
PLACE = "__HEIMTA_CONFIG__"  # in the built snippet, once
# What a document raises that is of a newer version, or that finds a bug of ours.
UNREADABLE = (msgspec.MsgspecError, LookupError, ValueError, TypeError, AttributeError, ArithmeticError)

log = structlog.get_logger()


class Snippet(Struct, frozen=True):
    """The snippet of one shop at one revision, ready to be sent; its map; and the config alone, as JSON."""

    etag: str
    plain: bytes
    gzip: bytes
    br: bytes
    source_map: bytes
    config: bytes


class KnownShop(Struct, frozen=True):
    documents: Documents
    secrets: Secrets
    origins: frozenset[str]
    snippet: Snippet
    # Days since 1970 on which it was compiled, where what it says is good for some days only.
    day: int | None = None


class ShopsUnread(OSError):
    """Not read since the start: nobody can say which shops there are. Answered as Redis away, never 404."""


class Shops:
    """settle: asked once, before anything is read: whether this store may be served. Raises PartitionsChanged
    or HalfRestored; `why_not` tells, and nothing is read until it may.
    """

    def __init__(
        self,
        redis: Client,
        bundles: Bundles,
        clock: Callable[[], int],
        *,
        settle: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self._clock = clock
        self._settle = settle
        self.why_not = ""
        self._redis = redis
        self._bundles = bundles
        self._known: dict[str, KnownShop] = {}
        self.own_paths: dict[str, str] = {}  # own path -> shop
        self._is_read = False
        self._unread: set[str] = set()  # their documents cannot be read
        self._task: asyncio.Task[None] | None = None
        self._is_stopping = False

    def get(self, shop: str) -> KnownShop | None:
        """None for a shop that there is not. Raises ShopsUnread.

        A 404 would be the last word: browsers forget a batch that is refused for good.
        """
        known = self._known.get(shop)
        if known is None and (not self._is_read or shop in self._unread):
            raise ShopsUnread("the shop was not read yet, or cannot be")
        return known

    def known(self, shop: str) -> KnownShop | None:
        """The same without the question whether anyone can say."""
        return self._known.get(shop)

    def cookie_domain(self, shop: str) -> str | None:
        """For which the answers to a shop's batches set a cookie; None for none."""
        known = self._known.get(shop)
        return None if known is None else known.documents.shop.cookie_domain

    async def start(self) -> None:
        await self._try_refresh()
        self._task = asyncio.create_task(self._run(), name="shops")

    async def stop(self) -> None:
        if self._task is not None:
            self._is_stopping = True  # until Python 3.12 redis-py may swallow the cancellation
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        while not self._is_stopping:
            await asyncio.sleep(REFRESH_S)
            await self._try_refresh()

    async def _try_refresh(self) -> None:
        try:
            await self.refresh()
            self.why_not = ""
        except (PartitionsChanged, HalfRestored) as error:
            self.why_not = str(error)
            log.error("this store cannot be served", why=self.why_not)
        except (RedisError, OSError) as error:
            log.warning("shops cannot be read", why=f"{type(error).__name__}: {error}")

    async def refresh(self) -> None:
        """Read what has changed. Raises RedisError; before the first time also what `settle` does."""
        if self._settle is not None and not self._is_read:
            await self._settle()
        listed = await documents.shops(self._redis)
        gone = await deletion.gone(self._redis, self._known, listed)
        for shop in gone:
            self._known.pop(shop, None)
            self._unread.discard(shop)
        for shop in sorted(set(listed) - gone):
            known = self._known.get(shop)
            now = self._clock()
            if (
                known is not None
                and known.day in (None, day_of(now))
                and known.documents.revision == await documents.revision(self._redis, shop)
            ):
                continue
            try:
                read = await documents.read_rest(self._redis, shop)
                kept = await secrets.read(self._redis, shop)
                if read is not None and kept is not None:
                    self._known[shop] = await asyncio.to_thread(self._compile, read, kept, now)
                    for fault in read.unread:  # its pages go on without it
                        log.error("a document cannot be read", shop=shop, why=fault.fault)
                self._unread.discard(shop)
            except UNREADABLE as error:
                # The other shops go on, and this one as it was known; one that never was asks to come back,
                # as an edge that read nothing does.
                self._unread.add(shop)
                log.error("documents cannot be read", shop=shop, why=f"{type(error).__name__}: {error}")
        # Two of the same can only come from two commands at once: the first by name has it.
        chosen = sorted(self._known.items(), reverse=True)
        self.own_paths = {
            path: shop for shop, known in chosen if (path := known.documents.shop.own_path) is not None
        }
        self._is_read = True

    def _compile(self, read: Documents, kept: Secrets, now: int) -> KnownShop:
        """In a thread: brotli at its best takes longer than a request may wait."""
        campaigns = [
            (stored.document, stored.version)
            for stored in read.campaigns.values()
            if isinstance(stored.document, Campaign)
        ]
        config = compile_config(
            read.shop,
            campaigns,
            revision=read.revision,
            vapid_public=kept.vapid_public,
            widgets=self._bundles.widgets(read.shop.own_path),
            now=now,
            mailed=mailed_by([one for name in read.journeys if (one := read.journey(name)) is not None]),
        )
        # JSON is JavaScript; `<` is escaped so that no text can end an inline script someone makes of this.
        literal = orjson.dumps(config).decode().replace("<", "\\u003c")
        raw, raw_map = self._bundles.snippet(read.shop.cart)
        code = raw.replace(PLACE, literal, 1).encode()
        return KnownShop(
            documents=read,
            secrets=kept,
            origins=frozenset(read.shop.origins),
            snippet=Snippet(
                etag=f'"{hashlib.sha256(code).hexdigest()[:20]}"',
                plain=code,
                gzip=gzip.compress(code, 9, mtime=0),
                br=brotli.compress(code, quality=11),
                source_map=moved(raw_map, raw, PLACE, literal),
                config=literal.encode(),
            ),
            day=day_of(now) if is_dated(campaign for campaign, _ in campaigns) else None,
        )
