"""A partition with one owner, on a real Valkey; time is whatever the test says."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass

import pytest
import structlog
from aiohttp.test_utils import TestServer

from heimta.channels.outside import Outside
from heimta.model.restore import RestoreRow
from heimta.model.visitor import VisitorState
from heimta.store import restore
from heimta.store.connect import Client
from heimta.store.log import Log
from heimta.store.partition import PartitionStore
from heimta.worker.effects import Redeemed
from heimta.worker.hands import Share, share_nothing
from heimta.worker.owner import Owner
from tests.stubs.shop_apis import ShopApisStub
from tests.worker.minting import Made
from tests.worker.shop import CONTEXT, VISITOR
from tests.worker.town import Town, town_of


@dataclass(frozen=True)
class Logged:
    """An entry for the log."""

    kind: str
    data: bytes
    received: int
    partition: int = 0
    shop: str = "demo"
    agent: str = ""


@dataclass
class Desk:
    """One partition: its log, and owners that fold it."""

    redis: Client
    log: Log
    is_new_shop: bool = False  # the edge knows it already, the worker does not

    def owner(self, token: str = "one", share: Share = share_nothing) -> Owner:
        async def owners(tokens: set[tuple[str, str]]) -> dict[str, str]:
            return {}

        async def redeem(used: list[Redeemed]) -> None:
            return None

        contexts = {} if self.is_new_shop else {"demo": CONTEXT}

        async def refresh() -> None:
            contexts["demo"] = CONTEXT

        store = PartitionStore(self.redis, 0, token)
        return Owner(store, contexts, owners=owners, redeem=redeem, refresh=refresh, share=share)

    async def tell(self, kind: str, data: bytes, received: int) -> None:
        await self.log.append([Logged(kind, data, received)])

    async def state(self, owner: Owner, visitor: str = VISITOR) -> VisitorState:
        state, _ = await owner.look("demo", visitor)
        assert state is not None
        return state

    async def everything(self) -> dict[bytes, object]:
        """All that a partition's owner wrote, to compare byte for byte."""
        found: dict[bytes, object] = {}
        for key in await self.redis.keys("{p00}:*"):
            kind = await self.redis.type(key)
            if key in (b"{p00}:lease", b"{p00}:term") or kind == b"stream":
                continue
            if kind == b"hash":
                found[key] = await self.redis.hgetall(key)
            elif kind == b"zset":
                found[key] = await self.redis.zrange(key, 0, -1, withscores=True)
            elif not key.endswith(b":at"):
                found[key] = await self.redis.get(key)
        return found

    async def restored(self, row_id: str) -> RestoreRow | None:
        return await restore.find(self.redis, "demo", 0, row_id)


@pytest.fixture(autouse=True)
def plain_logs() -> Iterator[None]:
    """As the program logs. structlog's default draws each traceback with all its locals, in seconds."""
    structlog.configure(
        processors=[structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    )
    yield
    structlog.reset_defaults()


@pytest.fixture
async def desk(redis: Client) -> AsyncIterator[Desk]:
    yield Desk(redis, Log(redis))


@pytest.fixture
async def made(redis: Client) -> AsyncIterator[Made]:
    stub = ShopApisStub()
    server = TestServer(stub.app())
    await server.start_server()
    origin = str(server.make_url("")).rstrip("/")
    outside = Outside(trusted=[origin])
    yield Made(redis, stub, origin, outside)
    await outside.close()
    await server.close()


@pytest.fixture
async def town(redis: Client) -> AsyncIterator[Town]:
    async with town_of(redis) as town:
        yield town
