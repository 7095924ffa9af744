"""What mail providers tell, by the examples that each publishes."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from heimta.ingest.decode import BadBody
from heimta.ingest.entry import Entry
from heimta.ingest.mail_providers import (
    Question,
    Told,
    mailgun_signature,
    read_login,
    read_mailgun,
    read_sendgrid,
)
from heimta.ingest.returned import entries_told
from heimta.model.consent import ConsentNote
from heimta.model.message import DeliveryNote
from heimta.model.person import hub_of
from heimta.rules.mail.addresses import mark_of
from tests.worker.shop import T0

ANNA = "anna@mail.example"


def as_json(told: Any) -> bytes:
    return json.dumps(told).encode()


def mailgun(**event: Any) -> bytes:
    signed = {"timestamp": "1529006854", "token": "a8ce0e", "signature": "d2271d"}
    told = {"event": "failed", "severity": "permanent", "recipient": ANNA, "timestamp": 1521233195.375624}
    return as_json({"signature": signed, "event-data": {**told, "user-variables": [], **event}})


def status(code: int, enhanced: str = "") -> dict[str, Any]:
    return {"delivery-status": {"code": code, "enhanced-code": enhanced, "attempt-no": 1, "message": ""}}


@pytest.mark.parametrize(
    ("event", "kind"),
    [
        ({"reason": "bounce", **status(550, "5.1.1")}, "dead"),
        ({"reason": "bounce", **status(550)}, "dead"),
        ({"reason": "suppress-bounce", **status(605)}, "dead"),
        ({"reason": "generic", **status(550)}, ""),
        ({"reason": "bounce", **status(550, "5.7.1")}, ""),
        ({"reason": "bounce", **status(550, "5.0.0")}, "dead"),
        ({"severity": "temporary", **status(452, "4.2.2")}, ""),
        ({"reason": "old", **status(602)}, ""),
        ({"event": "complained"}, "complaint"),
        ({"reason": "suppress-complaint", **status(607)}, "complaint"),
        ({"event": "unsubscribed"}, "no"),
        ({"event": "delivered", "severity": None}, ""),
        ({"event": "opened"}, ""),
    ],
)
def test_mailgun(event: dict[str, Any], kind: str) -> None:
    body = mailgun(**event)
    assert mailgun_signature(body) == ("1529006854", "a8ce0e", "d2271d")
    assert [(one.kind, one.address, one.at) for one in read_mailgun(body)] == (
        [(kind, ANNA, 1521233195376)] if kind else []
    )


def test_sendgrid_reads_each_event_apart() -> None:
    at = {"email": ANNA, "timestamp": 1513299569, "sg_event_id": "x"}
    events = [
        {**at, "event": "bounce", "type": "bounce", "status": "5.1.1", "reason": "500 unknown recipient"},
        # As its reference shows a bounce: 5.0.0 is what SendGrid says of an answer without a code.
        {**at, "event": "bounce", "type": "bounce", "status": "5.0.0", "reason": "500 unknown recipient"},
        {**at, "event": "bounce", "type": "bounce", "status": "5.0.0", "reason": "550 5.7.1 policy"},
        {**at, "event": "bounce", "type": "blocked", "status": "5.1.1"},
        {**at, "event": 7},
        {**at, "event": "dropped", "reason": "Bounced Address", "status": "5.0.0"},
        {**at, "event": "dropped", "reason": "Spam Content"},
        {**at, "event": "spamreport"},
        {**at, "event": "group_unsubscribe", "asm_group_id": 10},
        {**at, "event": "deferred", "response": "400 try again later"},
        "nobody",
    ]
    told = read_sendgrid(as_json(events))
    assert [one.kind for one in told] == ["dead", "dead", "dead", "complaint", "no"]
    assert {(one.address, one.at) for one in told} == {(ANNA, 1513299569000)}


def ses(**told: Any) -> dict[str, Any]:
    return {"mail": {"messageId": "x"}, **told}


def bounced(kind: str, **one: str) -> dict[str, Any]:
    told = {"bounceType": kind, "bounceSubType": "General", "timestamp": "2016-01-27T14:59:38.237Z"}
    return ses(
        notificationType="Bounce",
        bounce={**told, "bouncedRecipients": [{"emailAddress": f"Anna <{ANNA}>", **one}]},
    )


@pytest.mark.parametrize(
    ("told", "kinds"),
    [
        (bounced("Permanent", status="5.1.1", action="failed"), ["dead"]),
        (bounced("Permanent"), ["dead"]),
        (bounced("Permanent", status="5.7.1"), []),
        # As its guide shows a bounce.
        (bounced("Permanent", status="5.0.0", diagnosticCode="smtp; 550 user unknown"), ["dead"]),
        (bounced("Permanent", status="5.0.0", diagnosticCode="smtp; 550 5.7.1 policy"), []),
        (bounced("Permanent", status="5.0.0", diagnosticCode="smtp; 550-5.1.1 no such user"), ["dead"]),
        (
            bounced(
                "Permanent",
                status="5.5.0",
                diagnosticCode="smtp; 550 5.5.0 Requested action not taken: mailbox unavailable",
            ),
            ["dead"],
        ),
        (bounced("Transient", status="5.0.0", diagnosticCode="smtp; 503 5.0.0 failure"), []),
        (bounced("Transient", status="4.4.7"), []),
        (bounced("Undetermined"), []),
        (ses(notificationType="Delivery", delivery={"recipients": [ANNA]}), []),
        (
            ses(
                eventType="Complaint",
                complaint={
                    "complainedRecipients": [{"emailAddress": ANNA}],
                    "complaintFeedbackType": "abuse",
                },
            ),
            ["complaint"],
        ),
        (
            ses(
                notificationType="Complaint",
                complaint={
                    "complainedRecipients": [{"emailAddress": ANNA}],
                    "complaintFeedbackType": "not-spam",
                },
            ),
            [],
        ),
    ],
)
def test_amazon_wrapped_by_sns_and_raw(told: dict[str, Any], kinds: list[str]) -> None:
    wrapped = as_json({"Type": "Notification", "MessageId": "m", "Message": json.dumps(told)})
    for body in (as_json(told), wrapped):
        found = read_login(body)
        assert isinstance(found, list) and [one.kind for one in found] == kinds
        assert mailgun_signature(body) is None


def test_amazons_word_on_a_new_topic_changes_nothing() -> None:
    said = "Successfully validated SNS topic for Amazon SES event publishing."
    assert read_login(as_json({"Type": "Notification", "MessageId": "m", "Message": said})) == []
    with pytest.raises(BadBody):
        read_login(as_json({"Type": "Notification", "MessageId": "m", "Message": '{"mail": '}))


def test_amazons_question_is_told_as_one() -> None:
    url = "https://sns.eu-central-1.amazonaws.com/?Action=ConfirmSubscription&Token=2336"
    asked = {"Type": "SubscriptionConfirmation", "Token": "2336", "Message": "…", "SubscribeURL": url}
    assert read_login(as_json(asked)) == Question(url)


@pytest.mark.parametrize(
    ("told", "kind"),
    [
        ({"RecordType": "Bounce", "Type": "HardBounce", "TypeCode": 1, "Email": ANNA}, "dead"),
        ({"RecordType": "Bounce", "Type": "BadEmailAddress", "Email": ANNA}, "dead"),
        ({"RecordType": "Bounce", "Type": "SoftBounce", "TypeCode": 4096, "Email": ANNA}, ""),
        ({"RecordType": "Bounce", "Type": "Blocked", "Email": ANNA}, ""),
        ({"RecordType": "Bounce", "Type": "Unsubscribe", "TypeCode": 16, "Email": ANNA}, "no"),
        (
            {"RecordType": "SpamComplaint", "Type": "SpamComplaint", "TypeCode": 512, "Email": ANNA},
            "complaint",
        ),
        (
            {
                "RecordType": "SubscriptionChange",
                "Recipient": ANNA,
                "Origin": "Recipient",
                "SuppressSending": True,
                "SuppressionReason": "ManualSuppression",
            },
            "no",
        ),
        (
            {
                "RecordType": "SubscriptionChange",
                "Recipient": ANNA,
                "Origin": "Recipient",
                "SuppressSending": False,
                "SuppressionReason": None,
            },
            "",
        ),
        ({"RecordType": "Delivery", "Recipient": ANNA}, ""),
    ],
)
def test_postmark(told: dict[str, Any], kind: str) -> None:
    told |= {"BouncedAt": "2014-08-01T13:28:10.2735393-04:00", "Tag": None}
    at = 1406914090274
    assert read_login(as_json(told)) == ([Told(kind, ANNA, at)] if kind else [])  # type: ignore[arg-type]


@pytest.mark.parametrize("body", [b"{", b"[1, 2", b'{"Type": 7}', b"[" * 200, b'{"x": "\xff"}'])
def test_what_is_none_of_it_is_said_to_be(body: bytes) -> None:
    with pytest.raises(BadBody):
        read_login(body)
    with pytest.raises(BadBody):
        read_sendgrid(body)


def notes(*told: Told, now: int = T0) -> list[Any]:
    kinds = {"delivery": DeliveryNote, "consent": ConsentNote}
    found: list[Entry] = list(entries_told("demo", told, now=now, partitions=4))
    return [msgspec.json.decode(one.data, type=kinds[one.kind]) for one in found]


def test_the_hub_of_the_address_is_told_in_each_of_its_spellings() -> None:
    [dead] = notes(Told("dead", f"Anna <{ANNA.upper()}>"))
    assert (dead.vid, dead.outcome, dead.channel) == (hub_of("demo", "email", ANNA), "gone", "email")
    assert dead.address == mark_of("demo", ANNA)
    both = {one.vid for one in notes(Told("dead", "anna@xn--mller-kva.example"))}
    assert both == {
        hub_of("demo", "email", "anna@müller.example"),
        hub_of("demo", "email", "anna@xn--mller-kva.example"),
    }
    assert notes(Told("dead", "nobody"), Told("complaint", "")) == []


def test_a_no_is_dated_by_when_it_was_said_and_never_ahead() -> None:
    past, none, ahead = notes(
        Told("no", ANNA, T0 - 5), Told("complaint", ANNA), Told("complaint", ANNA, T0 + 9_000_000)
    )
    assert [one.at for one in (past, none, ahead)] == [T0 - 5, T0, T0]
    assert [one.why for one in (past, none)] == ["provider", "complaint"] and not past.yes
