"""A survey asked by mail: the links of it, its page, and what an answer there leads to."""

from __future__ import annotations

import re
from email import message_from_bytes
from email.policy import default
from typing import Any
from urllib.parse import urlencode

import msgspec
import pytest

from heimta.ingest.commit import Unavailable
from heimta.ingest.entry import AnswerNote
from heimta.model.campaign import Campaign, Trigger, Variant
from heimta.model.contents import SurveyContent
from heimta.model.contents.survey import (
    Choice,
    MultipleChoice,
    Nps,
    Rating,
    Rule,
    SingleChoice,
    Slider,
    Words,
)
from heimta.model.event import BY_MAIL
from heimta.model.journey import Journey, send_step
from heimta.model.message import Message
from heimta.model.sample import NOBODY
from heimta.model.visitor import Answer, VisitorState
from heimta.rules.templates import fitted, templates
from heimta.rules.tokens import ANSWER_AGE_MS, make_answer
from heimta.store import documents, keys
from heimta.worker.apply import apply_fact
from heimta.worker.carriers.email import compose
from heimta.worker.effects import Effects, ShopContext
from heimta.worker.entries import read_fact
from heimta.worker.pack import Packer
from tests.channels.email_job import SHOP as MAILING
from tests.edge.conftest import Asker
from tests.worker.shop import SHOP, T0, VISITOR

HOME = keys.partition_of("demo", VISITOR, 4)
NPS = Nps({"en": "Would you recommend us?", "de": "Würdest du uns empfehlen?"}, "likely", low="<No>")
ASK = Campaign(
    id="how",
    shop="demo",
    name="How was it?",
    trigger=Trigger("order"),
    variants=(
        Variant(
            "a",
            SurveyContent(
                questions=(
                    msgspec.structs.replace(NPS, next=(Rule("end", at_least=9),)),
                    Words({"en": "Why?", "de": "Warum?"}, "why"),
                ),
                thanks={"en": "Thanks!", "de": "Danke!"},
            ),
        ),
    ),
)
CONTEXT = ShopContext(SHOP, {"how": (ASK, 1)}, {})
KINDS = {
    "stars": (Rating("How?", "stars"), "a=4", AnswerNote(VISITOR, "how", "stars", T0, 4)),
    "slider": (Slider("How?", "s", min=-50, max=50), "a=-7", AnswerNote(VISITOR, "how", "s", T0, -7)),
    "choice": (
        SingleChoice("Why?", "why", choices=(Choice("price", "Price"),), other=True),
        "a=other&text=Too+late",
        AnswerNote(VISITOR, "how", "why", T0, None, ("other",), "Too late"),
    ),
    "choices": (
        MultipleChoice("Why?", "why", choices=(Choice("price", "Price"), Choice("size", "Size"))),
        "a=price&a=size",
        AnswerNote(VISITOR, "how", "why", T0, None, ("price", "size")),
    ),
    "words": (Words("Why?", "why"), "text=S%C3%B6+so", AnswerNote(VISITOR, "how", "why", T0, text="Sö so")),
}


def link(visitor: str = VISITOR, *, now: int = T0, campaign: str = "how") -> str:
    return f"/a/{make_answer('s' * 43, 'demo', visitor, campaign, now=now)}"


async def know(edge: Asker, **changes: Any) -> None:
    state = msgspec.structs.replace(VisitorState("demo", VISITOR, lang="de-AT", first_at=T0), **changes)
    await edge.redis.set(keys.visitor(HOME, "demo", VISITOR), msgspec.msgpack.encode(state))


async def fold(edge: Asker) -> tuple[VisitorState, Effects]:
    """What the worker makes of everything that the edge took, kept as it keeps it."""
    state = VisitorState("demo", VISITOR, lang="de-AT", first_at=T0)
    effects = Effects()
    for _, fields in await edge.redis.xrange(keys.log(HOME)):
        fact = read_fact(b"1-0", fields)
        state = apply_fact(state, fact, context=CONTEXT, effects=effects, restored={})
    await edge.redis.set(keys.visitor(HOME, "demo", VISITOR), msgspec.msgpack.encode(state))
    return state, effects


async def notes(edge: Asker) -> list[AnswerNote]:
    return [
        msgspec.json.decode(data, type=AnswerNote) for kind, data in await edge.logged() if kind == "answer"
    ]


@pytest.fixture
async def asked(edge: Asker) -> Asker:
    await documents.put(edge.redis, ASK, now=T0)
    await edge.shops.refresh()
    await know(edge)
    return edge


async def test_looking_at_the_link_answers_nothing_and_ticks_the_number(asked: Asker) -> None:
    for _ in range(3):
        page = await asked.http.get(f"{link()}?a=8")
        assert page.status_code == 200
    assert (await asked.http.head(f"{link()}?a=8")).status_code == 200
    assert '<html lang="de" dir="ltr">' in page.text and "Würdest du uns empfehlen?" in page.text
    assert 'value="8" required checked>' in page.text and page.text.count(" checked") == 1
    assert "&lt;No&gt;" in page.text and "1 von 2" in page.text
    assert await asked.logged() == []


async def test_a_number_that_is_none_ticks_nothing(asked: Asker) -> None:
    for odd in ("11", "'><script>", "", "8&a=9"):
        page = await asked.http.get(f"{link()}?a={odd}")
        assert page.status_code == 200 and "<script" not in page.text
        assert page.text.count(" checked") == (1 if odd == "8&a=9" else 0)


async def test_the_page_holds_no_script_no_cookie_and_nobodys_id(asked: Asker) -> None:
    page = await asked.http.get(link())
    policy = page.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-") and "unsafe" not in policy
    assert page.headers["cache-control"] == "no-store" and page.headers["referrer-policy"] == "no-referrer"
    assert "set-cookie" not in page.headers
    assert "<script" not in page.text and VISITOR not in page.text and VISITOR not in link()


async def test_a_press_answers_and_the_next_question_follows_from_it(asked: Asker) -> None:
    page = await asked.http.post(link(), content="q=likely&step=1&a=3")
    assert page.status_code == 200 and "Warum?" in page.text and "2 von 2" in page.text
    page = await asked.http.post(link(), content=urlencode({"q": "why", "step": 2, "text": " Zu spät "}))
    assert "Danke!" in page.text and "<form" not in page.text
    assert await notes(asked) == [
        AnswerNote(VISITOR, "how", "likely", T0, 3, step=1, done=False),
        AnswerNote(VISITOR, "how", "why", T0, text="Zu spät", step=2, done=True),
    ]


async def test_who_promotes_the_shop_is_done_at_once_and_counted_once(asked: Asker) -> None:
    for number in (9, 10, 9):  # three presses, before the worker has folded any
        asked.now += 1000
        assert "Danke!" in (await asked.http.post(link(), content=f"q=likely&step=1&a={number}")).text
    state, effects = await fold(asked)
    assert state.answers == {"how": {"likely": Answer(BY_MAIL, (T0 + 3000, BY_MAIL, 0), 1, True, 9)}}
    assert {name: by for (_, name, _), by in effects.tally.items() if by} == {
        "s.how.likely": 1,
        "s.how.likely.9": 1,
        "c.how.@mail.answered": 1,
        "c.how.@mail.step.1": 1,
        "c.how.@mail.end.1": 1,
    }
    told = len(await asked.logged())
    for _ in range(2):
        page = await asked.http.get(f"{link()}?a=2")
        assert "Das ist schon beantwortet." in page.text and "<form" not in page.text
        page = await asked.http.post(link(), content="q=likely&step=1&a=2")
        assert "Das ist schon beantwortet." in page.text
    assert len(await asked.logged()) == told


async def test_who_left_halfway_goes_on_where_they_stopped(asked: Asker) -> None:
    await asked.http.post(link(), content="q=likely&step=1&a=3")
    await fold(asked)
    page = await asked.http.get(f"{link()}?a=3")
    assert "Warum?" in page.text and 'name="step" value="2"' in page.text
    page = await asked.http.post(link(), content="q=likely&step=1&a=10")  # the page before, sent again
    assert page.status_code == 200 and "Warum?" in page.text
    assert [note.value for note in await notes(asked)] == [3]


async def test_what_the_link_ticks_is_for_its_own_question(asked: Asker) -> None:
    """The mail asks the first one; who comes by it again is at another, with the same numbers."""
    two = SurveyContent(questions=(NPS, msgspec.structs.replace(NPS, name="again")))
    await documents.put(asked.redis, msgspec.structs.replace(ASK, variants=(Variant("a", two),)), now=T0)
    await asked.shops.refresh()
    await asked.http.post(f"{link()}?a=8", content="q=likely&step=1&a=8")
    await fold(asked)
    for page in (
        await asked.http.get(f"{link()}?a=8"),
        await asked.http.post(f"{link()}?a=8", content="q=likely&step=1&a=8"),
    ):
        assert 'name="q" value="again"' in page.text and " checked" not in page.text


async def test_who_answered_on_the_page_is_not_asked_by_mail(asked: Asker) -> None:
    await know(asked, answers={"how": {"likely": Answer("a", (T0, "s" * 11, 0), 1, False, 7)}})
    assert "Das ist schon beantwortet." in (await asked.http.get(link())).text


@pytest.mark.parametrize("kind", KINDS)
async def test_every_kind_of_question_can_be_answered(asked: Asker, kind: str) -> None:
    question, form, note = KINDS[kind]
    survey = msgspec.structs.replace(ASK, variants=(Variant("a", SurveyContent(questions=(question,))),))
    await documents.put(asked.redis, survey, now=T0)
    await asked.shops.refresh()
    page = await asked.http.get(link())
    assert page.status_code == 200 and 'id="q"' in page.text
    page = await asked.http.post(link(), content=f"q={question.name}&step=1&{form}")
    assert "Danke, das hilft uns weiter." in page.text
    assert await notes(asked) == [note]


@pytest.mark.parametrize(
    "body",
    ["", "q=likely", "q=likely&a=11", "q=likely&a=3&a=4", "q=likely&a=3.5", "q=other&a=3", "\xff", "{}"],
)
async def test_what_is_no_answer_answers_nothing(asked: Asker, body: str) -> None:
    page = await asked.http.post(link(), content=body.encode("latin-1"))
    assert page.status_code == 400 and "Würdest du uns empfehlen?" in page.text
    assert await asked.logged() == []


async def test_one_changed_letter_and_the_link_is_none(asked: Asker) -> None:
    whole = link()
    for place in range(len("/a/demo."), len(whole)):
        other = "A" if whole[place] != "A" else "B"
        altered = f"{whole[:place]}{other}{whole[place + 1 :]}"
        assert (await asked.http.get(altered)).status_code == 404
    assert (await asked.http.post(f"{whole}A", content="q=likely&a=3")).status_code == 404
    assert (await asked.http.post(whole.replace("demo", "none"), content="q=likely&a=3")).status_code == 404
    assert (await asked.http.get(whole.replace("/a/", "/u/"))).status_code == 404
    assert await asked.logged() == []


async def test_after_thirty_days_it_is_over(asked: Asker) -> None:
    asked.now = T0 + ANSWER_AGE_MS - 1
    assert (await asked.http.get(link())).status_code == 200
    asked.now = T0 + ANSWER_AGE_MS
    page = await asked.http.post(link(), content="q=likely&a=3", headers={"accept-language": "de"})
    assert page.status_code == 410 and "Diese Umfrage ist vorbei" in page.text
    assert await asked.logged() == []


async def test_who_was_forgotten_stays_so_and_a_sample_keeps_nothing(asked: Asker) -> None:
    await asked.redis.delete(keys.visitor(HOME, "demo", VISITOR))
    assert (await asked.http.post(link(), content="q=likely&a=3")).status_code == 410
    page = await asked.http.post(link(NOBODY), content="q=likely&a=10")
    assert page.status_code == 200 and "Thanks!" in page.text
    assert (await asked.http.get(link(campaign="exit-offer"))).status_code == 410
    assert await asked.logged() == []


async def test_nobody_is_thanked_for_what_was_not_kept(asked: Asker, monkeypatch: pytest.MonkeyPatch) -> None:
    async def away(*_: object) -> None:
        raise Unavailable("away")

    monkeypatch.setattr(asked.app.state.edge.commit, "append", away)
    page = await asked.http.post(link(), content="q=likely&step=1&a=3")
    assert page.status_code == 503 and page.headers["retry-after"] == "5"
    assert 'value="3" required checked>' in page.text and 'role="alert"' in page.text


async def test_the_page_is_told_what_its_visitor_has_answered(asked: Asker) -> None:
    told = await asked.post("/s/demo/answered", {"vid": VISITOR})
    assert told.json() == {"answered": []}
    await asked.http.post(link(), content="q=likely&step=1&a=3")
    await fold(asked)
    told = await asked.post("/s/demo/answered", {"vid": VISITOR})
    assert told.json() == {"answered": ["how"]} and told.headers["access-control-allow-origin"]
    assert (await asked.post("/s/demo/answered", {"vid": "w" * 22})).json() == {"answered": []}
    assert (await asked.post("/s/demo/answered", {"vid": "../x"})).status_code == 400
    strange = await asked.post("/s/demo/answered", {"vid": VISITOR}, origin="https://evil.example")
    assert strange.status_code == 403


async def test_the_shipped_journeys_mail_leads_to_the_page_that_takes_the_answer(asked: Asker) -> None:
    """From the templates `after-purchase` and `recommend`, packed and drawn as the worker does it."""
    shop = msgspec.structs.replace(MAILING, languages=("de", "en"))
    recommend, journey = (fitted(templates()[name], shop) for name in ("recommend", "after-purchase"))
    assert isinstance(recommend, Campaign) and isinstance(journey, Journey) and not recommend.live
    await documents.put(asked.redis, msgspec.structs.replace(recommend, shop="demo"), now=T0)
    await asked.shops.refresh()
    step, kept = send_step(journey, "ask"), asked.shops.get("demo")
    assert step is not None and kept is not None and shop.email is not None

    async def keep(*_: object) -> None:
        raise AssertionError("it brings no cart back")

    packed = await Packer(edge_url="https://edge.example", keep_row=keep).pack(
        Message("m" * 22, "demo", VISITOR, journey.id, step.id, "email", "", T0),
        step,
        VisitorState("demo", VISITOR, lang="de"),
        ShopContext(shop, {recommend.id: (recommend, 1)}, {}),
        kept.secrets,
        partition=HOME,
        coupon=None,
        service=False,
        now=T0,
    )
    mail = message_from_bytes(compose(packed, shop.email, "anna@mail.example"), policy=default)
    html = mail.get_body(("html",))
    assert html is not None
    links = re.findall(r'href="https://edge\.example(/a/[^"?]+)\?a=(\d+)"', html.get_content())
    assert [int(number) for _, number in links] == list(range(11))
    path, number = links[9]
    page = await asked.http.get(f"{path}?a={number}")
    assert (
        "Wie wahrscheinlich ist eine Weiterempfehlung" in page.text
        and 'value="9" required checked' in page.text
    )
    page = await asked.http.post(path, content="q=recommend&step=1&a=9")
    assert "Was ist der wichtigste Grund?" in page.text
    assert await notes(asked) == [AnswerNote(VISITOR, "recommend", "recommend", T0, 9, step=1, done=False)]
