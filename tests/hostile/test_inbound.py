"""What gateways and Meta send is signed and still not believed: whatever the door takes, the worker folds."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from urllib.parse import urlencode

import msgspec
import pytest

from heimta.model.providers import Facebook, Sms
from heimta.rules.provider_signatures import meta, twilio
from heimta.rules.refs import make_ref
from heimta.store import documents, psids, secrets
from tests.edge.conftest import Asker
from tests.hostile.replay import fold_everything, with_each_value
from tests.stubs.graph import APP_SECRET, PAGE
from tests.stubs.twilio import ACCOUNT, TOKEN
from tests.worker.shop import SHOP, T0, VISITOR

PSID = "7654321"
VALUES = (
    *(b"null", b"-1", b"1e400", b"99999999999999999999", b"[" * 70 + b"]" * 70, b"{}"),
    *(b'"stop"', b'"\\u0000"', b'"\\ud800"', b'"' + b"x" * 5000 + b'"'),
)
WORDS = ("", "stop", "START", "\x00", "\ud7ff", "x" * 5000, "+491701234567", "{p00}:log", "\r\nX: y", "99")


@pytest.fixture
async def hooked(edge: Asker) -> AsyncIterator[Asker]:
    shop = msgspec.structs.replace(SHOP, sms=Sms(ACCOUNT, "+4915199999999"), facebook=Facebook(PAGE))
    await documents.put(edge.redis, shop, now=T0)
    for name, value in {"sms_token": TOKEN, "facebook_app": APP_SECRET}.items():
        await secrets.set_provider(edge.redis, "demo", name, value)
    await edge.shops.refresh()
    await psids.link(edge.redis, "demo", PSID, VISITOR, 4, at=T0)
    yield edge


async def test_no_value_that_meta_could_send_is_too_odd(hooked: Asker) -> None:
    came = {"payload": "x", "referral": {"ref": make_ref("s" * 43, "demo", VISITOR, now=T0)}}
    one = {"sender": {"id": PSID}, "timestamp": T0, "message": {"text": "stop"}}
    two = {"sender": {"id": PSID}, "timestamp": str(T0), "postback": came}
    good = {"object": "page", "entry": [{"id": PAGE, "messaging": [one, two]}]}
    statuses: Counter[int] = Counter()
    for value in VALUES:
        for body in with_each_value(good, value):
            signed = meta(APP_SECRET, body)
            answer = await hooked.post("/hooks/demo/messenger", body, x_hub_signature_256=signed)
            statuses[answer.status_code] += 1
    assert set(statuses) == {200, 400} and statuses[200] > statuses[400]
    assert await fold_everything(hooked) > 100


async def test_no_word_that_a_gateway_could_send_is_too_odd(hooked: Asker) -> None:
    good = {"MessageSid": "SM1", "From": "+491701234567", "To": "+4915199999999", "Body": "STOP"}
    more = {"OptOutType": "STOP", "MessageStatus": "failed", "ErrorCode": "21610"}
    statuses: Counter[int] = Counter()
    for number, (field, word) in enumerate((f, w) for f in (*good, *more) for w in WORDS):
        told = {**good, "MessageSid": f"SM{number}", field: word}
        signed = twilio(TOKEN, "https://edge/hooks/demo/sms", told.items())
        answer = await hooked.post("/hooks/demo/sms", urlencode(told).encode(), x_twilio_signature=signed)
        statuses[answer.status_code] += 1
    assert set(statuses) == {200}
    assert await fold_everything(hooked) > 20
