"""Fold how far a session came, what happened in its checkout's fields, and which carts met a fault. Pure.

What is counted follows from the state alone: it is worked out before and after, and the difference is
counted. So it does not matter in which order events came, nor how often. A session counts in the hour it
began in, a cart that met a fault in the hour it first did.

Names of faults come from strangers' browsers: a visitor keeps a few, and the store a few of each day.
"""

from __future__ import annotations

from collections import Counter
from functools import lru_cache

from heimta.ingest.batch import Event
from heimta.model.event import CartUpdated, CheckoutFields, CheckoutStepReached, FaultMet, FieldLeft
from heimta.model.visitor import Checkout, Faulty, Session, Stamp, VisitorState
from heimta.stats.funnel import ALWAYS, STEPS
from heimta.worker.effects import Effects

BIT = {step: 1 << place for place, step in enumerate(STEPS)}
# A step named by checkout_step_reached is looked up by its own name.
OF_FUNNEL = {
    "product_viewed": BIT["product"],
    "cart_updated": BIT["cart"],
    "checkout_started": BIT["checkout"],
    "checkout_step_reached": 0,
    "payment_info_added": BIT["paid"],
    "checkout_fields": BIT["checkout"],
    "order_completed": BIT["order"],
}
_FLAGS = {"entered": 1, "wrong": 2, "corrected": 4, "empty": 8}  # of a kind of field, in one session

# What a visitor keeps: the first by time, and beyond that none, so that what was counted stays counted.
KEEP_FAULTY_CARTS = 20
KEEP_FAULTS = 20  # a cart

LONGEST_MS = 600_000  # in a field; a page may lie open over lunch

NOTHING: set[str] = set()
Tally = Counter[tuple[str, int]]  # (metric, ms) -> count


def fold_funnel(state: VisitorState, session: Session, event: Event, stamp: Stamp, effects: Effects) -> None:
    """Called for every event of OF_FUNNEL: most are of a step that the session has reached before."""
    bit = OF_FUNNEL[event.name]
    if session.reached & bit and event.name != "checkout_fields":
        return
    props = event.props
    if isinstance(props, CheckoutStepReached):
        bit = BIT[props.step]
    elif isinstance(props, CartUpdated) and not props.cart.lines:
        return
    is_fields = isinstance(props, CheckoutFields)
    if session.reached & bit and not is_fields:
        return
    before, stood = _fields_words(session), session.reached
    session.reached |= bit
    for word in _gained(stood, session.reached):
        effects.count(state.shop, word, session.start)
    if is_fields:
        assert isinstance(props, CheckoutFields)
        _fields(state, session, props, stamp, effects)
    after = _fields_words(session)
    for word in after - before:
        effects.count(state.shop, word, session.start)
    for word in before - after:
        effects.count(state.shop, word, session.start, -1)


def move_funnel(state: VisitorState, session: Session, begun: int, effects: Effects) -> None:
    """The session began earlier than at `begun`, as is known now."""
    if session.reached:
        for word in (*_gained(0, session.reached), *_fields_words(session)):
            effects.move(state.shop, word, begun, session.start)


@lru_cache(maxsize=1024)
def _gained(before: int, now: int) -> tuple[str, ...]:
    """The metrics that a session counts in, once each, now that it has reached more. The same few, always."""
    far = STEPS[before.bit_length() : now.bit_length()]
    seen = [step for step, bit in BIT.items() if bit & now & ~before and step not in ALWAYS]
    return *(f"funnel.{step}" for step in far), *(f"step.{step}" for step in seen)


def _fields_words(session: Session) -> set[str]:
    """Those that it counts in for its fields; the one it stopped at no longer once there is an order."""
    checkout = session.checkout
    if checkout is None:
        return NOTHING
    words = {
        f"field.{kind}.{name}"
        for kind, flags in checkout.fields.items()
        for name, flag in _FLAGS.items()
        if flags & flag
    }
    if checkout.stop and not session.reached & BIT["order"]:
        words.add(f"field.{checkout.stop}.stopped")
    return words


def _fields(
    state: VisitorState, session: Session, props: CheckoutFields, stamp: Stamp, effects: Effects
) -> None:
    if session.checkout is None:
        session.checkout = Checkout({})
    checkout = session.checkout
    for field in props.fields:
        checkout.fields[field.kind] = checkout.fields.get(field.kind, 0) | _flags(field)
        effects.count(state.shop, f"field.{field.kind}.ms", stamp[0], min(field.ms, LONGEST_MS))
    if not props.last:
        return
    # It may have been told of before: it was entered all the same.
    checkout.fields[props.last] = checkout.fields.get(props.last, 0) | _FLAGS["entered"]
    if stamp > checkout.stamp:
        checkout.stop, checkout.stamp = props.last, stamp


def _flags(field: FieldLeft) -> int:
    return (
        _FLAGS["entered"]
        | (_FLAGS["wrong"] if field.state == "error" else 0)
        | (_FLAGS["corrected"] if field.changes > 1 else 0)
        | (_FLAGS["empty"] if field.state == "empty" else 0)
    )


def met_fault(state: VisitorState, event: Event, stamp: Stamp, effects: Effects) -> None:
    props = event.props
    assert isinstance(props, FaultMet)
    name = f"{props.kind} {props.what}"
    effects.count(state.shop, f"fault.times.{name}", event.at)
    if not props.cart:
        return
    met = state.faults.setdefault(props.cart, Faulty({})).met
    met[name] = min(met.get(name, event.at), event.at)
    if len(met) > KEEP_FAULTS:
        del met[max(met, key=lambda name: (met[name], name))]
    if len(state.faults) > KEEP_FAULTY_CARTS:
        del state.faults[max(state.faults, key=lambda cart: (_first(state.faults[cart]), cart))]


def _first(faulty: Faulty) -> int:
    return min(faulty.met.values())


def tally_faults(state: VisitorState) -> Tally:
    """What the carts that met a fault count."""
    tally: Tally = Counter()
    for faulty in state.faults.values():
        first = _first(faulty)
        tally["faults.carts", first] += 1
        tally["faults.ordered", first] += faulty.ordered
        tally[f"faults_minor.{faulty.currency}", first] += faulty.minor
        for name, at in faulty.met.items():
            tally[f"fault.carts.{name}", at] += 1
            tally[f"fault.ordered.{name}", at] += faulty.ordered
    return tally


def settle_faults(state: VisitorState, before: Tally, effects: Effects) -> None:
    """Find anew what became of those carts, and count the difference to `before`."""
    for cart_id, faulty in state.faults.items():
        cart = state.carts.get(cart_id)
        if cart is not None:
            faulty.ordered = bool(cart.order) or state.has_bought(cart)
            faulty.minor = 0 if faulty.ordered else cart.cart.total_minor or 0
            faulty.currency = cart.cart.currency
    after = tally_faults(state)
    for metric, at in before.keys() | after.keys():
        by = after[metric, at] - before[metric, at]
        if by:
            effects.count(state.shop, metric, at, by)
