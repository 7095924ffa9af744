"""The link in an old mail, once another customer has signed in on the browser that the mail was for."""

from __future__ import annotations

import json

import msgspec
import pytest

from heimta.model.person import hub_of
from heimta.model.visitor import NEVER, Identity, VisitorState
from heimta.rules.tokens import make_preferences
from heimta.store import keys
from tests.edge.conftest import Asker
from tests.edge.test_preferences import know, proven
from tests.worker.shop import OTHER, T0, VISITOR

ANNAS = hub_of("demo", "email", "anna@post.example")
LINK = f"/u/{make_preferences('s' * 43, 'demo', VISITOR, ANNAS)}"
BENS = Identity(
    id="c-2",
    id_of=(T0 + 2, "s", 2),
    email="ben@post.example",
    email_of=(T0 + 2, "s", 2),
    other_of=(T0, "s", 0),
    signed=[(T0 + 2, "s", 2)],
)


async def test_a_stop_by_an_old_mail_is_none_of_who_signed_in_since(edge: Asker) -> None:
    """Anna's address hears it, and so all her browsers; Ben, whose tablet it is now, said nothing."""
    await know(edge, identity=BENS)
    members = VisitorState("demo", ANNAS, members={OTHER: 1})
    home = keys.partition_of("demo", ANNAS, 4)
    await edge.redis.set(keys.visitor(home, "demo", ANNAS), msgspec.msgpack.encode(members))
    page = await edge.http.get(LINK)
    assert "checked" not in page.text and 'value="stop"' in page.text, "nor is shown what he chose"
    assert (await edge.http.post(LINK, content=b"List-Unsubscribe=One-Click")).status_code == 200
    logged = [json.loads(data) for _, data in await edge.logged()]
    assert {note["vid"] for note in logged} == {ANNAS} and any(note.get("stop") for note in logged)
    assert await proven(edge) == []
    assert [what for what, _, _ in await proven(edge, ANNAS)] == ["stop"]


@pytest.mark.parametrize("known", [None, {"other_of": NEVER}, {"email_other": (T0 + 1, "s", 1)}])
async def test_who_has_another_address_by_now_is_stopped_too(
    edge: Asker, known: dict[str, object] | None
) -> None:
    """It may be the same person's: rather one message too few."""
    if known is not None:
        await know(edge, identity=msgspec.structs.replace(BENS, **known))
    assert (await edge.http.post(LINK, content=b"List-Unsubscribe=One-Click")).status_code == 200
    logged = [json.loads(data) for _, data in await edge.logged()]
    assert {note["vid"] for note in logged} == {VISITOR, ANNAS}
