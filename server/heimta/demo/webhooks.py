"""Tells the edge about orders, in the background, until it has heard.

The queue is a table, so a restart forgets nothing; the thank-you page never waits for it.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Callable

import msgspec

from heimta.demo.catalog import CURRENCY, EXPONENT
from heimta.demo.edge import Edge, EdgeAway
from heimta.demo.records import DueWebhook, OrderRow, Records

log = logging.getLogger(__name__)

FIRST_WAIT_S = 1.0
LONGEST_WAIT_S = 60.0
NEVER = (400, 413, 422)  # the body itself is refused: it will not get better by repeating


def body_of(order: OrderRow, *, restored: str = "") -> bytes:
    """docs/wire.md, order webhook. `cart` stays empty: the snippet's cart id is not the shop's to know.

    restored: the token of the restore link that filled the cart, '' if none did.
    """
    return msgspec.json.encode(
        {
            "type": "order_completed",
            "order": {
                "id": order.id,
                "currency": CURRENCY,
                "exponent": EXPONENT,
                "total_minor": order.total_minor,
                "at": order.at,
                "visitor": order.visitor,
                "cart": "",
                "codes": order.codes,
                "restored": restored,
            },
        }
    )


def wait_s(tries: int, retry_after_s: int = 0) -> float:
    """1, 2, 4 … 60 s, at least what the edge asked for, and up to a fifth more so that retries spread."""
    wait = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2.0 ** min(tries, 10))
    return max(wait, retry_after_s) * (1 + random.random() / 5)


def now_ms() -> int:
    return time.time_ns() // 1_000_000


class Sender:
    """One task that empties the queue. `wake` it after an order; it sleeps until something is due."""

    def __init__(
        self,
        records: Records,
        edge: Edge,
        *,
        clock: Callable[[], int] = now_ms,
        wait: Callable[[int, int], float] = wait_s,
    ) -> None:
        self._records, self._edge = records, edge
        self._clock, self._wait = clock, wait
        self._woken = asyncio.Event()

    def wake(self) -> None:
        self._woken.set()

    async def run(self) -> None:
        while True:
            self._woken.clear()
            for webhook in self._records.due_webhooks(now=self._clock()):
                await self._send(webhook)
            await self._sleep()

    async def _sleep(self) -> None:
        due_at = self._records.next_webhook_at()
        pause = None if due_at is None else max(0.0, (due_at - self._clock()) / 1000)
        try:
            await asyncio.wait_for(self._woken.wait(), pause)
        except TimeoutError:
            return  # something is due

    async def _send(self, webhook: DueWebhook) -> None:
        """Leaves the row as it should be next; a failure here must not stop the ones behind it."""
        retry_after_s = 0
        try:
            answer = await self._edge.tell_order(webhook.body, now=self._clock())
        except EdgeAway as away:
            log.warning("order %s is not told yet: %s", webhook.order_id, away)
        else:
            if 200 <= answer.status < 300:
                return self._records.webhook_delivered(webhook.order_id)
            if answer.status in NEVER:
                log.error("order %s: the edge answered %s; parked", webhook.order_id, answer.status)
                return self._records.park_webhook(webhook.order_id)
            log.warning("order %s is not told yet: answered %s", webhook.order_id, answer.status)
            retry_after_s = answer.retry_after_s
        due_at = self._clock() + round(1000 * self._wait(webhook.tries, retry_after_s))
        self._records.webhook_failed(webhook.order_id, due_at=due_at)
