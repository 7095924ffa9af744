"""What leaves is what the RFCs print, byte for byte: RFC 8291 Appendix A, RFC 8292 section 2.4.

The only things taken out of our hands are the two that must be random: the sender's key and the salt. An
ES256 signature is random too, so of RFC 8292's token the signed part is compared, and its own verified.
"""

from __future__ import annotations

import base64
import os

import http_ece
import pytest
import pywebpush
from aiohttp import web
from aiohttp.test_utils import TestServer
from cryptography.hazmat.primitives.asymmetric import ec
from py_vapid import Vapid02

from heimta.channels.result import SENT
from heimta.channels.vapid import LIFE_S, VapidHeaders, load_keys
from heimta.channels.webpush import WebPush
from heimta.model.event import Keys, Subscription

# RFC 8291 Appendix A
TEXT = b"When I grow up, I want to be a watermelon"
SENDER = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"
RECEIVER = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
AUTH = "BTBZMqHH6r4Tts7J_aSIgg"
SALT = "DGv6ra1nlYgDCS1FRnbzlw"
BODY = (
    "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6Tlz"
    "AC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
)
# RFC 8292 section 2.4
EXPIRES_S = 1_453_523_768
SIGNED = (
    "eyJ0eXAiOiJKV1QiLCJhbGciOiJFUzI1NiJ9.eyJhdWQiOiJodHRwczovL3B1c2guZXhhbXBsZS5uZXQiLCJleHAiOjE0NTM"
    "1MjM3NjgsInN1YiI6Im1haWx0bzpwdXNoQGV4YW1wbGUuY29tIn0"
)
HEADER = (
    f"vapid t={SIGNED}.i3CYb7t4xfxCDquptFOepC9GAu_HLGkMlMuCGSK2rpiUfnK9ojFwDXb1JrErtmysazNjjvW2L9OkSSHz"
    "voD1oA,k=BA1Hxzyi1RUM1b5wjxsn7nGxAszw2u61m164i3MrAIxHF6YK5h4SDYic-dRuU_RCPCfA5aq9ojSwk5Y2EmClBPs"
)


def unb64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


async def test_the_body_that_leaves_is_that_of_rfc_8291(monkeypatch: pytest.MonkeyPatch) -> None:
    sender = ec.derive_private_key(int.from_bytes(unb64(SENDER), "big"), ec.SECP256R1())
    monkeypatch.setattr(pywebpush.ec, "generate_private_key", lambda *_: sender)
    random = os.urandom
    monkeypatch.setattr(http_ece.os, "urandom", lambda size: unb64(SALT) if size == 16 else random(size))
    bodies: list[bytes] = []

    async def take(request: web.Request) -> web.Response:
        bodies.append(await request.read())
        return web.Response(status=201)

    app = web.Application()
    app.router.add_post("/push", take)
    async with TestServer(app) as server:
        origin = f"http://127.0.0.1:{server.port}"
        to = Subscription(f"{origin}/push", Keys(RECEIVER, AUTH))
        keys = load_keys(SENDER, "mailto:push@example.com")
        async with WebPush(extra_origins=[origin]) as push:
            answer = await push.send(to, TEXT, topic="", ttl_s=0, urgency="normal", keys=keys, now=0)
    assert answer == SENT
    assert bodies == [unb64(BODY)]


def test_the_claims_that_are_signed_are_those_of_rfc_8292() -> None:
    keys = load_keys(SENDER, "mailto:push@example.com")
    made = VapidHeaders().get(keys, "https://push.example.net", now=(EXPIRES_S - LIFE_S) * 1000)
    token, _, key = made.removeprefix("vapid t=").partition(",k=")
    assert token.rpartition(".")[0] == SIGNED
    assert key == keys.public and Vapid02.verify(made)


def test_what_verifies_ours_verifies_the_rfcs_own() -> None:
    assert Vapid02.verify(HEADER)
    assert not Vapid02.verify(HEADER.replace("i3CYb7t4", "i3CYb7t5"))
