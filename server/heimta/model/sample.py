"""A sample: one step's message with a made-up cart, sent to the merchant's own address."""

from __future__ import annotations

from msgspec import Struct

from heimta.model.ids import Name

# Whose settings and answers a sample's links lead to: no browser makes that name. Written as one is (16
# bytes), so that a sample has a return address as shoppers' mails have: a server may refuse those alone.
NOBODY = "0" * 21 + "A"
MAX_TO = 320  # the longest e-mail address (RFC 3696, erratum 1690)


class Sample(Struct, frozen=True):
    """to: an e-mail address, a telephone number, a page-scoped id; for a push the visitor who subscribed; ''
    for a webhook, whose address is in the shop's document.
    """

    id: str
    shop: str
    journey: Name
    step: Name
    to: str
    lang: str = ""


class Told(Struct, frozen=True):
    """What became of it. outcome and reason as the channel says them; refused: it was never tried."""

    outcome: str
    reason: str = ""
