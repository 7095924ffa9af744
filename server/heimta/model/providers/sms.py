"""SMS through a gateway that speaks Twilio's API. Secret: `sms_token`."""

from __future__ import annotations

from heimta.model.document import Document


class Sms(Document, frozen=True):
    """sender: a number in E.164, or a name where the country allows it."""

    account: str
    sender: str
    url: str = "https://api.twilio.com"
