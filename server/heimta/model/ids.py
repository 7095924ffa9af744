"""Identifiers: what they look like and who makes them.

Every id that reaches a Redis key matches one of these patterns, so no id can carry
a brace, a colon or a line break into a key or a log line.
"""

from __future__ import annotations

from typing import Annotated, NewType

from msgspec import Meta

ShopId = NewType("ShopId", str)
VisitorId = NewType("VisitorId", str)

SHOP_PATTERN = r"^[a-z0-9][a-z0-9-]{0,31}\Z"
NAME_PATTERN = r"^[a-z0-9][a-z0-9_-]{0,63}\Z"
VISITOR_PATTERN = r"^[A-Za-z0-9_-]{22}\Z"
WHOSE_PATTERN = r"^[.A-Za-z0-9_-][A-Za-z0-9_-]{21}\Z"
SHORT_PATTERN = r"^[A-Za-z0-9_-]{11}\Z"

# A shop's id, chosen by the operator: `demo`.
Shop = Annotated[
    str,
    Meta(pattern=SHOP_PATTERN, description="1 to 32 small letters, digits and hyphens, for example my-shop"),
]
# Campaigns, journeys, variants and steps, chosen by the merchant: `exit-offer`.
Name = Annotated[
    str,
    Meta(pattern=NAME_PATTERN, description="1 to 64 small letters, digits, - and _, for example exit-offer"),
]
# 128 random bits, base64url without padding, made in the browser.
Visitor = Annotated[str, Meta(pattern=VISITOR_PATTERN)]
# A visitor, or a hub (model/person.py), whose name begins with a dot: no browser can have it. In our own
# notes only: what comes from a browser is a Visitor.
Whose = Annotated[str, Meta(pattern=WHOSE_PATTERN)]
# 64 random bits: a session, a cart, or a source (one page load that numbers its events).
Short = Annotated[str, Meta(pattern=SHORT_PATTERN)]
