"""What a visitor's state leads to in the ad audiences. Pure.

A journey's step `audience` puts a visitor in or takes them out. Everything else follows from the state: an
order, a no to marketing, a stop, a preview or a forgotten address take them out, whichever of these was
folded first, and a yes that comes later does not bring them back; the next step does. So nobody has to
remember to remove them.
"""

from __future__ import annotations

from heimta.model.audience import Change, Member
from heimta.model.documents import ShopDoc
from heimta.model.visitor import VisitorState
from heimta.rules.ad_audiences import is_in, own_keys


def put(state: VisitorState, audience: str, *, adds: bool, now: int) -> None:
    """A step was taken. now: ms."""
    member = state.audiences.setdefault(audience, Member())
    if adds:
        member.added = max(member.added, now)
    else:
        member.removed = max(member.removed, now)


def unreachable_ads(state: VisitorState, audience: str, shop: ShopDoc) -> str:
    """'' if the visitor could be put into it now, else why not."""
    if audience not in shop.ad_audiences:
        return "no such ad audience"
    if not state.marketing or state.preview:
        return "no yes to marketing"
    return "" if own_keys(state) else "no e-mail or phone"


def settle(state: VisitorState, *, at: int) -> list[Change]:
    """What the shop's table must be told after a fact or a timer. at: when that was, ms.

    A change to out is stamped after the step that put them in: the edge's clock may be behind Redis'.
    """
    changes: list[Change] = []
    for audience, member in sorted(state.audiences.items()):
        keys = own_keys(state) if is_in(state, member) else []
        gone = [key for key in member.keys if key not in keys]
        if gone:
            changes.append(Change(audience, False, max(at, member.added + 1), gone))
        if keys and (keys != member.keys or member.added > member.told):
            changes.append(Change(audience, True, member.added, keys))
        member.keys, member.told = keys, member.added if keys else 0
    return changes
