"""What is inside a push, and that it always fits."""

from __future__ import annotations

import json
from typing import Any

import pytest

from heimta.channels.push_payload import ELLIPSIS, MAX_PAYLOAD, build

GOOD: dict[str, str] = {
    "title": "Karfan þín bíður",
    "body": "2 Mützen, 59,80 €",
    "navigate": "https://edge.example/r/abc",
    "tag": "m-1",
    "lang": "is",
    "vid": "v" * 22,
    "message": "m-1",
}


def shown(**change: str) -> dict[str, Any]:
    payload = build(**(GOOD | change))
    assert len(payload) <= MAX_PAYLOAD
    read = json.loads(payload)
    assert read["web_push"] == 8030
    notification: dict[str, Any] = read["notification"]
    return notification


def test_the_payload_is_what_the_wire_says() -> None:
    assert shown(icon="https://s.example/i.png", image="https://s.example/p.jpg") == {
        "title": GOOD["title"],
        "body": GOOD["body"],
        "navigate": GOOD["navigate"],
        "tag": "m-1",
        "icon": "https://s.example/i.png",
        "image": "https://s.example/p.jpg",
        "lang": "is",
        "data": {"m": "m-1", "v": "v" * 22},
    }


def test_the_button_leads_to_the_settings_in_browsers_and_in_our_worker() -> None:
    link = "https://edge.example/u/abc"
    read = json.loads(build(**GOOD, settings=("Settings or stop", link)))["notification"]
    assert read["actions"] == [{"action": "settings", "title": "Settings or stop", "navigate": link}]
    assert read["data"] == {"m": "m-1", "v": "v" * 22, "p": link}


def test_an_absent_picture_is_absent() -> None:
    assert not {"icon", "image"} & shown().keys()


@pytest.mark.parametrize("char", ["a", "ü", "あ", "🛒", '"', "\\", "\n", "\x01"], ids=ascii)
def test_a_long_body_is_cut_at_a_character_and_fills_the_room(char: str) -> None:
    body = shown(body=char * 5000)["body"]
    assert body.endswith(ELLIPSIS)
    assert set(body[:-1]) <= {char}
    if not char.isspace():
        assert len(build(**(GOOD | {"body": char * 5000}))) > MAX_PAYLOAD - 8


def test_a_body_that_just_fits_is_left_alone() -> None:
    room = MAX_PAYLOAD - len(build(**(GOOD | {"body": ""})))
    assert shown(body="x" * room)["body"] == "x" * room
    assert shown(body="x" * (room + 1))["body"] == "x" * (room - 3) + ELLIPSIS


@pytest.mark.parametrize("joined", ["e\u0301", "👩\u200d🚀", "❤\ufe0f"], ids=ascii)
def test_no_accent_and_no_joiner_is_cut_from_its_letter(joined: str) -> None:
    for shift in range(8):
        body = shown(body="." * shift + joined * 2000)["body"].rstrip(ELLIPSIS)
        rest = body[shift:].removesuffix("👩")  # a person without the rocket is whole again
        assert rest == joined * (len(rest) // len(joined))


def test_a_long_title_gives_way_after_the_body() -> None:
    notification = shown(title="T" * 5000, body="B" * 5000)
    assert notification["body"] == ""
    assert notification["title"].startswith("T" * 3000) and notification["title"].endswith(ELLIPSIS)


def test_links_are_never_cut() -> None:
    with pytest.raises(ValueError, match="leave no room"):
        build(**(GOOD | {"navigate": "https://edge.example/" + "x" * MAX_PAYLOAD}))
