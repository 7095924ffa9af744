"""Which addresses are any good, and what is wrong with a shop's e-mail and its steps, in words that help."""

from __future__ import annotations

from typing import Any

import pytest

from heimta.model.journey import Send
from heimta.model.providers import Email
from heimta.rules.mail.addresses import deliverable, email_faults, email_notes, mark_of, named
from heimta.rules.mail.faults import step_faults

GOOD: dict[str, Any] = {"sender": "Shop <hello@shop.example>", "host": "smtp.shop.example"}


@pytest.mark.parametrize(
    ("typed", "sent_to"),
    [
        ("anna@mail.example", "anna@mail.example"),
        ("anna@müller.de", "anna@xn--mller-kva.de"),
        ("o'hara+news@mail.co.uk", "o'hara+news@mail.co.uk"),
        ("änna@mail.example", ""),
        ("anna@localhost", ""),
        ("anna..b@mail.example", ""),
        ("anna@mail.example\r\nBcc: x@y.de", ""),
        ("<anna@mail.example>", ""),
        ("", ""),
        ("a" * 65 + "@mail.example", ""),
    ],
)
def test_what_shoppers_type_is_an_address_or_none(typed: str, sent_to: str) -> None:
    assert deliverable(typed) == sent_to


def test_a_mark_tells_addresses_apart_and_capitals_not() -> None:
    assert mark_of("demo", "Anna@mail.example") == mark_of("demo", "anna@mail.example")
    marks = {mark_of(shop, f"{n}@mail.example") for shop in ("a", "b") for n in range(20)}
    assert len(marks) == 40 and all(len(mark) == 6 for mark in marks)


def test_a_sender_has_a_name_and_an_address() -> None:
    assert named("Björk & Söhne <hello@shop.example>") == ("Björk & Söhne", "hello@shop.example")
    assert named("hello@shop.example") == ("", "hello@shop.example")


def test_a_good_one_has_no_faults() -> None:
    assert email_faults(Email(**GOOD)) == []
    assert email_faults(Email(**GOOD, bounces="bounces@shop.example", reply_to="Us <us@shop.example>")) == []
    assert email_faults(Email(**{**GOOD, "host": "127.0.0.1"}, tls="none", user="u")) == []


@pytest.mark.parametrize(
    ("sender", "name"),
    [
        ("hello@shop.example", ""),
        ("Wolle <hello@shop.example>", "Wolle"),
        ("Wolle, Garn & Söhne <hello@shop.example>", "Wolle, Garn & Söhne"),
        ("Shop: Müller @ Home (Kiel) <hello@shop.example>", "Shop: Müller @ Home (Kiel)"),
        ('"Wolle, \\"Garn\\"" <hello@shop.example>', 'Wolle, "Garn"'),
    ],
)
def test_a_shops_name_may_hold_any_sign(sender: str, name: str) -> None:
    assert email_faults(Email(**{**GOOD, "sender": sender})) == []
    assert named(sender) == (name, "hello@shop.example")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"sender": "hello"}, ("email.sender is 'hello'", "@", "For example")),
        ({"bounces": "undeliverable@shop.example"}, ("email.bounces", "7 characters", "bounces@")),
        ({"bounces": "Us <b@shop.example>"}, ("email.bounces",)),
        ({"port": 465}, ("email.port is 465", "implicit")),
        ({"tls": "none"}, ("email.tls", "in clear", "starttls")),
        ({"tls": "none", "host": "10.0.0.3"}, ("another machine",)),
    ],
)
def test_a_fault_names_field_value_rule_and_way_out(change: dict[str, Any], words: tuple[str, ...]) -> None:
    [fault] = email_faults(Email(**{**GOOD, **change}))
    assert all(word in fault for word in words), fault


def test_an_e_mail_step_needs_a_design_a_subject_and_words() -> None:
    assert step_faults(Send("mail", "email", "Hi", "There")) == []
    assert step_faults(Send("text", "sms", template="no-such")) == []
    faults = step_faults(Send("mail", "email", template="no-such"))
    assert [fault.split(":")[1].split()[0] for fault in faults] == ["template", "title", "body"]
    assert "cart, coupon, order, plain, product, survey" in faults[0]


def test_what_a_shop_might_want_is_said_and_is_no_fault() -> None:
    bare = Email(**GOOD)
    assert [note.split()[0] for note in email_notes(bare)] == ["email.bounces", "email.imprint"]
    assert email_notes(Email(**GOOD, bounces="bounces@shop.example", imprint="Shop, Street 1, Town")) == []


def test_a_port_behind_the_host_is_told_where_it_belongs():
    """It was taken, and no mail ever left."""
    [fault] = email_faults(Email(**{**GOOD, "host": "smtp.shop.example:465"}))
    assert fault == (
        "email.host is 'smtp.shop.example:465'; the port stands apart: host: smtp.shop.example, port: 465"
    )
    assert email_faults(Email(**{**GOOD, "host": "2001:db8::25"})) == []
