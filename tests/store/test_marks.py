"""What of a value is a person's, by the names and words that mark it."""

from __future__ import annotations

import pytest

from heimta.store.erase import Marks


@pytest.mark.parametrize(
    ("held", "is_theirs"),
    [
        (b'"email":"Ann@B.co"', True),
        (b"<ann@b.co>", True),
        (b"joann@b.co", False),
        (b"ann@b.com", False),
        (b"ann@b.co.uk", False),
        (b"write to ann@b.co.", True),
        (b'"+49 (170) 123-4567"', True),
        (b'"+4917012345678"', False),
    ],
)
def test_an_address_within_a_longer_one_is_another_s(held: bytes, is_theirs: bool) -> None:
    assert Marks("demo", set(), {"ann@b.co", "+491701234567"}).are_in(held) == is_theirs


def test_nobody_has_no_marks() -> None:
    nobody = Marks("demo", set(), {""})
    assert not nobody.are_in(b"anything") and not nobody.may_be_in(b"anything")
