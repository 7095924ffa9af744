"""Who somebody is at Messenger: folded in any order, any number of times."""

from __future__ import annotations

import itertools

import msgspec
import pytest

from heimta.ingest.entry import MessengerNote
from heimta.model.message import DeliveryNote
from heimta.model.visitor import NEVER, VisitorState
from heimta.worker.addresses import lose_address
from heimta.worker.messenger import forget_messenger, hear
from tests.worker.shop import T0, VISITOR

# (who, when they came by the link, when they did something); of the newest link last.
TOLD = [("1", T0, T0), ("1", T0, T0 + 9), ("2", T0 + 5, T0 + 5), ("2", T0 + 5, T0 + 7)]
NOTES = [MessengerNote(VISITOR, psid, at, since) for psid, since, at in TOLD]


@pytest.mark.parametrize(
    ("withdrawn", "psid", "heard"),
    [(0, "2", T0 + 7), (T0 + 4, "2", T0 + 7), (T0 + 6, "", 0)],
    ids=["never", "between", "later"],
)
def test_any_order_and_any_copies_lead_to_the_same(withdrawn: int, psid: str, heard: int) -> None:
    for told in itertools.permutations([*NOTES, None]):
        state = VisitorState("demo", VISITOR)
        for note in (*told, *told):
            if note is not None:
                hear(state, note)
            elif withdrawn:
                state.withdrawn = (withdrawn, "s", 1)
                forget_messenger(state)
        assert (state.psid, state.heard[0]) == (psid, heard)


def test_who_said_no_is_known_again_by_a_new_link_alone() -> None:
    state = VisitorState("demo", VISITOR, withdrawn=(T0 + 4, "s", 1))
    hear(state, MessengerNote(VISITOR, "1", T0 + 99, since=T0))  # writes to the page, by the old one
    assert (state.psid, state.heard, state.psid_since) == ("", NEVER, 0)
    hear(state, MessengerNote(VISITOR, "1", T0 + 5))
    assert state.psid == "1"


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
