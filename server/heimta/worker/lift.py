"""Keep the lift's sums: who met a campaign in which arm, and what they ordered afterwards. Pure.

Sums are written as differences between what an exposure stood for before and after, so late events,
late orders and copies lead to the same sums.
"""

from __future__ import annotations

from heimta.model.currency import counted_in
from heimta.model.orders import OrderState, PersonOrder
from heimta.model.visitor import Exposure, VisitorState
from heimta.worker.effects import Effects, ShopContext
from heimta.worker.person_orders import of_the_person


def meet(state: VisitorState, name: str, exposure: Exposure, context: ShopContext, effects: Effects) -> bool:
    """A campaign was met. Only the first time counts, by its stamp. True when it is the first so far.

    name: the campaign's id, or `j.` and a journey's.
    """
    held = state.exposures.get(name)
    if held is not None and held.stamp <= exposure.stamp:
        return False
    if held is not None:
        _add(state, name, held, context, effects, -1)
    exposure.currency = context.shop.currency
    state.exposures[name] = exposure
    _add(state, name, exposure, context, effects, 1)
    settle(state, name, context, effects)
    return True


def _add(
    state: VisitorState, name: str, exposure: Exposure, context: ShopContext, effects: Effects, sign: int
) -> None:
    shop, arm = state.shop, exposure.arm
    effects.count(shop, f"c.{name}.{arm}.exposed", exposure.stamp[0], sign)
    if not state.preview:
        _sum(state, name, exposure, context, effects, sign)


def _sum(
    state: VisitorState, name: str, exposure: Exposure, context: ShopContext, effects: Effects, sign: int
) -> None:
    shop, arm, under = state.shop, exposure.arm, _counted(name, exposure, context)
    effects.sum(shop, under, arm, "n", sign)
    effects.sum(shop, under, arm, "converted", sign * bool(exposure.orders))
    effects.sum(shop, under, arm, "revenue_minor", sign * exposure.revenue_minor)
    effects.sum(shop, under, arm, "revenue_sq", sign * exposure.revenue_minor**2)


def _counted(name: str, exposure: Exposure, context: ShopContext) -> str:
    return counted_in(name, exposure.currency, context.first_currency)


def withdraw_from_lift(state: VisitorState, context: ShopContext, effects: Effects) -> None:
    """It is the merchant's browser: it never counts in the lift, whatever it met before that was known."""
    for name, exposure in state.exposures.items():
        _sum(state, name, exposure, context, effects, -1)
    state.preview = True


def settle(state: VisitorState, name: str, context: ShopContext, effects: Effects) -> None:
    """Bring the sums up to date with the orders inside an exposure's goal window.

    Own orders, and the person's. Not one that is known by a restore link or a code alone: a holdout visitor
    has neither, so it would not be seen for them.
    """
    exposure = state.exposures[name]
    known: list[OrderState | PersonOrder] = [*state.orders.values(), *of_the_person(state, exposure)]
    inside = [order for order in known if earns(name, exposure, order, context)]
    revenue = exposure.past_minor + sum(order.minor for order in inside)
    orders = exposure.past_orders + len(inside)
    if not state.preview:
        shop, arm, under = state.shop, exposure.arm, _counted(name, exposure, context)
        effects.sum(shop, under, arm, "converted", bool(orders) - bool(exposure.orders))
        effects.sum(shop, under, arm, "revenue_minor", revenue - exposure.revenue_minor)
        effects.sum(shop, under, arm, "revenue_sq", revenue**2 - exposure.revenue_minor**2)
    exposure.revenue_minor, exposure.orders = revenue, orders


def settle_all(state: VisitorState, context: ShopContext, effects: Effects) -> None:
    for name in state.exposures:
        settle(state, name, context, effects)


def earns(name: str, exposure: Exposure, order: OrderState | PersonOrder, context: ShopContext) -> bool:
    """Whether the order lies within the exposure's goal window. Sums of two currencies would mean nothing."""
    start = exposure.stamp[0]
    own = exposure.currency or context.first_currency or context.shop.currency
    return order.currency == own and start <= order.at <= start + context.goal_ms(name)
