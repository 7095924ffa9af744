"""An edge and a worker as an operator starts them, with two shops: one is attacked, one is watched."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from subprocess import Popen

import msgspec
from msgspec import Struct

from heimta.channels.vapid import make_keys
from heimta.launch.valkey import embedded
from heimta.store import documents, secrets
from heimta.store.connect import connect
from heimta.store.secrets import Secrets
from tests.stack import Stack
from tests.worker.shop import CAMPAIGN, SHOP

ATTACKED, WATCHED = "demo", "watched"
HOOK = "hook-secret-of-the-attacked-shop-000"
ORIGIN = SHOP.origins[0]


class House(Struct):
    """Where things are. folder: with the processes' logs."""

    folder: Path
    redis_url: str
    port: int
    edge: Popen[bytes]
    worker: Popen[bytes]

    def ended(self) -> int:
        """How many of the processes are gone."""
        return sum(child.poll() is not None for child in (self.edge, self.worker))

    def edge_memory(self) -> int:
        """Resident bytes of the edge."""
        for line in Path(f"/proc/{self.edge.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
        raise ProcessLookupError(self.edge.pid)

    def log_tail(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text(errors="replace")[-2000:]


@contextmanager
def house() -> Iterator[House]:
    with ExitStack() as end:
        folder = Path(end.enter_context(tempfile.TemporaryDirectory(prefix="hh", ignore_cleanup_errors=True)))
        url = end.enter_context(embedded(folder / "store"))
        asyncio.run(_install(url))
        stack = Stack(folder, url, {"HEIMTA_SHOP_MB_PER_MINUTE": "1000000"})
        end.callback(stack.stop)
        edge, worker = stack.spawn("edge"), stack.spawn("worker")
        stack.wait(f"{stack.edge_url}/healthz")
        stack.wait(f"{stack.worker_url}/readyz")
        for shop in (ATTACKED, WATCHED):
            stack.wait(f"{stack.edge_url}/s/{shop}.js")
        yield House(folder, url, int(stack.edge_url.rpartition(":")[2]), edge, worker)


async def _install(url: str) -> None:
    """Both shops with a campaign. No journey: nothing is ever pushed to anybody from here."""
    redis = connect(url)
    try:
        for shop in (ATTACKED, WATCHED):
            vapid = make_keys("mailto:me@example.com")
            kept = Secrets(
                webhook=HOOK, signing="s" * 43, vapid_private=vapid.private, vapid_public=vapid.public
            )
            await secrets.create(redis, shop, kept)
            await documents.put(redis, msgspec.structs.replace(SHOP, id=shop, push=None), now=1)
            await documents.put(redis, msgspec.structs.replace(CAMPAIGN, shop=shop), now=1)
    finally:
        await redis.aclose()
