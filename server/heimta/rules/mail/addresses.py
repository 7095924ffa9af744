"""Which e-mail addresses are any good. The rules are email-validator's, without asking any DNS.

What shoppers type goes through `deliverable`, what merchants write in a document through `email_faults`. An
address whose part before the @ is not ASCII would need SMTPUTF8 all the way; few servers have it, so it
counts as none.
"""

from __future__ import annotations

import hashlib
import ipaddress
import re
from email.utils import parseaddr
from functools import lru_cache

from email_validator import EmailNotValidError, validate_email

from heimta.model.providers.email import Email

# `+` and the token (rules/mail/returns.py) must fit behind it: 64 characters before the @ (RFC 5321).
RETURN_LOCAL = 7
_NAMED = re.compile(r'([^"<>]+)<([^<>]+)>\s*')


def _checked(address: str) -> str:
    """In ASCII. Raises EmailNotValidError."""
    found = validate_email(address, check_deliverability=False, allow_smtputf8=False, strict=True)
    return found.ascii_email or ""


@lru_cache(maxsize=4096)
def deliverable(address: str) -> str:
    """The address as it goes over the wire, in ASCII; '' if it is none."""
    try:
        return _checked(address)
    except EmailNotValidError:
        return ""


@lru_cache(maxsize=256)
def spellings(text: str) -> tuple[str, ...]:
    """How a browser may have told the address that a provider names, `Name <address>` or bare: a domain with
    letters of its own is spelled in ASCII on the wire. Empty for what is none.
    """
    address = parseaddr(text)[1]
    try:
        found = validate_email(address, check_deliverability=False, allow_smtputf8=False, strict=True)
    except EmailNotValidError:
        return ()
    return tuple(dict.fromkeys(one.lower() for one in (found.ascii_email or "", found.normalized) if one))


def mark_of(shop: str, address: str) -> str:
    """Names an address for those who need not know it: 6 hex digits, enough to tell a shopper's few apart."""
    return hashlib.sha256(f"mail\n{shop}\n{address.lower()}".encode()).hexdigest()[:6]


@lru_cache(maxsize=256)
def named(text: str) -> tuple[str, str]:
    """(display name, address in ASCII) of `Shop <hello@shop.example>`. Raises ValueError."""
    name, address = _parted(text)
    return name, _checked(address)


def _parted(text: str) -> tuple[str, str]:
    """(display name, address). A header's name may hold a comma or a colon in quotes alone; a shop's may have
    them without: `Wool, Yarn <hello@shop.example>`.
    """
    found = _NAMED.fullmatch(text)
    return (found[1].strip(), found[2]) if found is not None else parseaddr(text)


def email_faults(email: Email, where: str = "email") -> list[str]:
    """What is wrong with a shop's e-mail. Each fault names the field, the value, the rule, the way out."""
    faults = [
        f"{where}.{name} is {text!r}: {why}"
        for name, text, may_be_named in (
            ("sender", email.sender, True),
            ("reply_to", email.reply_to, True),
            ("bounces", email.bounces, False),
        )
        if (text or name == "sender") and (why := _fault(text, may_be_named))
    ]
    local = email.bounces.partition("@")[0]
    if not faults and len(local) > RETURN_LOCAL:
        faults.append(
            f"{where}.bounces is {email.bounces!r}; before the @ it may have {RETURN_LOCAL} characters, "
            "since each message adds its own; for example bounces@…"
        )
    host, colon, port = email.host.partition(":")
    if colon and ":" not in port:  # with more of them it is an IPv6 address
        faults.append(
            f"{where}.host is {email.host!r}; the port stands apart: host: {host}, port: {port or 587}"
        )
    return faults + _line_faults(email, where)


def email_notes(email: Email) -> list[str]:
    """What a merchant should know though nothing is wrong."""
    found = []
    if not email.bounces:
        found.append(
            "email.bounces is not set: dead addresses are learnt only from servers that say so at once"
        )
    if email.confirm == "never":
        found.append(
            "email.confirm is never: whoever types a stranger's address has marketing sent to it, also after "
            "they unsubscribed; leave it out, and such a yes is confirmed first"
        )
    if not email.imprint:
        found.append(
            "email.imprint is not set: most countries want to read in each mail who writes, and from where"
        )
    return found


def _fault(text: str, may_be_named: bool) -> str:
    try:
        _checked(_parted(text)[1] if may_be_named else text)
    except EmailNotValidError as error:
        example = "Shop <hello@shop.example>" if may_be_named else "bounces@shop.example"
        return f"{error} For example {example}"
    return ""


def _line_faults(email: Email, where: str) -> list[str]:
    if email.port == 465 and email.tls == "starttls":
        return [f"{where}.port is 465, where servers speak TLS at once; set {where}.tls to implicit"]
    if email.tls == "none" and not _is_here(email.host):
        return [
            f"{where}.tls is 'none' and {where}.host {email.host!r} is another machine: mail and password "
            "would cross the network in clear; use starttls or implicit"
        ]
    return []


def _is_here(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
