"""Which yeses to e-mail have to be confirmed, and that nobody forgets to ask; the token of the link."""

from __future__ import annotations

import ast
from pathlib import Path

import msgspec
import pytest

from heimta.model.person import hub_of
from heimta.model.providers import Email
from heimta.model.providers.email import Confirm
from heimta.model.visitor import ChannelConsent, Identity, Stamp, VisitorState
from heimta.rules.apply import BadDocument, read_documents
from heimta.rules.confirm_words import words_for
from heimta.rules.consented import confirm_of, consented, refused_by, waiting, yes_of
from heimta.rules.mail.addresses import email_notes
from heimta.rules.texts.confirm import MAIL, PAGE
from heimta.rules.tokens import (
    CONFIRM_AGE_MS,
    BadToken,
    ExpiredToken,
    make_confirm,
    make_preferences,
    read_confirm,
    read_preferences,
)
from tests.worker.shop import SHOP, T0, VISITOR

SERVER = Path(__file__).parents[2] / "server" / "heimta"
MAILED = "anna@b.example"
HUB = hub_of("demo", "email", MAILED)
KEY = "s" * 43
ASKING = ("consented", "refused_by", "chosen")


def at(ms: int) -> Stamp:
    return (ms, "x", 0)


def state(said: ChannelConsent | None = None, email: str = MAILED, **more: object) -> VisitorState:
    consents = {"email": said} if said is not None else {}
    known = Identity(email=email, email_of=at(1))
    return VisitorState("demo", VISITOR, identity=known, consents=consents, **more)  # type: ignore[arg-type]


def said(**words: object) -> ChannelConsent:
    return ChannelConsent(word_hub=HUB if "word_yes" in words else "", **words)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("known", "always", "after_no", "never"),
    [
        (state(), "no consent", "no consent", "no consent"),
        (state(said(yes=at(2))), "not confirmed", "", ""),
        (state(said(told=at(2))), "not confirmed", "", ""),
        (state(said(yes=at(2), no=at(1))), "not confirmed", "not confirmed", ""),
        (state(said(yes=at(3)), stopped=at(2), stop_at=2), "not confirmed", "not confirmed", ""),
        # Consent taken back on the page is the word of one browser, which knew no address.
        (state(said(yes=at(3)), withdrawn=at(2)), "not confirmed", "", ""),
        # The shop says so on every page: against a no it counts for nothing, and asks nobody.
        (state(said(told=at(2), no=at(1))), "channel off", "channel off", "channel off"),
        (state(said(yes=at(1), no=at(2))), "channel off", "channel off", "channel off"),
        (state(said(yes=at(2), word_yes=at(3))), "", "", ""),
        (state(said(yes=at(2), no=at(1), word_yes=at(3))), "", "", ""),
        (state(said(told=at(2), no=at(1), word_yes=at(3))), "", "", ""),
        # It confirms for later yeses too, until a no.
        (state(said(yes=at(9), word_yes=at(3))), "", "", ""),
        (state(said(yes=at(1), word_yes=at(2), no=at(3))), "channel off", "channel off", "channel off"),
        (state(said(yes=at(4), word_yes=at(2), no=at(3))), "not confirmed", "not confirmed", ""),
        # The other address's confirmation, not this one's.
        (state(said(yes=at(2), word_yes=at(3)), "ben@b.example"), "not confirmed", "", ""),
        (state(said(yes=at(2), word_yes=at(3), no=at(1)), "ben@b.example"), *["not confirmed"] * 2, ""),
    ],
)
def test_a_yes_typed_on_a_page_counts_as_the_shop_wants_it(
    known: VisitorState, always: str, after_no: str, never: str
) -> None:
    wanted: dict[Confirm, str] = {"always": always, "after_no": after_no, "never": never}
    assert {confirm: consented(known, "email", confirm=confirm) for confirm in wanted} == wanted
    assert consented(known, "email") == after_no, "what a shop that says nothing has"
    for confirm, word in wanted.items():
        assert (waiting(known, confirm) > at(0)) == (word == "not confirmed")
    assert consented(known, "email", service=True, confirm="always") == ""


def test_other_channels_are_never_asked_to_confirm() -> None:
    known = VisitorState("demo", VISITOR, consents={"sms": ChannelConsent(yes=at(2), no=at(1))})
    assert consented(known, "sms", confirm="always") == ""


def test_who_is_told_of_by_the_shop_is_asked_once_however_often_it_says_so() -> None:
    known = state(said(told=at(50)))
    assert known.identity is not None
    known.identity.email_words = [at(1), at(50)]
    assert waiting(known, "always") == at(1)


@pytest.mark.parametrize(
    ("hub", "confirm", "word"),
    [
        (ChannelConsent(no=at(1)), "after_no", "not confirmed"),
        (ChannelConsent(no=at(1)), "never", ""),
        (ChannelConsent(no=at(1), yes=at(3)), "after_no", ""),
        (ChannelConsent(no=at(4), yes=at(3)), "after_no", "channel off"),
        (ChannelConsent(), "after_no", ""),
    ],
)
def test_what_a_hub_has_heard_counts_before_the_browser_is_told(
    hub: ChannelConsent, confirm: Confirm, word: str
) -> None:
    there = VisitorState("demo", HUB, consents={"email": hub})
    assert refused_by(there, state(said(yes=at(2))), "email", confirm=confirm) == word


def test_every_question_says_what_the_shop_wants_confirmed() -> None:
    """The default is for shops that say nothing: who leaves it out would not ask for `always`."""
    asked = 0
    for file in SERVER.rglob("*.py"):
        if file.name == "consented.py":
            continue
        for node in ast.walk(ast.parse(file.read_text())):
            if not isinstance(node, ast.Call) or getattr(node.func, "id", "") not in ASKING:
                continue
            asked += 1
            given = {keyword.arg: getattr(keyword.value, "value", None) for keyword in node.keywords}
            assert "confirm" in given or given.get("service") is True, f"{file}:{node.lineno}"
    assert asked >= 8


def test_a_shop_without_e_mail_asks_nobody_and_one_that_never_asks_is_warned() -> None:
    assert confirm_of(SHOP) == "never"
    email = Email("Demo <hello@shop.example>", "smtp.shop.example")
    assert confirm_of(msgspec.structs.replace(SHOP, email=email)) == "after_no"
    assert not any("email.confirm" in note for note in email_notes(email))
    never = msgspec.structs.replace(email, confirm="never")
    assert any("email.confirm is never" in note for note in email_notes(never))


def test_the_newest_yes_is_told_whoever_said_it() -> None:
    assert yes_of(state(said(yes=at(2), word_yes=at(3))), "email") == at(3)
    assert yes_of(state(said(yes=at(4), word_yes=at(3))), "email") == at(4)


def test_a_link_is_good_for_seven_days_and_for_nothing_else() -> None:
    token = make_confirm(KEY, "demo", VISITOR, HUB, now=T0)
    assert read_confirm(KEY, token, now=T0 + CONFIRM_AGE_MS - 1) == (VISITOR, HUB, T0)
    with pytest.raises(ExpiredToken):
        read_confirm(KEY, token, now=T0 + CONFIRM_AGE_MS)
    with pytest.raises(BadToken):
        read_preferences(KEY, token)
    with pytest.raises(BadToken):
        read_confirm(KEY, make_preferences(KEY, "demo", VISITOR, HUB), now=T0)
    with pytest.raises(BadToken):
        read_confirm("t" * 43, token, now=T0)
    for place in range(len("demo."), len(token)):
        other = "A" if token[place] != "A" else "B"
        with pytest.raises(BadToken):
            read_confirm(KEY, token[:place] + other + token[place + 1 :], now=T0)


def test_all_languages_say_all_of_it_and_the_mail_sells_nothing() -> None:
    for texts in (*MAIL.values(), *PAGE.values()):
        assert set(texts) == {"en", "de", "is"}
        assert {"{shop}" in text for text in texts.values()} in ({True}, {False})
    for texts in MAIL.values():
        for text in texts.values():
            assert "{code}" not in text and "{item}" not in text


def test_a_shop_says_it_in_its_own_words_and_the_proof_knows_them() -> None:
    ours = words_for(SHOP, ["de"])
    assert (ours.lang, ours["title"], ours.proven_as) == ("de", "E-Mails von Demo", "confirm-1.de")
    shop = msgspec.structs.replace(
        SHOP, languages=("fr", "en"), words={"confirm.page.yes": {"fr": "Oui, écrivez-moi"}}
    )
    own = words_for(shop, ["fr"])
    assert own["yes"] == "Oui, écrivez-moi" and own["title"] == "E-mails from Demo"
    assert own.is_own and own.proven_as.startswith("confirm-1.fr.") and "Oui" in own.kept
    assert words_for(None, ["is"])["broken"] == PAGE["broken"]["is"]


def test_apply_says_what_the_setting_may_be() -> None:
    shop = """
kind: shop
id: demo
name: Demo
origins: [https://shop.example]
currency: EUR
email: {sender: Demo <hello@shop.example>, host: smtp.shop.example, confirm: WORD}
"""
    for word in ("always", "after_no", "never"):
        [document] = read_documents(shop.replace("WORD", word))
        assert document.email.confirm == word  # type: ignore[union-attr]
    for word in ("sometimes", "true"):
        with pytest.raises(BadDocument) as told:
            read_documents(shop.replace("WORD", word))
        for part in ("email.confirm", word, "always", "after_no", "never"):
            assert part in str(told.value), (part, str(told.value))
