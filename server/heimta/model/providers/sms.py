"""SMS through a gateway that speaks Twilio's API. Secret: `sms_token`."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from heimta.model.document import Country, Document, Origin


class Sms(Document, frozen=True):
    """sender: a number in E.164, a name where the country allows it, or a messaging service's `MG…`.

    country: how numbers without a + are read; left out, such numbers are none: a guess would write to a
    stranger. countries: where messages may go; left out, to `country`, or else to the sender's own. Anyone
    can type a number into a form, and the dear ones are far away.

    per_day: messages within 24 hours, all journeys together; what is over waits. Each costs money, and what
    sends too many (a journey for everyone, a script that fills in forms) is noticed on the bill otherwise.
    """

    account: Annotated[
        str,
        Meta(
            pattern=r"^[A-Za-z0-9_-]{1,64}\Z",
            description="the account that the gateway gave you, for example AC0123",
        ),
    ]
    sender: Annotated[
        str,
        Meta(
            pattern=r"^(\+[1-9][0-9]{6,14}|MG[0-9a-f]{32}|[A-Za-z0-9][A-Za-z0-9 ]{0,10})\Z",
            description="a number with its +country, a name of up to 11 letters and digits, or MG…",
        ),
    ]
    url: Origin = "https://api.twilio.com"
    country: Country | None = None
    countries: Annotated[tuple[Country, ...], Meta(max_length=50)] = ()
    per_day: Annotated[int, Meta(ge=1, le=100_000)] = 1000

    @property
    def hears(self) -> bool:
        """Whether the shopper can answer: a name is no number."""
        return self.sender.startswith(("+", "MG"))
