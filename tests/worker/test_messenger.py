"""Who somebody is at Messenger: folded in any order, any number of times."""

from __future__ import annotations

import itertools

import msgspec

from heimta.ingest.entry import MessengerNote
from heimta.model.message import DeliveryNote
from heimta.model.visitor import NEVER, VisitorState
from heimta.worker.addresses import lose_address
from heimta.worker.messenger import forget_messenger, hear
from tests.worker.shop import T0, VISITOR

NOTES = [
    MessengerNote(VISITOR, psid, at) for psid, at in [("1", T0), ("2", T0 + 5), ("1", T0 + 3), ("2", T0)]
]


def test_the_newest_word_counts_whole_in_any_order() -> None:
    for told in itertools.permutations(NOTES):
        state = VisitorState("demo", VISITOR)
        for note in (*told, *told):
            hear(state, note)
        assert (state.psid, state.heard) == ("2", (T0 + 5, "2", 0))


def test_a_no_erases_what_was_before_it_and_nothing_later() -> None:
    for order in ([0, 1], [1, 0]):
        state = VisitorState("demo", VISITOR)
        for step in order:
            if step:
                state.withdrawn = (T0 + 4, "s", 1)
                forget_messenger(state)
            else:
                hear(state, NOTES[0])
        assert (state.psid, state.heard) == ("", NEVER)
        hear(state, MessengerNote(VISITOR, "1", T0 + 9, since=T0))  # writes to the page, by the old link
        assert state.psid == ""
        hear(state, NOTES[1])
        assert state.psid == "2"


def test_what_is_gone_is_gone_until_it_is_heard_again() -> None:
    note = DeliveryNote(VISITOR, "m", "j", "gone", "left", told=T0, channel="messenger")
    state = VisitorState("demo", VISITOR)
    for _ in range(2):
        lose_address(state, note, T0 + 9)
    assert state.psid_gone == T0


def test_a_number_that_the_gateway_knows_to_have_stopped_has_said_no() -> None:
    note = DeliveryNote(VISITOR, "m", "j", "gone", "opted_out", told=T0, channel="sms", address="abc123")
    states = []
    for received in (T0 + 9, T0 + 99):
        state = VisitorState("demo", VISITOR)
        lose_address(state, note, received)
        lose_address(state, note, received + 5)
        states.append(msgspec.msgpack.encode(state))
        assert state.consents["sms"].no_why == "refused" and state.phone_dead == []
    assert states[0] == states[1]


def test_a_dead_number_is_known_by_its_mark() -> None:
    state = VisitorState("demo", VISITOR)
    for mark in ("b", "a", "b"):
        note = DeliveryNote(VISITOR, "m", "j", "gone", "number", told=T0, channel="sms", address=mark)
        lose_address(state, note, T0)
    assert state.phone_dead == ["a", "b"]
