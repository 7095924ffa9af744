"""The shop's own records: carts, orders, and the order webhooks that still have to be delivered.

SQLite from the standard library, called straight from the handlers: a statement takes well under a
millisecond at this shop's size, less than handing it to a thread. An order, the code it redeems and
its webhook are written in one transaction, so no crash leaves one without the others.
"""

from __future__ import annotations

import secrets
import sqlite3
from pathlib import Path
from typing import Any

import msgspec

from heimta.demo.pricing import Discount

SCHEMA = """
CREATE TABLE IF NOT EXISTS carts (session TEXT PRIMARY KEY, body BLOB NOT NULL, touched_at INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS orders (
  n INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, at INTEGER NOT NULL,
  total_minor INTEGER NOT NULL, off_minor INTEGER NOT NULL, delivery_minor INTEGER NOT NULL,
  lines TEXT NOT NULL, codes TEXT NOT NULL, visitor TEXT NOT NULL, cart TEXT NOT NULL,
  announced INTEGER NOT NULL DEFAULT 0);
CREATE INDEX IF NOT EXISTS orders_of_cart ON orders (cart, n);
CREATE TABLE IF NOT EXISTS redeemed (code TEXT PRIMARY KEY, order_id TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS webhooks (
  order_id TEXT PRIMARY KEY, body BLOB NOT NULL, tries INTEGER NOT NULL DEFAULT 0,
  due_at INTEGER NOT NULL, parked INTEGER NOT NULL DEFAULT 0);
"""
KEEP_CART_MS = 30 * 24 * 3600 * 1000


class Notice(msgspec.Struct, frozen=True):
    """Something to say on the next cart page, kept as a key so that it follows the shopper's language."""

    key: str
    values: dict[str, str] = {}


class StoredCart(msgspec.Struct):
    lines: dict[str, int] = {}  # sku -> quantity, in the order they were added
    discount: Discount | None = None
    notices: list[Notice] = []
    restored: str = ""  # the token of the link that brought it back, for the order webhook


class OrderLine(msgspec.Struct, frozen=True):
    sku: str
    name: str
    qty: int
    unit_minor: int


class OrderRow(msgspec.Struct, frozen=True):
    """An order as the shop keeps it. No name, no address: this shop never sends anything."""

    id: str
    at: int
    total_minor: int
    off_minor: int
    delivery_minor: int
    lines: tuple[OrderLine, ...]
    codes: tuple[str, ...]
    visitor: str
    cart: str  # the shop's own session


class DueWebhook(msgspec.Struct, frozen=True):
    order_id: str
    body: bytes
    tries: int


class AlreadyRedeemed(Exception):
    """Another order was faster with the same code."""


class Records:
    def __init__(self, data_dir: Path) -> None:
        data_dir.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(data_dir / "shop.sqlite3", check_same_thread=False)
        self._db.row_factory = sqlite3.Row
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")  # an order that was thanked for survives a power cut
        self._db.executescript(SCHEMA)

    def close(self) -> None:
        self._db.close()

    def cart(self, session: str) -> StoredCart:
        row = self._db.execute("SELECT body FROM carts WHERE session = ?", (session,)).fetchone()
        return msgspec.json.decode(row["body"], type=StoredCart) if row else StoredCart()

    def save_cart(self, session: str, cart: StoredCart, *, now: int) -> None:
        with self._db:
            self._save_cart(session, cart, now)

    def _save_cart(self, session: str, cart: StoredCart, now: int) -> None:
        self._db.execute(
            "INSERT INTO carts VALUES (?, ?, ?) ON CONFLICT (session) DO UPDATE SET body = excluded.body,"
            " touched_at = excluded.touched_at",
            (session, msgspec.json.encode(cart), now),
        )

    def forget_old_carts(self, *, now: int) -> None:
        with self._db:
            self._db.execute("DELETE FROM carts WHERE touched_at < ?", (now - KEEP_CART_MS,))

    def new_order_id(self) -> str:
        """FF1042-K7QX: counts up, and still never repeats when the shop's data is thrown away and the
        edge's is kept; the edge counts an order id once, for ever."""
        row = self._db.execute("SELECT COALESCE(MAX(n), 0) + 1001 AS next FROM orders").fetchone()
        ending = "".join(secrets.choice("ABCDEFGHJKMNPQRSTVWXYZ23456789") for _ in range(6))
        return f"FF{row['next']}-{ending}"

    def place(self, order: OrderRow, *, single_use: str, webhook: bytes) -> None:
        """Write the order, empty its cart, and queue its webhook: all or nothing.

        single_use: the code this order uses up, or ''. Raises AlreadyRedeemed, and writes nothing,
        if another order has it.
        """
        with self._db:
            if single_use:
                taken = self._db.execute(
                    "INSERT OR IGNORE INTO redeemed VALUES (?, ?)", (single_use, order.id)
                ).rowcount
                if not taken:
                    raise AlreadyRedeemed(single_use)
            self._db.execute(
                "INSERT INTO orders (id, at, total_minor, off_minor, delivery_minor, lines, codes, visitor,"
                " cart) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    order.id,
                    order.at,
                    order.total_minor,
                    order.off_minor,
                    order.delivery_minor,
                    msgspec.json.encode(order.lines).decode(),
                    msgspec.json.encode(order.codes).decode(),
                    order.visitor,
                    order.cart,
                ),
            )
            self._db.execute(
                "INSERT INTO webhooks (order_id, body, due_at) VALUES (?, ?, ?)",
                (order.id, webhook, order.at),
            )
            self._save_cart(order.cart, StoredCart(), order.at)

    def is_redeemed(self, code: str) -> bool:
        return self._db.execute("SELECT 1 FROM redeemed WHERE code = ?", (code,)).fetchone() is not None

    def orders(self) -> list[OrderRow]:
        return [_order(row) for row in self._db.execute("SELECT * FROM orders ORDER BY n")]

    def order(self, order_id: str) -> OrderRow | None:
        row = self._db.execute("SELECT * FROM orders WHERE id = ?", (order_id,)).fetchone()
        return _order(row) if row else None

    def last_order(self, cart: str) -> OrderRow | None:
        row = self._db.execute(
            "SELECT * FROM orders WHERE cart = ? ORDER BY n DESC LIMIT 1", (cart,)
        ).fetchone()
        return _order(row) if row else None

    def announce(self, order_id: str) -> bool:
        """True the first time: a reloaded thank-you page must not push a second purchase."""
        with self._db:
            done = self._db.execute(
                "UPDATE orders SET announced = 1 WHERE id = ? AND announced = 0", (order_id,)
            )
        return done.rowcount == 1

    def due_webhooks(self, *, now: int) -> list[DueWebhook]:
        rows = self._db.execute(
            "SELECT order_id, body, tries FROM webhooks WHERE parked = 0 AND due_at <= ?"
            " ORDER BY due_at LIMIT 50",
            (now,),
        )
        return [DueWebhook(row["order_id"], row["body"], row["tries"]) for row in rows]

    def next_webhook_at(self) -> int | None:
        row = self._db.execute("SELECT MIN(due_at) AS due_at FROM webhooks WHERE parked = 0").fetchone()
        due: Any = row["due_at"]
        return None if due is None else int(due)

    def webhook_delivered(self, order_id: str) -> None:
        with self._db:
            self._db.execute("DELETE FROM webhooks WHERE order_id = ?", (order_id,))

    def webhook_failed(self, order_id: str, *, due_at: int) -> None:
        with self._db:
            self._db.execute(
                "UPDATE webhooks SET tries = tries + 1, due_at = ? WHERE order_id = ?", (due_at, order_id)
            )

    def park_webhook(self, order_id: str) -> None:
        """Keep it for the shop's owner to see, but stop: the edge will never take this body."""
        with self._db:
            self._db.execute("UPDATE webhooks SET parked = 1 WHERE order_id = ?", (order_id,))


def _order(row: sqlite3.Row) -> OrderRow:
    return OrderRow(
        id=row["id"],
        at=row["at"],
        total_minor=row["total_minor"],
        off_minor=row["off_minor"],
        delivery_minor=row["delivery_minor"],
        lines=msgspec.json.decode(row["lines"], type=tuple[OrderLine, ...]),
        codes=msgspec.json.decode(row["codes"], type=tuple[str, ...]),
        visitor=row["visitor"],
        cart=row["cart"],
    )
