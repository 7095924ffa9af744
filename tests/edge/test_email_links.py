"""The links of a mail that a real SMTP server took, opened by somebody who was never in the shop."""

from __future__ import annotations

import re
import time
from email import message_from_bytes
from email.policy import default
from functools import partial
from urllib.parse import urlsplit

import msgspec
import pytest
from itsdangerous import TimestampSigner

from heimta.channels.email import Smtp
from heimta.channels.result import SENT
from heimta.model.message import DeliveryNote
from heimta.model.preferences import PreferencesNote
from heimta.model.visitor import VisitorState
from heimta.rules.mail.returns import make_return
from heimta.rules.tokens import RESTORE_AGE_S
from heimta.store import keys, restore
from heimta.worker.carriers.email import EmailCarrier
from heimta.worker.carriers.job import Job
from heimta.worker.effects import ShopContext
from heimta.worker.pack import Packer
from tests.channels.email_job import job
from tests.edge.conftest import Asker
from tests.rules.test_bounces import DSN
from tests.stubs.smtp import MailServer
from tests.worker.shop import CART, JOURNEY, SHOP

EDGE = "https://edge.example"


async def mailed(edge: Asker) -> tuple[str, str, str]:
    """(text part, restore path, settings path) of a mail, packed and sent as the worker does."""
    kept = edge.shops.get("demo")
    assert kept is not None
    given = job()
    async with MailServer() as server:
        mail = msgspec.structs.replace(given.shop.email, port=server.port)
        shop = msgspec.structs.replace(SHOP, email=mail)
        context = ShopContext(shop, {}, {"cart": (JOURNEY, 1)})
        home = keys.partition_of("demo", given.state.visitor, 4)
        packer = Packer(edge_url=EDGE, keep_row=partial(restore.keep, edge.redis))
        given.state.carts[CART] = given.cart
        packed: Job = await packer.pack(
            given.message,
            given.step,
            given.state,
            context,
            kept.secrets,
            partition=home,
            coupon=None,
            service=False,
            now=edge.now,
        )
        carrier = EmailCarrier(Smtp())
        assert await carrier.send(packed) == SENT
        await carrier.close()
    arrived = message_from_bytes(server.mails[0].data, policy=default)
    body = arrived.get_body(("plain",))
    assert body is not None
    text = body.get_content()
    [link] = re.findall(rf"{EDGE}/r/\S+", text)
    return text, urlsplit(link).path, urlsplit(str(arrived["List-Unsubscribe"])[1:-1]).path


async def test_the_way_back_fills_the_cart_in_a_fresh_browser_until_it_expires(edge: Asker) -> None:
    _, path, _ = await mailed(edge)
    answer = await edge.http.get(path, headers={"cookie": ""})
    assert answer.status_code == 302
    assert answer.headers["location"].startswith(f"{SHOP.origins[0]}/cart/wool:2,hat:1?heimta_r=demo.")
    assert answer.headers["cache-control"] == "no-store"
    for row in await edge.redis.keys("*:restore:*"):
        assert 0 < await edge.redis.ttl(row) <= keys.RESTORE_TTL_S
        await edge.redis.delete(row)
    assert (await edge.http.get(path)).status_code == 410


async def test_a_link_of_last_week_has_expired(edge: Asker, monkeypatch: pytest.MonkeyPatch) -> None:
    signed_at = round(time.time()) - RESTORE_AGE_S - 60
    with monkeypatch.context() as then:
        then.setattr(TimestampSigner, "get_timestamp", lambda self: signed_at)
        _, path, _ = await mailed(edge)
    assert (await edge.http.get(path)).status_code == 410


async def test_one_changed_bit_and_the_way_back_is_none(edge: Asker) -> None:
    _, path, _ = await mailed(edge)
    before = len("/r/demo.")
    for place in range(before, len(path)):
        for bit in range(7):
            other = chr(ord(path[place]) ^ 1 << bit)
            if not (other.isalnum() or other in "-_.") or not other.isascii():
                continue  # not one letter of an address any more
            answer = await edge.http.get(path[:place] + other + path[place + 1 :])
            assert answer.status_code == 404, (place, bit)


async def test_one_click_ends_it_without_a_cookie_and_a_look_changes_nothing(edge: Asker) -> None:
    _, _, path = await mailed(edge)
    state = VisitorState("demo", job().state.visitor)
    home = keys.partition_of("demo", state.visitor, 4)
    await edge.redis.set(keys.visitor(home, "demo", state.visitor), msgspec.msgpack.encode(state))
    for _ in range(3):  # programs follow links to see what is behind them
        assert (await edge.http.get(path)).status_code == 200
    assert await edge.logged() == []
    posted = await edge.http.post(
        path,
        content=b"List-Unsubscribe=One-Click",
        headers={"content-type": "application/x-www-form-urlencoded"},
    )
    assert posted.status_code == 200
    notes = [data for kind, data in await edge.logged() if kind == "preferences"]
    assert [msgspec.json.decode(note, type=PreferencesNote).stop for note in notes] == [True]


async def test_a_bounce_is_taken_from_the_shops_mail_server_alone(edge: Asker) -> None:
    kept = edge.shops.get("demo")
    assert kept is not None
    visitor = job().state.visitor
    back = make_return(kept.secrets.signing, "demo", "bounces@shop.example", visitor, "0a1b2c")
    report = DSN.format(to=back, action="failed", status="5.1.1").encode()
    unsigned = await edge.http.post("/hooks/demo/bounces", content=report)
    assert unsigned.status_code == 401 and await edge.logged() == []
    taken = await edge.hook("/hooks/demo/bounces", report)
    assert (taken.status_code, taken.json()) == (200, {"ok": 1, "kind": "dead"})
    [(kind, data)] = await edge.logged()
    note = msgspec.json.decode(data, type=DeliveryNote)
    assert (kind, note.vid, note.outcome, note.address) == ("delivery", visitor, "gone", "0a1b2c")
    assert (await edge.hook("/hooks/demo/bounces", b"x" * (256 * 1024 + 1))).status_code == 413
