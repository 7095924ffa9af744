"""What is chosen behind the link in a mail is the address's; only there it shows what its browsers chose."""

from __future__ import annotations

from urllib.parse import urlencode

import msgspec

from heimta.ingest.entry import PassedNote
from heimta.model.person import hub_of
from heimta.model.preferences import PAUSE_MS
from heimta.model.providers import Email
from heimta.model.visitor import ChannelConsent, Preferences, VisitorState
from heimta.rules.tokens import make_preferences
from heimta.store import documents, keys
from tests.edge.conftest import Asker
from tests.edge.test_preferences import ASKED, FORM, LINK, MAIL, consents, know
from tests.worker.shop import SHOP, T0, VISITOR


async def test_a_choice_by_a_mail_is_told_to_the_address_and_one_on_the_page_is_not(edge: Asker) -> None:
    hub = hub_of("demo", "email", "ann@post.example")
    await know(edge)
    link = f"/u/{make_preferences('s' * 43, 'demo', VISITOR, hub)}"
    form = urlencode({"act": "save", "topic": "", "pace": "pause"})
    assert (await edge.http.post(link, content=form)).status_code == 200
    logged = dict(await edge.logged())
    assert set(logged) == {"preferences", "relay"}
    told = msgspec.json.decode(logged["relay"], type=PassedNote)
    until = edge.now + PAUSE_MS
    chosen = Preferences(["cart"], "normal", until, (edge.now, "link", 0))
    assert told == PassedNote(hub, hub, chosen=chosen, by=hub)
    page = {"vid": VISITOR, "act": "save", "topic": [], "pace": "pause"}
    assert (await edge.http.post(ASKED, json=page)).status_code == 200
    assert sorted(kind for kind, _ in await edge.logged()) == ["preferences", "preferences", "relay"]


async def test_a_mails_link_shows_what_the_browsers_of_its_address_chose_and_the_shops_page_does_not(
    edge: Asker,
) -> None:
    hub, other = hub_of("demo", "email", "ann@post.example"), "w" * 22
    heard = {other: Preferences(["cart"], "less", 0, (T0, "", 0))}
    await know(edge, choices_heard=heard)
    link = f"/u/{make_preferences('s' * 43, 'demo', VISITOR, hub)}"
    home = keys.partition_of("demo", hub, 4)
    for members, is_shown in (({VISITOR: 1}, False), ({VISITOR: 1, other: 1}, True)):
        state = VisitorState("demo", hub, members=members)
        await edge.redis.set(keys.visitor(home, "demo", hub), msgspec.msgpack.encode(state))
        page = await edge.http.get(link)
        assert ('value="less" checked' in page.text) == is_shown
        assert ('value="cart">' in page.text) == is_shown
    for of_browser in (await edge.http.get(LINK), await edge.http.post(ASKED, json={"vid": VISITOR})):
        assert "less" in of_browser.text and "checked" not in _less_of(of_browser.text)


async def test_one_channel_switched_on_by_a_mail_is_the_address_s_own_word(edge: Asker) -> None:
    """Which needs no other confirmation (rules/consented.py); on the page it may be anybody's."""
    hub = hub_of("demo", "email", "a@b.example")
    no = {"email": ChannelConsent(yes=(T0, "given", 0), no=(T0 - 1, "centre", 0))}  # typed after the no
    mailing = msgspec.structs.replace(SHOP, email=Email("Demo <hello@shop.example>", "smtp.shop.example"))
    await documents.put(edge.redis, mailing, now=T0)
    await edge.shops.refresh()
    await know(edge, identity=MAIL, consents=no)
    form = [*FORM.items(), ("channel", ""), ("channel", "push"), ("channel", "email")]
    link = f"/u/{make_preferences('s' * 43, 'demo', VISITOR, hub)}"
    assert 'value="email">' in (await edge.http.get(link)).text, "not confirmed, so it is off"
    assert (await edge.http.post(link, content=urlencode(form).encode())).status_code == 200
    told = {(note.vid, note.channel, note.yes) for note in await consents(edge)}
    assert told == {(hub, "email", True), (VISITOR, "email", True)}


def _less_of(told: str) -> str:
    """What stands beside the choice of fewer, in the page or in JSON."""
    after = told.partition('"less"')[2][:80]
    return after.replace("true", "checked")
