"""Half a letter in one name must not cost a batch its other events."""

from __future__ import annotations

import pytest

from heimta.ingest.batch import admit, read_batch
from heimta.ingest.decode import BadBody
from heimta.model.event import ProductViewed
from tests.hostile import good
from tests.worker.shop import T0


def body(name: bytes) -> bytes:
    told = good.batch(T0)
    sku = {"sku": "hat", "name": "@name@", "currency": "EUR", "exponent": 2}
    told["ev"] = [{"n": 0, "t": "product_viewed", "at": T0, "u": "/", "p": sku}]
    return good.packed(told).replace(b"@name@", name)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (rb"Hat \ud83d", "Hat \ufffd"),  # cut in the middle, as JSON.stringify writes it
        (rb"\uDE00 Hat", "\ufffd Hat"),
        (rb"\ude00\ud83d", "\ufffd\ufffd"),
        (rb"\ud83d\ude00 \ud83d", "\U0001f600 \ufffd"),  # whole ones stay
        (rb"\ud83d\ude00", "\U0001f600"),
    ],
)
def test_half_a_letter_is_read_as_such(written: bytes, read: str) -> None:
    events, dropped = admit(read_batch(body(written)), received=T0)
    assert dropped == []
    [event] = events
    assert isinstance(event.props, ProductViewed) and event.props.name == read


def test_what_is_wrong_otherwise_stays_refused() -> None:
    with pytest.raises(BadBody):
        read_batch(body(rb"\ud83d") + b"}")
