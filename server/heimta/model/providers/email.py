"""E-mail through any SMTP server. Secrets: `smtp_password`, `dkim_key`. docs/email.md explains the fields."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from heimta.model.document import Document, Text

Host = Annotated[
    str,
    Meta(
        pattern=r"^[A-Za-z0-9]([A-Za-z0-9.:-]*[A-Za-z0-9])?\Z",
        max_length=253,
        description="a host name, for example smtp.my-shop.example",
    ),
]
Domain = Annotated[
    str,
    Meta(
        pattern=r"^([a-z0-9_-]{1,63}\.)+[a-z][a-z0-9-]*\Z",
        max_length=253,
        description="a host name, for example my-shop.example",
    ),
]
# Which yeses to e-mail that were said on a page count only once the address has confirmed them: each; those
# for an address that had said no before; none.
Confirm = Literal["always", "after_no", "never"]
Address = Annotated[str, Meta(max_length=320)]  # rules/mail/addresses.py has the rules


class Dkim(Document, frozen=True):
    """For servers that do not sign. The public key stands at `<selector>._domainkey.<domain>`.

    domain: the sender's if left out.
    """

    selector: Annotated[
        str,
        Meta(
            pattern=r"^[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?\Z",
            description="small letters, digits, dots and hyphens, for example heimta",
        ),
    ]
    domain: Domain | None = None


class Email(Document, frozen=True):
    """sender: as in From, `Shop <hello@shop.example>`. tls: `starttls` begins in clear and insists on TLS,
    `implicit` is TLS from the first byte (port 465), `none` is for a server on this machine.

    bounces: where undeliverable mail goes back to; each message's own address is made of it by a `+`.
    imprint: who writes, with a postal address, beneath every mail. logo: a picture in the name's place.

    per_day: mails within 24 hours, all journeys together; what is over waits. Far up where nothing is said:
    a shop may well write to 100,000 at once, and only the merchant knows. What is far above the shop's usual
    day is told long before (model/volume.py).
    confirm: anybody may type anybody's address into a form (rules/consented.py).
    """

    sender: Address
    host: Host
    port: Annotated[int, Meta(ge=1, le=65535)] = 587
    user: Annotated[str, Meta(max_length=320)] = ""
    tls: Literal["starttls", "implicit", "none"] = "starttls"
    reply_to: Address = ""
    bounces: Address = ""
    imprint: Text = ""
    logo: Annotated[str, Meta(max_length=1000)] = ""
    connections: Annotated[int, Meta(ge=1, le=20)] = 4  # at a time, from each worker
    dkim: Dkim | None = None
    per_day: Annotated[int, Meta(ge=1, le=1_000_000)] = 100_000
    confirm: Confirm = "after_no"
