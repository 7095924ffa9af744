"""What mail providers tell a webhook, read: which addresses are dead, who complained, who unsubscribed. Pure.

Each body is read as its provider publishes it, and each event of it apart: one of a new kind must not lose
its neighbours, since a provider sends all of them again until the answer is 2xx. A bounce without a code of
its own (5.0.0 says nothing, and the other server's answer has none) is believed where the provider itself
will not write there again; with one, model/mail_status.py judges.

Sources: docs.aws.amazon.com/ses/latest/dg/notification-contents.html and .../sns/latest/dg/
sns-message-and-json-formats.html; documentation.mailgun.com/docs/mailgun/user-manual/webhooks/
webhook-payloads; postmarkapp.com/developer/webhooks (bounce, spam complaint, subscription change);
twilio.com/docs/sendgrid/for-developers/tracking-events/event.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Raw, Struct, field

from heimta.ingest.decode import BadBody, decode
from heimta.model.mail_status import UNSAID, is_dead

Kind = Literal["dead", "complaint", "no"]
Seconds = Annotated[float, Meta(ge=0, le=10**11)]

# Without an enhanced code: no such mailbox, moved, a name that is none (RFC 5321 section 4.2.3).
_NO_MAILBOX = frozenset({550, 551, 553})
# What the other server answered, `smtp; 550 5.1.1 …` or without the first word.
_ANSWER = re.compile(r"\s*(?:smtp\s*;\s*)?[245]\d\d[ -]([245]\.\d{1,3}\.\d{1,3})\b", re.IGNORECASE)


class Told(Struct, frozen=True):
    """A provider's word on one address. no: unsubscribed at the provider. at: ms, 0 where it says none."""

    kind: Kind
    address: str
    at: int = 0


class Question(Struct, frozen=True):
    """Amazon SNS asks whether the address is ours, once; whoever opens `url` says yes."""

    url: str


class _Signature(Struct):
    timestamp: str | int = ""
    token: str = ""
    signature: str = ""


class _Status(Struct, rename="kebab"):
    code: int | None = None
    enhanced_code: str | None = ""
    message: str | None = ""


class _MailgunEvent(Struct, rename="kebab"):
    event: str = ""
    severity: str | None = ""
    reason: str | None = ""
    recipient: str = ""
    timestamp: Seconds = 0
    delivery_status: _Status | None = None


class _Signed(Struct):
    signature: _Signature | None = None


class _Mailgun(Struct):
    event: _MailgunEvent = field(name="event-data")


class _Postmark(Struct, rename="pascal"):
    record_type: str = ""
    type: str | None = ""
    email: str | None = ""
    recipient: str | None = ""
    suppress_sending: bool | None = False
    suppression_reason: str | None = ""
    origin: str | None = ""
    bounced_at: str | None = ""
    changed_at: str | None = ""


class _Recipient(Struct, rename="camel"):
    email_address: str = ""
    status: str | None = ""
    diagnostic_code: str | None = ""


class _Bounce(Struct, rename="camel"):
    bounce_type: str = ""
    bounced_recipients: list[_Recipient] = []
    timestamp: str | None = ""


class _Complaint(Struct, rename="camel"):
    complained_recipients: list[_Recipient] = []
    complaint_feedback_type: str | None = ""
    timestamp: str | None = ""


class _Ses(Struct, rename="camel"):
    notification_type: str = ""
    event_type: str = ""
    bounce: _Bounce | None = None
    complaint: _Complaint | None = None


class _Sns(Struct, rename="pascal"):
    type: str = ""
    message: str = ""
    subscribe_url: str = field(default="", name="SubscribeURL")


class _SendgridEvent(Struct):
    event: str = ""
    email: str = ""
    type: str | None = ""
    status: str | None = ""
    reason: str | None = ""
    timestamp: Seconds = 0


_signed = msgspec.json.Decoder(_Signed)
_any = msgspec.json.Decoder(Raw)
_mailgun = msgspec.json.Decoder(_Mailgun)
_postmark = msgspec.json.Decoder(_Postmark)
_ses = msgspec.json.Decoder(_Ses)
_sns = msgspec.json.Decoder(_Sns)
_events = msgspec.json.Decoder(Annotated[list[Raw], Meta(max_length=10_000)])
_sendgrid = msgspec.json.Decoder(_SendgridEvent)


def mailgun_signature(body: bytes) -> tuple[str, str, str] | None:
    """(timestamp, token, signature) of a body of Mailgun's; None for another's. Raises BadBody."""
    decode(_any, body)
    try:
        told = decode(_signed, body).signature
    except BadBody:  # good JSON of another shape
        return None
    return (str(told.timestamp), told.token, told.signature) if told is not None else None


def read_mailgun(body: bytes) -> list[Told]:
    """Raises BadBody."""
    one = decode(_mailgun, body).event
    kind = _mailgun_kind(one)
    return [Told(kind, one.recipient, round(one.timestamp * 1000))] if kind else []


def _mailgun_kind(one: _MailgunEvent) -> Kind | None:
    if one.event == "complained" or one.reason == "suppress-complaint":
        return "complaint"
    if one.event == "unsubscribed" or one.reason == "suppress-unsubscribe":
        return "no"
    if one.event != "failed" or one.severity != "permanent":
        return None
    status = one.delivery_status or _Status()
    if said := _said(status.enhanced_code, status.message):
        return "dead" if is_dead(said, status.message or "") else None
    no_mailbox = one.reason == "bounce" and status.code in _NO_MAILBOX
    return "dead" if one.reason == "suppress-bounce" or no_mailbox else None


def read_sendgrid(body: bytes) -> list[Told]:
    """Raises BadBody."""
    found = []
    for raw in decode(_events, body):
        try:
            one = decode(_sendgrid, raw)
        except BadBody:
            continue
        if kind := _sendgrid_kind(one):
            found.append(Told(kind, one.email, round(one.timestamp * 1000)))
    return found


def _sendgrid_kind(one: _SendgridEvent) -> Kind | None:
    match one.event:
        case "bounce" if one.type in ("", None, "bounce"):
            said = _said(one.status, one.reason)
            return "dead" if not said or is_dead(said, one.reason or "") else None
        case "dropped":
            dropped: dict[str | None, Kind] = {
                "Bounced Address": "dead",
                "Invalid": "dead",
                "Spam Reporting Address": "complaint",
                "Unsubscribed Address": "no",
            }
            return dropped.get(one.reason)
        case "spamreport":
            return "complaint"
        case "unsubscribe" | "group_unsubscribe":
            return "no"
    return None


def read_login(body: bytes) -> list[Told] | Question:
    """Of those who log in: Postmark, and Amazon SES through SNS, wrapped or raw. Raises BadBody."""
    sns = decode(_sns, body)
    if sns.type == "SubscriptionConfirmation":
        return Question(sns.subscribe_url)
    if sns.type == "Notification" and not sns.message.lstrip().startswith("{"):
        return []  # words for people: "Successfully validated SNS topic for Amazon SES event publishing."
    inner = sns.message.encode() if sns.type == "Notification" else body
    ses = decode(_ses, inner)
    if ses.notification_type or ses.event_type:
        return list(_of_ses(ses))
    return list(_of_postmark(decode(_postmark, inner)))


def _of_ses(told: _Ses) -> Iterator[Told]:
    bounce, complaint = told.bounce, told.complaint
    if bounce is not None and bounce.bounce_type == "Permanent":
        for one in bounce.bounced_recipients:
            said = _said(one.status, one.diagnostic_code)
            if not said or is_dead(said, one.diagnostic_code or ""):
                yield Told("dead", one.email_address, _ms(bounce.timestamp))
    if complaint is not None and complaint.complaint_feedback_type != "not-spam":
        for one in complaint.complained_recipients:
            yield Told("complaint", one.email_address, _ms(complaint.timestamp))


def _of_postmark(one: _Postmark) -> Iterator[Told]:
    address = one.email or one.recipient or ""
    at = _ms(one.bounced_at or one.changed_at)
    if one.record_type == "SpamComplaint" or one.type == "SpamComplaint":
        yield Told("complaint", address, at)
    elif one.record_type == "Bounce" and one.type in ("HardBounce", "BadEmailAddress"):
        yield Told("dead", address, at)
    elif (
        one.record_type == "Bounce" and one.type == "Unsubscribe"
    ):  # asked for by mail, at the return address
        yield Told("no", address, at)
    elif one.record_type == "SubscriptionChange" and one.suppress_sending:
        if one.suppression_reason == "HardBounce":
            yield Told("dead", address, at)
        elif one.suppression_reason == "SpamComplaint":
            yield Told("complaint", address, at)
        elif one.origin == "Recipient":
            yield Told("no", address, at)


def _said(status: str | None, answer: str | None) -> str:
    """The code that says why, the provider's own or the one in the other server's answer; '' for none."""
    if status and status not in UNSAID:
        return status
    found = _ANSWER.match(answer or "")
    return "" if found is None or found[1] in UNSAID else found[1]


def _ms(text: str | None) -> int:
    """0 for none, and for what is no time."""
    try:
        told = datetime.fromisoformat(text or "")
        return max(0, round((told if told.tzinfo else told.replace(tzinfo=UTC)).timestamp() * 1000))
    except (ValueError, OverflowError):
        return 0
