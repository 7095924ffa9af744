"""Who belongs in an ad audience, when its nightly comparison is due, and what a refusal means. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from heimta.model.audience import Member, keys_of
from heimta.model.visitor import CLOCK_SLACK_MS, VisitorState

NIGHT_H = 3  # by the shop's clock


def own_keys(state: VisitorState) -> list[str]:
    known = state.identity
    return [] if known is None else keys_of(email=known.email, phone=known.phone)


def is_in(state: VisitorState, member: Member) -> bool:
    """Whether they belong in it, whatever their keys. A purchase ends it as it ends a journey."""
    nos = max(member.removed, state.withdrawn[0], state.stopped[0])
    bought = state.bought_at > 0 and state.bought_at + CLOCK_SLACK_MS >= member.added
    return state.marketing and not state.preview and member.added > nos and not bought


def night_before(now: int, timezone: str) -> int:
    """When the last night's comparison was due by the shop's clock, ms."""
    return _night(now, timezone, days=0)


def night_after(now: int, timezone: str) -> int:
    """When the next one is due, ms."""
    return _night(now, timezone, days=1)


def _night(now: int, timezone: str, *, days: int) -> int:
    """The newest that is not after now, or so many later. By the calendar: some days have 23 hours."""
    zone = ZoneInfo(timezone)
    local = datetime.fromtimestamp(now / 1000, UTC).astimezone(zone)
    due = local.replace(hour=NIGHT_H, minute=0, second=0, microsecond=0, fold=0)
    days -= due > local
    due = (due.replace(tzinfo=None) + timedelta(days=days)).replace(tzinfo=zone)
    return round(due.timestamp() * 1000)


@dataclass(frozen=True)
class Refusal:
    """why: what the network said, in plain words. way_out: what the merchant can do; '' where time mends it.

    command: what they type for it, with SHOP for the shop's id. is_one: it is about this ad audience alone,
    so the shop's others go on. lets_in: only who leaves is refused.
    """

    why: str
    way_out: str = ""
    command: str = ""
    is_one: bool = False
    lets_in: bool = False


_SHARE = "In Meta's business settings, give the token's system user the ad account that owns this audience."
_LIST = "In Meta's Audience Manager, look whether it was made of a customer list; copy its id from there."

_REFUSALS = {
    "token": Refusal(
        "Meta does not take the token any more, or there is none.",
        "Make a new one for a system user with ads_management, and hand it over:",
        "heimta shop secret SHOP facebook_ads_token",
    ),
    "terms": Refusal(
        "Meta's terms for custom audiences are not signed.",
        "Sign them in the Audience Manager, with the business that owns the ad account.",
    ),
    "version": Refusal(
        "Meta has switched off the version of its interface that this Heimta speaks.", "Upgrade Heimta."
    ),
    "permission": Refusal("The token may not change this audience.", _SHARE, is_one=True),
    "no_such_audience": Refusal(
        "Meta has no audience with this id, or the token may not see it.", _LIST, is_one=True
    ),
    "too_small": Refusal(
        "Meta lets nobody go from an audience as small as this one is.",
        "Pause the ads that use it until more people are in; who comes is told all the same.",
        is_one=True,
        lets_in=True,
    ),
    "blocked": Refusal(
        "Meta has flagged this audience and lets nobody change it.",
        "Appeal in the Audience Manager, or make another audience and put its id into the document.",
        is_one=True,
    ),
    "updating": Refusal(
        "Meta is still busy with another upload to this audience.",
        "Is another program replacing its members? Only one should look after it.",
        is_one=True,
    ),
    "not_updated": Refusal("Meta could not change this audience.", _LIST, is_one=True),
    "meta_100": Refusal(
        "Meta did not understand what it was told of this audience.",
        f"{_LIST} If the token's app wants its secret proven with each call, hand that over:",
        "heimta shop secret SHOP facebook_ads_app",
        is_one=True,
    ),
    "meta_368": Refusal("Meta has blocked the account's changes for a while."),
    "timeout": Refusal("Meta did not answer in time."),
    "connection": Refusal("Meta could not be reached."),
    "no_place": Refusal("Meta was slow to answer for many shops at once, and was not asked."),
    "address": Refusal(
        "The url under facebook leads to no public address.",
        "Take it out of the shop's document, or name its origin in HEIMTA_OUTSIDE_ORIGINS.",
    ),
}
_TOO_MANY = {"meta_4", "meta_17", "meta_32", "meta_341", "meta_613", "http_429"}


def refusal(reason: str) -> Refusal:
    """What channels/meta_audience.py answered, for people."""
    if known := _REFUSALS.get(reason):
        return known
    if reason in _TOO_MANY or reason.startswith("meta_800"):
        return Refusal("Meta wants fewer calls for a while.")
    kind, _, code = reason.partition("_")
    if kind == "http":
        return Refusal(f"Meta answered with HTTP {code}.")
    return Refusal(f"Meta answered with its error {code or reason}.")
