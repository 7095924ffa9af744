"""The page on which an address confirms a yes to e-mail: only its button does, and only in its time."""

from __future__ import annotations

import msgspec
import pytest

from heimta.model.consent import ConsentNote
from heimta.model.person import hub_of
from heimta.model.visitor import ChannelConsent, VisitorState
from heimta.rules.tokens import CONFIRM_AGE_MS, make_confirm
from heimta.store import documents, keys, proofs
from tests.edge.conftest import Asker
from tests.worker.shop import MINUTE, SHOP, T0, VISITOR

HUB = hub_of("demo", "email", "anna@b.example")
FORM = {"act": "confirm"}


def link(at: int = T0) -> str:
    return f"/c/{make_confirm('s' * 43, 'demo', VISITOR, HUB, now=at)}"


async def know(edge: Asker, **more: object) -> None:
    """The address, as its hub is known; by a visitor who reads German."""
    hub = VisitorState("demo", HUB, members={VISITOR: 1}, **more)  # type: ignore[arg-type]
    for state in (hub, VisitorState("demo", VISITOR, lang="de")):
        home = keys.partition_of("demo", state.visitor, 4)
        await edge.redis.set(keys.visitor(home, "demo", state.visitor), msgspec.msgpack.encode(state))


async def noted(edge: Asker) -> list[ConsentNote]:
    logged = await edge.logged()
    assert {kind for kind, _ in logged} <= {"consent"}
    return [msgspec.json.decode(data, type=ConsentNote) for _, data in logged]


async def test_a_look_confirms_nothing_and_the_button_does(edge: Asker) -> None:
    await know(edge)
    for method in ("GET", "HEAD", "GET"):  # programs follow links to see what is behind them
        shown = await edge.http.request(method, link())
        assert shown.status_code == 200
    assert "Ja, schreibt mir" in shown.text and "E-Mails von Demo" in shown.text
    assert "anna" not in shown.text and "<script" not in shown.text
    assert shown.headers["cache-control"] == "no-store" and shown.headers["referrer-policy"] == "no-referrer"
    assert "default-src 'none'" in shown.headers["content-security-policy"]
    assert await noted(edge) == []
    edge.now = T0 + MINUTE
    done = await edge.http.post(link(), data=FORM)
    assert done.status_code == 200 and "Bestätigt" in done.text and "<form" not in done.text
    note = ConsentNote(HUB, "email", True, "confirmed", at=T0 + MINUTE, text="confirm-1.de")
    assert await noted(edge) == [note]
    again = await edge.http.post(link(), data=FORM)
    assert again.status_code == 200 and await noted(edge) == [note, note]


@pytest.mark.parametrize("body", ["", "act=", "act=save", "List-Unsubscribe=One-Click", "x" * 300, "\xff"])
async def test_what_is_not_its_form_confirms_nothing(edge: Asker, body: str) -> None:
    await know(edge)
    answer = await edge.http.post(
        link(), content=body.encode("latin-1"), headers={"content-type": "application/x-www-form-urlencoded"}
    )
    assert answer.status_code == 400 and "Ja, schreibt mir" in answer.text
    assert await noted(edge) == []


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_an_old_link_says_so_and_the_way_out(edge: Asker, method: str) -> None:
    await know(edge)
    edge.now = T0 + CONFIRM_AGE_MS
    answer = await edge.http.request(method, link(), headers={"accept-language": "de"})
    assert answer.status_code == 410
    assert "abgelaufen" in answer.text and "noch einmal ein" in answer.text
    assert f'href="{SHOP.origins[0]}/"' in answer.text
    assert await noted(edge) == []


@pytest.mark.parametrize("shop", ["demo", "nosuch"])
async def test_a_changed_link_says_so(edge: Asker, shop: str) -> None:
    await know(edge)
    changed = link().replace("demo.", f"{shop}.")[:-1] + "_"
    for method in ("GET", "POST"):
        answer = await edge.http.request(method, changed, headers={"accept-language": "is,en"})
        assert answer.status_code == 404
        assert ("This link does not work" if shop == "demo" else "Þessi hlekkur virkar ekki") in answer.text
    assert await noted(edge) == []


@pytest.mark.parametrize(
    "no", [{"stop_at": T0 + 1}, {"consents": {"email": ChannelConsent(no=(T0 + 1, "centre", 0))}}], ids=str
)
async def test_who_unsubscribed_since_confirms_nothing_by_an_older_link(
    edge: Asker, no: dict[str, object]
) -> None:
    await know(edge, **no)
    assert (await edge.http.get(link())).status_code == 410
    assert (await edge.http.post(link(), data=FORM)).status_code == 410
    assert await noted(edge) == []
    assert (await edge.http.post(link(T0 + 1), data=FORM)).status_code == 200
    assert [note.yes for note in await noted(edge)] == [True]


async def test_an_address_that_was_erased_stays_so(edge: Asker) -> None:
    assert (await edge.http.post(link(), data=FORM)).status_code == 410
    assert await noted(edge) == []


async def test_a_shops_own_words_are_kept_for_the_proof(edge: Asker) -> None:
    own = msgspec.structs.replace(SHOP, words={"confirm.page.yes": {"de": "Klar, <gern>"}})
    await documents.put(edge.redis, own, now=T0)
    await edge.shops.refresh()
    await know(edge)
    assert "Klar, &lt;gern&gt;" in (await edge.http.get(link())).text
    assert (await edge.http.post(link(), data=FORM)).status_code == 200
    [note] = await noted(edge)
    assert "yes: Klar, <gern>" in (await proofs.words(edge.redis, "demo"))[note.text]
