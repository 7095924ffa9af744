"""A channel may be used after a yes to it, and never against the newest no."""

from __future__ import annotations

import pytest

from heimta.model.channel import Channel
from heimta.model.person import hub_of
from heimta.model.visitor import ChannelConsent, Identity, Stamp, VisitorState
from heimta.rules.consented import consented, refused_by


def at(ms: int) -> Stamp:
    return (ms, "x", 0)


def state(said: ChannelConsent | None = None, channel: Channel = "sms", **more: object) -> VisitorState:
    consents = {channel: said} if said is not None else {}
    return VisitorState("demo", "v" * 22, consents=consents, **more)  # type: ignore[arg-type]


YES, NO, BACK = at(1), at(2), at(3)


@pytest.mark.parametrize(
    ("known", "channel", "word"),
    [
        (state(), "sms", "no consent"),
        (state(ChannelConsent(yes=YES)), "sms", ""),
        (state(ChannelConsent(yes=YES, no=NO)), "sms", "channel off"),
        (state(ChannelConsent(yes=BACK, no=NO)), "sms", ""),
        (state(ChannelConsent(told=YES)), "sms", ""),
        # However often the shop says so: it does not outweigh the shopper's no.
        (state(ChannelConsent(told=BACK, no=NO)), "sms", "channel off"),
        (state(ChannelConsent(yes=YES), withdrawn=NO), "sms", "consent withdrawn"),
        (state(ChannelConsent(yes=BACK), withdrawn=NO), "sms", ""),
        (state(ChannelConsent(yes=YES), stopped=NO), "sms", "stopped"),
        (state(ChannelConsent(told=BACK), stopped=NO), "sms", "stopped"),
        (state(ChannelConsent(yes=YES), "email"), "sms", "no consent"),
        (state(subscribed=YES), "push", ""),
        (state(), "push", "no consent"),
        (state(ChannelConsent(no=NO), "push", subscribed=YES), "push", "channel off"),
        (state(ChannelConsent(no=NO), "push", subscribed=BACK), "push", ""),
        (state(ChannelConsent(yes=BACK, no=NO), "push", subscribed=YES), "push", ""),
        # Taken back in the browser it is a no to push alone, and a new yes is one again.
        (state(subscribed=YES, unsubscribed=NO), "push", "channel off"),
        (state(subscribed=BACK, unsubscribed=NO), "push", ""),
        (state(ChannelConsent(yes=YES), "email", unsubscribed=NO), "email", ""),
        (state(unsubscribed=NO), "webhook", ""),
        (state(), "webhook", ""),
        (state(withdrawn=NO), "webhook", "consent withdrawn"),
        (state(withdrawn=NO, consented=BACK, marketing=True), "webhook", ""),
        (state(stopped=NO), "webhook", "stopped"),
    ],
)
def test_the_newest_word_counts(known: VisitorState, channel: Channel, word: str) -> None:
    assert consented(known, channel) == word


@pytest.mark.parametrize(
    ("why", "word"),
    [("centre", ""), ("complaint", ""), ("stop_word", "channel refused"), ("refused", "channel refused")],
)
def test_service_messages_need_no_yes_and_heed_a_stop_word(why: str, word: str) -> None:
    assert consented(state(), "sms", service=True) == ""
    known = state(ChannelConsent(yes=YES, no=NO, no_why=why), withdrawn=NO)
    assert consented(known, "sms", service=True) == word


MAIL = Identity(email="anna@b.example", email_of=BACK, email_words=[BACK])
HUB = hub_of("demo", "email", "anna@b.example")


@pytest.mark.parametrize(("told", "word"), [(YES, "no consent"), (BACK, "")])
def test_what_the_shop_said_of_the_address_before_is_not_said_of_this_one(told: Stamp, word: str) -> None:
    known = Identity(email="new@b.example", email_of=BACK, email_words=[BACK], email_other=NO)
    assert consented(state(ChannelConsent(told=told), "email", identity=known), "email") == word


@pytest.mark.parametrize(
    ("said", "word"),
    [
        (ChannelConsent(word_yes=BACK, word_hub=HUB, no=NO), ""),
        (ChannelConsent(yes=BACK, no=NO, word_yes=YES, word_hub=HUB), ""),
        (ChannelConsent(yes=YES, no=NO, word_yes=BACK, word_hub=".another"), "channel off"),
    ],
)
def test_the_address_s_own_yes_counts_beside_the_browser_s(said: ChannelConsent, word: str) -> None:
    assert consented(state(said, "email", identity=MAIL), "email", confirm="never") == word


@pytest.mark.parametrize(
    ("hub", "known", "channel", "word"),
    [
        (state(ChannelConsent(no=NO), "push"), state(subscribed=YES), "push", "channel off"),
        (state(ChannelConsent(no=NO), "push"), state(subscribed=BACK), "push", ""),
        (state(ChannelConsent(no=NO), "sms"), state(ChannelConsent(yes=BACK)), "sms", ""),
        (state(ChannelConsent(yes=BACK, no=NO), "sms"), state(ChannelConsent(yes=YES)), "sms", ""),
        (state(stopped=NO), state(ChannelConsent(yes=YES)), "sms", "stopped"),
        (state(stopped=NO), state(ChannelConsent(yes=BACK)), "sms", ""),
        (state(stopped=NO), state(consented=BACK, marketing=True), "webhook", ""),
    ],
)
def test_a_later_yes_here_outweighs_what_a_hub_has_heard(
    hub: VisitorState, known: VisitorState, channel: Channel, word: str
) -> None:
    assert refused_by(hub, known, channel) == word


def test_a_no_that_a_hub_has_heard_stops_service_messages_only_as_a_stop_word() -> None:
    for why, word in (("centre", ""), ("stop_word", "channel refused")):
        hub = state(ChannelConsent(no=NO, no_why=why), "email")
        assert refused_by(hub, state(), "email", service=True) == word
