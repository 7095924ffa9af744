"""What a restore link stands for. Kept on the server; the link itself carries only a signed name of
this row.
"""

from __future__ import annotations

from msgspec import Struct


class RestoreRow(Struct, frozen=True):
    """visitor: whose cart it is. lines: (sku, quantity). code: a discount code claimed for it, or ''."""

    visitor: str
    lines: list[tuple[str, int]]
    code: str = ""
