"""The way between the browsers and the edge: TLS, every connection cold, every packet half a round trip late.

On bare loopback a request is done before the page is gone, and whatever one does looks reliable. Here a
connection costs three round trips before the edge has read a byte: TCP, TLS, request. None is used
twice, and no session is resumed. `mood` is how the edge seems to be to its shoppers just now.
"""

from __future__ import annotations

import asyncio
import ssl
import time
from collections import Counter
from pathlib import Path
from typing import Any, Literal

import aiohttp
import orjson
from aiohttp import web

from loadtest.chaos.journal import Told
from loadtest.deliver.certificate import make_certificate

Mood = Literal["well", "cut", "silent", "busy"]
BUSY_S = 20  # what a busy edge says in Retry-After
PIECE = 16 * 1024
ASKED = ("Origin", "User-Agent", "Content-Type", "Accept-Encoding")
PASSED = ("Content-Type", "Content-Encoding", "Cache-Control", "Retry-After", "Vary")


class Line:
    """edge: where requests end up. rtt_s: of the network that is played.

    told: what reached the edge, and what it acknowledged. marks: how often each product's event did. copies:
    events that reached it once more than once. methods: of requests.
    """

    def __init__(self, edge: str, rtt_s: float) -> None:
        self.mood: Mood = "well"
        self.url = ""
        self.told = Told()
        self.marks: Counter[str] = Counter()
        self.methods: Counter[str] = Counter()
        self.copies = 0
        self._edge, self._rtt_s = edge, rtt_s
        self._changed = asyncio.Condition()
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self, folder: Path) -> None:
        """folder: for the certificate."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(make_certificate(folder))
        context.num_tickets = 0
        # A connection for each request here, too: one that the edge has just let go of would be our fault.
        self._http = aiohttp.ClientSession(
            auto_decompress=False, connector=aiohttp.TCPConnector(force_close=True, limit=0)
        )
        self._runner = web.ServerRunner(web.Server(self._handle))
        await self._runner.setup()
        behind = web.TCPSite(self._runner, "127.0.0.1", 0, ssl_context=context)
        await behind.start()
        self._behind: int = self._runner.addresses[0][1]
        self._front = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.url = f"https://127.0.0.1:{self._front.sockets[0].getsockname()[1]}"

    async def stop(self) -> None:
        self._front.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.sleep(0)  # the loop has to hear of what was aborted
        await self._runner.cleanup()
        await self._http.close()

    async def be(self, mood: Mood) -> None:
        async with self._changed:
            self.mood = mood
            self._changed.notify_all()

    async def has(self, marks: set[str], patience_s: float) -> bool:
        """Waits until all of these have been acknowledged."""
        async with self._changed:
            try:
                async with asyncio.timeout(patience_s):
                    await self._changed.wait_for(lambda: marks <= self.marks.keys())
            except TimeoutError:
                return False
        return True

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        ends = [writer]
        try:
            await asyncio.sleep(self._rtt_s)  # SYN and its answer
            answers, behind = await asyncio.open_connection("127.0.0.1", self._behind)
            ends.append(behind)
            async with asyncio.TaskGroup() as ways:
                ways.create_task(self._carry(reader, behind))
                ways.create_task(self._carry(answers, writer))
        except* (OSError, asyncio.CancelledError):
            pass  # one side is gone, or the line is stopped: nobody is left to tell
        finally:
            for end in ends:
                end.transport.abort()
            self._tasks.discard(task)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Each piece is late, but none waits for the one before it; the end of a side is late as well."""
        pieces: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()

        async def deliver() -> None:
            while True:
                due, data = await pieces.get()
                await asyncio.sleep(due - time.monotonic())
                if not data:
                    writer.close()
                    await writer.wait_closed()
                    return
                writer.write(data)
                await writer.drain()

        async def fetch() -> None:
            data = b"-"
            while data:
                try:
                    data = await reader.read(PIECE)
                except OSError:
                    data = b""  # reset: what was read before it is on its way
                pieces.put_nowait((time.monotonic() + self._rtt_s / 2, data))

        async with asyncio.TaskGroup() as both:
            both.create_task(fetch())
            both.create_task(deliver())

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        self.methods[request.method] += 1
        body = await request.read()
        if request.method == "POST" and self.mood != "well":
            answer = await self._refuse(request)
        else:
            answer = await self._ask_edge(request, body)
        answer.force_close()
        return answer

    async def _refuse(self, request: web.BaseRequest) -> web.Response:
        if self.mood == "silent":
            async with self._changed:
                await self._changed.wait_for(lambda: self.mood == "well")
        if self.mood != "busy" and request.transport is not None:
            request.transport.abort()
        return web.Response(
            status=503,
            headers={
                "Retry-After": str(BUSY_S),
                "Access-Control-Allow-Origin": request.headers.get("Origin", "*"),
                "Access-Control-Expose-Headers": "Retry-After",
            },
        )

    async def _ask_edge(self, request: web.BaseRequest, body: bytes) -> web.Response:
        if request.method == "POST":
            self._note(body, is_acked=False)
        headers = {name: request.headers[name] for name in ASKED if name in request.headers}
        async with self._http.request(
            request.method, self._edge + request.path_qs, data=body or None, headers=headers
        ) as answer:
            told = await answer.read()
        if request.method == "POST" and answer.status == 200:
            if orjson.loads(told).get("drop"):
                raise RuntimeError(f"the edge will not have some of it: {told.decode()}")
            self._note(body, is_acked=True)
            async with self._changed:
                self._changed.notify_all()
        kept = {name: answer.headers[name] for name in PASSED if name in answer.headers}
        kept |= {name: value for name, value in answer.headers.items() if name.startswith("Access-Control")}
        return web.Response(status=answer.status, body=told, headers=kept)

    def _note(self, body: bytes, *, is_acked: bool) -> None:
        batch: dict[str, Any] = orjson.loads(body)
        for event in batch["ev"]:
            key = (batch["vid"], batch["src"], event["n"])
            if is_acked:
                self.told.acked.add(key)
                self.marks[event["p"].get("sku", "")] += 1
            else:
                self.copies += key in self.told.names
                self.told.names[key] = event["t"]
