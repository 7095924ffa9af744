"""What the overview says: totals of some days, and a line a day for the plot."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date

from msgspec import Struct

# Average of 50 studies, 2006 to 2025: carts that became no order, of all carts.
BAYMARD_PCT = 69.99
BAYMARD_URL = "https://baymard.com/lists/cart-abandonment-rate"
OTHERS = 5  # currencies that are told though no order was in them


class Overview(Struct, frozen=True):
    """Totals of the chosen days. Money: currency -> minor units, the shop's own currency first."""

    visitors: int
    carts: int
    abandoned: int
    recovered: int
    orders: int
    abandoned_money: dict[str, int]
    recovered_money: dict[str, int]
    revenue: dict[str, int]

    @property
    def abandonment_pct(self) -> float | None:
        """Carts that became no order, of all carts begun; None before the first cart.

        As Baymard counts it, so carts that were won back are taken off again. Each counts on a day of its
        own: where those of the days before outweigh these, there is no rate, rather than 0 or 100 %.
        """
        lost = self.abandoned - self.recovered
        return 100 * lost / self.carts if self.carts and 0 <= lost <= self.carts else None

    @property
    def recovery_pct(self) -> float | None:
        """Of the carts abandoned; None where more were recovered, since some were left before these days."""
        is_share = 0 < self.abandoned >= self.recovered
        return 100 * self.recovered / self.abandoned if is_share else None


def overview(days: Mapping[date, Counter[str]], *, currency: str) -> Overview:
    total: Counter[str] = Counter()
    for counts in days.values():
        total.update(counts)
    return Overview(
        visitors=total["visitors"],
        carts=total["carts"],
        abandoned=total["abandoned"],
        recovered=total["recovered"],
        orders=total["orders"],
        abandoned_money=money(total, "abandoned_minor", currency),
        recovered_money=money(total, "recovered_minor", currency),
        revenue=money(total, "orders_minor", currency),
    )


def money(total: Counter[str], metric: str, currency: str) -> dict[str, int]:
    """The sums of one money metric by currency: the shop's own first and always there, then those of orders,
    and of the others, which any browser may have made up, a few.
    """
    prefix = f"{metric}."
    found = {name.removeprefix(prefix): sum for name, sum in total.items() if name.startswith(prefix)}
    own = {currency: found.pop(currency, 0)}
    of_orders = {name for name in found if f"orders_minor.{name}" in total}
    shown = sorted(of_orders) + sorted(found.keys() - of_orders)[:OTHERS]
    return own | {name: found[name] for name in shown}
