"""What is chosen behind the link in a mail is the address's, and what another browser chose is shown."""

from __future__ import annotations

from urllib.parse import urlencode

import msgspec

from heimta.ingest.entry import PassedNote
from heimta.model.person import hub_of
from heimta.model.preferences import PAUSE_MS
from heimta.model.visitor import Preferences
from heimta.rules.tokens import make_preferences
from tests.edge.conftest import Asker
from tests.edge.test_preferences import ASKED, LINK, know
from tests.worker.shop import T0, VISITOR


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
    assert told == PassedNote(hub, hub, chosen=chosen, by_link=True)
    page = {"vid": VISITOR, "act": "save", "topic": [], "pace": "pause"}
    assert (await edge.http.post(ASKED, json=page)).status_code == 200
    assert sorted(kind for kind, _ in await edge.logged()) == ["preferences", "preferences", "relay"]


async def test_the_page_shows_what_was_chosen_in_another_browser(edge: Asker) -> None:
    await know(edge, preferences_heard=Preferences(["cart"], "less", 0, (T0, "", 0)))
    page = await edge.http.get(LINK)
    assert 'value="less" checked' in page.text and 'value="cart">' in page.text
