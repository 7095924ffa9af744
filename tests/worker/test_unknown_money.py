"""A cart whose total, or a line's price, could not be read: left out, and nobody makes a 0 of it."""

from __future__ import annotations

import msgspec

from heimta.console.sentences import cart_change
from heimta.model.cart import Cart, Line
from heimta.worker.orders import in_own_units

KNOWN = Cart("AAAAAAAAAAA", "JPY", 2, 500_00, (Line("hat", "Hat", 2, 250_00),))
UNKNOWN = Cart("AAAAAAAAAAA", "JPY", 2, lines=(Line("hat", "Hat", 2),))


def test_what_is_left_out_is_unknown_and_stays_left_out() -> None:
    told = b'{"id":"AAAAAAAAAAA","currency":"JPY","exponent":2,"lines":[{"sku":"hat","name":"Hat","qty":2}]}'
    assert msgspec.json.decode(told, type=Cart) == UNKNOWN
    assert msgspec.json.encode(UNKNOWN) == told


def test_another_exponent_makes_no_number_of_it() -> None:
    cart = in_own_units(UNKNOWN)
    assert (cart.exponent, cart.total_minor, cart.lines[0].unit_minor) == (0, None, None)
    cart = in_own_units(KNOWN)
    assert (cart.exponent, cart.total_minor, cart.lines[0].unit_minor) == (0, 500, 250)


def test_a_merchant_reads_that_it_is_unknown() -> None:
    assert cart_change(None, UNKNOWN).endswith("(total unknown)")
    assert "JPY" in cart_change(None, KNOWN)
