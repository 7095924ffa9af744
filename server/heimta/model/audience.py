"""Ad audiences: lists of people at an ad network, who see the shop's ads elsewhere. docs/audiences.md.

(A campaign's `audience` is another thing: the rule that says who may see the campaign.)

A person is named there by *keys*: `e` or `p` and the SHA-256 of an e-mail address or a telephone number, in
the form that the network publishes. Only keys leave this program, and only keys are kept of who was told.

Meta, "Hashing and normalizing": an address is trimmed and in small letters, a number is its digits with the
country code, without symbols, letters and leading zeros:
https://developers.facebook.com/docs/marketing-api/audiences/guides/custom-audiences
Google's customer match file wants the number in E.164, with its plus, and an address of its own mail without
dots and without what stands behind a plus:
https://support.google.com/google-ads/answer/7659867
https://developers.google.com/data-manager/api/devguides/concepts/formatting
"""

from __future__ import annotations

import re
from hashlib import sha256
from typing import Annotated

from msgspec import Meta, Struct

from heimta.model.document import Document
from heimta.model.ids import Name

GOOGLES = ("gmail.com", "googlemail.com")  # domains of one provider, to which a dot says nothing
NUMBER = re.compile(r"^\+[1-9][0-9]{6,14}\Z")  # E.164


class AdAudience(Document, frozen=True):
    """meta: the custom audience's id at Meta; '' for one that only `heimta audiences export` reads.

    days: how long somebody stays after the step that put them in. alone: nobody is taken in who is in another
    ad audience of the shop already, or on the list of `heimta audiences exclude`.
    """

    meta: Annotated[
        str,
        Meta(
            pattern=r"^([0-9]{5,20})?\Z",
            description="the digits of an audience at Meta, for example 120330000000000001",
        ),
    ] = ""
    days: Annotated[int, Meta(ge=1, le=180)] = 30
    alone: bool = True


AdAudiences = Annotated[dict[Name, AdAudience], Meta(max_length=20)]


class Member(Struct, array_like=True):
    """What a visitor's state knows of one ad audience. Times are of the steps, ms; 0 for never.

    keys: under which the table of the shop was told to take this visitor in, told: for which step; what it is
    told next is the difference. Empty once it was told to let them go: nothing of a person is left then.
    """

    added: int = 0
    removed: int = 0
    keys: list[str] = []
    told: int = 0


class Change(Struct, frozen=True, array_like=True):
    """One visitor, in or out of one ad audience, on its way into the shop's table. at: ms, for the newest."""

    audience: str
    is_in: bool
    at: int
    keys: list[str]


def normal_email(email: str) -> str:
    return email.strip().lower()


def google_email(email: str) -> str:
    """As Google hashes it: to its own mail neither a dot nor a plus and what follows says anything."""
    local, _, domain = normal_email(email).rpartition("@")
    if domain in GOOGLES:
        local = local.partition("+")[0].replace(".", "")
    return f"{local}@{domain}"


def normal_phone(phone: str) -> str:
    """In E.164, or '' for one without a country code: nobody can tell whose it is."""
    told = phone.strip().replace("(0)", "")  # as in +49 (0)171: not dialled from abroad
    digits = re.sub(r"[^0-9]", "", told)
    if told.startswith("00"):
        digits = digits[2:]
    elif not told.startswith("+"):
        return ""
    number = f"+{digits}"
    return number if NUMBER.match(number) else ""


def hashed(value: str) -> str:
    return sha256(value.encode()).hexdigest()


def keys_of(*, email: str, phone: str) -> list[str]:
    """The keys of a person, sorted; none for who left neither."""
    number = normal_phone(phone)
    keys = [f"e{hashed(normal_email(email))}"] if email.strip() else []
    return sorted(keys + ([f"p{hashed(number[1:])}"] if number else []))
