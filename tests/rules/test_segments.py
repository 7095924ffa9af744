"""What an SMS costs: segments, counted as telephones count them."""

from __future__ import annotations

import pytest

from heimta.rules.segments import plain, segments


@pytest.mark.parametrize(
    ("text", "count", "coding"),
    [
        ("a" * 160, 1, "GSM-7"),
        ("a" * 161, 2, "GSM-7"),
        ("a" * 306, 2, "GSM-7"),
        ("a" * 307, 3, "GSM-7"),
        ("äöüßÄÖÜéà\n", 1, "GSM-7"),
        ("€" * 80, 1, "GSM-7"),  # two each
        ("€" * 81, 2, "GSM-7"),
        ("a" * 152 + "€" + "a" * 10, 2, "GSM-7"),  # the escape and its letter stay together
        ("ð" * 70, 1, "UCS-2"),
        ("ð" * 71, 2, "UCS-2"),
        ("ð" * 134, 2, "UCS-2"),
        ("ð" * 135, 3, "UCS-2"),
        ("😀" * 35, 1, "UCS-2"),
        ("😀" * 36, 2, "UCS-2"),
        ("😀" * 67, 3, "UCS-2"),  # 33 to a part: the 34th would be torn
        ("ç", 1, "UCS-2"),  # the alphabet has the large one only
        ("", 1, "GSM-7"),
    ],
    ids=range(17),
)
def test_segments_are_counted(text: str, count: int, coding: str) -> None:
    found = segments(text)
    assert (found.count, found.coding) == (count, coding)


def test_the_letters_that_make_it_dear_are_named_once() -> None:
    assert segments("Það er þín").odd == "Þðþí"


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("\u201cIt\u2019s waiting\u201d \u2013 now\u2026", '"It\'s waiting" - now...'),
        ("10\u00a0%\u202foff", "10 % off"),
        ("„Þín“", "„Þín“"),  # dear anyway: then as it was written
        ("a\u00adb\u200bc", "abc"),
    ],
)
def test_typographic_signs_are_spared_where_that_spares_money(text: str, wanted: str) -> None:
    assert plain(text) == wanted
