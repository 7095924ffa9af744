"""An address is asked to confirm a yes, folded by hand: when, what waits meanwhile, what goes on after."""

from __future__ import annotations

import itertools
from random import Random

import msgspec
import pytest

from heimta.ingest.entry import PassedNote
from heimta.journeys.confirm import LATE_MIN
from heimta.model.consent import ConsentNote
from heimta.model.journey import Journey, Send, Trigger
from heimta.model.message import CONFIRM, Message
from heimta.model.providers import Email
from heimta.model.providers.email import Confirm
from heimta.rules.consented import consented
from heimta.worker.effects import Effects, ShopContext
from heimta.worker.timers import fire, next_due
from loadtest.stories import again, once, tell
from tests.journeys.test_any_order import BUSY
from tests.worker.people import ANNA, BEN, EVE, MAIL, People, hub
from tests.worker.shop import MINUTE, SHOP, T0, batch, cart
from tests.worker.test_counted_once import DEEP, VISITOR, run, same

DAY = 86_400_000
AGREED = {"consent": "Write to me", "consent_version": "1", "wants": "news"}
HELLO = Send("hello", "email", "Hello", "Nice to meet you.")


def journey(name: str, *steps: Send, on: str = "signed_up", again_h: float | None = 0) -> Journey:
    return Journey(
        name, "demo", name, Trigger(on), steps or (HELLO,), live=True, holdout_pct=0, again_h=again_h
    )  # type: ignore[arg-type]


WELCOME = journey("welcome")


def shop(confirm: Confirm, *journeys: Journey) -> ShopContext:
    email = Email("Demo <hello@shop.example>", "smtp.shop.example", confirm=confirm)
    known = {one.id: (one, 1) for one in journeys or (WELCOME,)}
    return ShopContext(msgspec.structs.replace(SHOP, email=email), {}, known)


def decided(people: People, who: str, now: int) -> list[Message]:
    """As the worker fires: only what is due."""
    state, effects = people.states[who], Effects()
    due = next_due(state, people.context)
    if due and due <= now:
        fire(state, context=people.context, effects=effects, now=now)
        after = next_due(state, people.context)
        assert not after or after > now or state.enrollments, "its timer would fire for ever"
    return effects.messages


def steps(messages: list[Message]) -> list[str]:
    return [f"{one.journey}/{one.step}" for one in messages]


def say(people: People, who: str, *, yes: bool, at: int, why: str = "centre") -> None:
    note = ConsentNote(who, "email", yes, why, at=at)  # type: ignore[arg-type]
    people.tell("consent", msgspec.json.encode(note), at)


def type_in(people: People, who: str, at: int) -> None:
    """In a page load of its own, whatever was told before."""
    told = ("visitor_identified", at, {"email": MAIL, **AGREED})
    people.tell("batch", batch(told, vid=who, src=who[:11]), at)


def confirm(people: People, at: int) -> None:
    say(people, hub(), yes=True, at=at, why="confirmed")


ASK, GREET = f"{CONFIRM}/mail", "welcome/hello"


def test_who_never_said_no_is_greeted_at_once() -> None:
    people = People(shop("after_no"))
    people.identify(ANNA, T0, email=MAIL, **AGREED)
    assert steps(decided(people, ANNA, T0 + 1)) == [GREET]
    assert people.states[ANNA].asked == (0, "", 0)


def test_with_always_the_address_is_asked_once_and_greeted_when_it_has_confirmed() -> None:
    people = People(shop("always"))
    people.identify(ANNA, T0, email=MAIL, **AGREED)
    [asked] = decided(people, ANNA, T0 + 1)
    assert steps([asked]) == [ASK] and asked.channel == "email" and not asked.cart
    assert people.states[ANNA].enrollments == {}
    for now in (T0 + 2, T0 + MINUTE, T0 + DAY):
        assert decided(people, ANNA, now) == []
    confirm(people, T0 + 2 * DAY)
    due = next_due(people.states[ANNA], people.context)
    assert due == T0 + 2 * DAY, "no timer is told to be two days late"
    assert consented(people.states[ANNA], "email", confirm="always") == ""
    assert steps(decided(people, ANNA, T0 + 2 * DAY + 1)) == [GREET], "however long ago the address was told"
    confirm(people, T0 + 2 * DAY + MINUTE)
    assert decided(people, ANNA, T0 + 3 * DAY) == [], "twice is no more than once"


@pytest.mark.parametrize("why", ["centre", "complaint", "provider"])
def test_a_stranger_who_types_the_address_of_one_who_said_no_only_has_it_asked(why: str) -> None:
    people = People(shop("after_no"))
    people.identify(ANNA, T0, email=MAIL, **AGREED)
    decided(people, ANNA, T0 + 1)
    say(people, ANNA, yes=False, at=T0 + MINUTE, why=why)
    people.identify(EVE, T0 + DAY, email=MAIL, **AGREED)
    assert consented(people.states[EVE], "email") == "not confirmed"
    assert steps(decided(people, EVE, T0 + DAY + 1)) == [ASK]
    people.event(EVE, "cart_updated", T0 + DAY + 2, {"cart": cart(5000)})
    assert decided(people, EVE, T0 + 2 * DAY) == [] and people.states[EVE].enrollments == {}
    assert consented(people.states[ANNA], "email") == "channel off", "and is still said no to"


def test_a_stop_of_everything_is_a_no_too_and_a_confirmation_brings_all_her_browsers_back() -> None:
    people = People(shop("after_no"))
    people.identify(ANNA, T0, email=MAIL, **AGREED)
    stop = {"vid": ANNA, "off": [], "pace": "normal", "until": 0, "stop": True}
    people.tell("preferences", msgspec.json.encode(stop), T0 + MINUTE)
    people.identify(BEN, T0 + DAY, email=MAIL, **AGREED)
    assert steps(decided(people, BEN, T0 + DAY + 1)) == [ASK]
    confirm(people, T0 + DAY + MINUTE)
    assert steps(decided(people, BEN, T0 + DAY + MINUTE + 1)) == [GREET]
    assert [consented(people.states[who], "email") for who in (ANNA, BEN)] == ["", ""]
    say(people, ANNA, yes=False, at=T0 + 2 * DAY)
    assert [consented(people.states[who], "email") for who in (ANNA, BEN)] == ["channel off"] * 2
    confirm(people, T0 + DAY + 2 * MINUTE)
    assert consented(people.states[BEN], "email") == "channel off", "the later no wins, whenever it is told"
    people.identify(EVE, T0 + 3 * DAY, email=MAIL, **AGREED)
    assert steps(decided(people, EVE, T0 + 3 * DAY + 1)) == [ASK], "and asks for a new one"


@pytest.mark.parametrize("is_stop", [False, True])
def test_a_journey_that_began_before_the_no_was_heard_begins_again_when_it_is_confirmed(
    is_stop: bool,
) -> None:
    """The hub's word travels for some milliseconds; its mail is skipped meanwhile (test_no_on_its_way.py)."""
    people = People(shop("after_no", journey("welcome", again_h=None)))
    people.identify(BEN, T0, email=MAIL, **AGREED)
    [mail] = decided(people, BEN, T0 + 1)
    skipped = {"vid": BEN, "message": mail.id, "journey": "welcome", "outcome": "skipped"}
    people.tell("delivery", msgspec.json.encode({**skipped, "reason": "not confirmed"}), T0 + 2)
    no = ConsentNote(BEN, "email", False, "centre", at=T0 - DAY)
    heard = PassedNote(BEN, hub(), stopped=T0 - DAY) if is_stop else PassedNote(BEN, hub(), consent=no)
    people.tell("relay", msgspec.json.encode(heard), T0 + 3)
    assert steps(decided(people, BEN, T0 + 4)) == [ASK]
    confirm(people, T0 + MINUTE)
    assert steps(decided(people, BEN, T0 + MINUTE + 1)) == [GREET]
    assert decided(people, BEN, T0 + 2 * MINUTE) == []


def test_what_was_greeted_long_before_is_not_greeted_again() -> None:
    people = People(shop("after_no"))
    people.identify(ANNA, T0, email=MAIL, **AGREED)
    assert steps(decided(people, ANNA, T0 + 1)) == [GREET]
    say(people, ANNA, yes=False, at=T0 + MINUTE)
    say(people, ANNA, yes=True, at=T0 + 2 * MINUTE)  # in the preference centre, on the shop's page
    assert steps(decided(people, ANNA, T0 + 2 * MINUTE + 1)) == [ASK]
    confirm(people, T0 + 3 * MINUTE)
    assert decided(people, ANNA, T0 + 3 * MINUTE + 1) == []
    assert consented(people.states[ANNA], "email") == ""


def test_who_is_reached_otherwise_is_greeted_at_once_and_not_twice() -> None:
    by_push = journey("welcome", Send("push", "push", "Hello"), HELLO)
    people = People(shop("always", by_push))
    people.fill(ANNA, T0 - 1)
    people.identify(ANNA, T0, email=MAIL, **AGREED)
    assert steps(decided(people, ANNA, T0 + 1)) == [ASK, "welcome/push", GREET]
    confirm(people, T0 + MINUTE)
    assert decided(people, ANNA, T0 + MINUTE + 1) == []


def test_whoever_wants_their_cart_mailed_gets_it_when_the_address_has_confirmed() -> None:
    people = People(shop("always", journey("mine", on="cart_wanted")))
    people.event(ANNA, "cart_updated", T0, {"cart": cart(5000)})
    people.identify(ANNA, T0 + 1, email=MAIL, **{**AGREED, "wants": "cart"})
    assert steps(decided(people, ANNA, T0 + 2)) == [ASK]
    confirm(people, T0 + MINUTE)
    assert steps(decided(people, ANNA, T0 + MINUTE + 1)) == ["mine/hello"]


def test_the_shops_own_word_asks_once_and_never_after_a_no() -> None:
    people = People(shop("always"))
    for n in range(3):
        people.identify(ANNA, T0 + n * DAY, email=MAIL)
        assert steps(decided(people, ANNA, T0 + n * DAY + 1)) == ([] if n else [ASK])
    people = People(shop("after_no"))
    say(people, ANNA, yes=False, at=T0)
    people.identify(ANNA, T0 + MINUTE, email=MAIL)
    assert decided(people, ANNA, T0 + 2 * MINUTE) == []


def test_an_address_that_is_none_or_was_typed_a_day_ago_is_not_asked() -> None:
    for address, now in (("nobody", T0 + 1), (MAIL, T0 + LATE_MIN * MINUTE + 1)):
        people = People(shop("always"))
        people.identify(ANNA, T0, email=address, **AGREED)
        assert decided(people, ANNA, now) == []
        assert decided(people, ANNA, now + 1) == [], "and its timer has come to rest"


def test_a_confirmation_is_counted_once_an_address_and_proven_each_time() -> None:
    for order in itertools.permutations([T0 + MINUTE, T0 + 3 * 60 * MINUTE, T0 + MINUTE]):
        people = People(shop("always"))
        people.identify(ANNA, T0, email=MAIL, **AGREED)
        for at in order:
            confirm(people, at)
        hours = {key[2]: by for key, by in people.effects.tally.items() if key[1] == "email.confirmed" and by}
        assert hours == {(T0 + MINUTE) // 3_600_000: 1}


def test_yes_no_and_confirmation_lead_to_the_same_in_any_order() -> None:
    """Two browsers and the address, each fact up to three times; what stands in all of them in the end."""
    facts = [
        lambda people: type_in(people, ANNA, T0),
        lambda people: say(people, ANNA, yes=False, at=T0 + MINUTE),
        lambda people: type_in(people, BEN, T0 + 2 * MINUTE),
        lambda people: confirm(people, T0 + 3 * MINUTE),
        lambda people: say(people, BEN, yes=False, at=T0 + 4 * MINUTE),
        lambda people: confirm(people, T0 + 5 * MINUTE),
    ]
    found = set()
    for number, order in enumerate(itertools.permutations(facts)):
        people = People(shop("always"), chance=Random(number) if number % 2 else None)
        for fact in order:
            fact(people)
        browsers = [people.states[who] for who in (ANNA, BEN)]
        assert [consented(state, "email", confirm="always") for state in browsers] == ["", ""]
        there = people.states[hub()]
        told = [state.consents for state in (*browsers, there)], there.confirmed_at, there.members
        found.add(msgspec.json.encode(told, order="deterministic"))
    assert len(found) == 1


@pytest.mark.parametrize("wanted", ["always", "after_no"])
@pytest.mark.parametrize("seed", range(40 * DEEP))
def test_whatever_begins_waits_the_same_way_in_any_order(wanted: Confirm, seed: int) -> None:
    """Stories of a browser, told as a bad day would."""
    chance = Random(seed)
    story = tell(chance, VISITOR, days=1 + seed % 3, loads=3 + seed % 7)
    email = Email("Demo <hello@shop.example>", "smtp.shop.example", confirm=wanted)
    context = ShopContext(
        msgspec.structs.replace(BUSY.shop, email=email),
        BUSY.campaigns,
        BUSY.journeys | {"welcome": (WELCOME, 1), "mine": (journey("mine", on="cart_wanted"), 1)},
    )
    same(run(once(story), context), run(again(chance, story, copies=3), context))
