"""Who belongs in which ad audience. Pure.

A journey's step `audience` puts a visitor in or takes them out. Everything else follows from the state: an
order, a no to marketing, a stop, a preview or a forgotten address take them out, whichever of these was
folded first, and a yes that comes later does not bring them back; the next step does. So nobody has to
remember to remove them.
"""

from __future__ import annotations

from heimta.model.audience import Change, Member, keys_of
from heimta.model.documents import ShopDoc
from heimta.model.visitor import CLOCK_SLACK_MS, VisitorState


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


def own_keys(state: VisitorState) -> list[str]:
    known = state.identity
    return [] if known is None else keys_of(email=known.email, phone=known.phone)


def is_in(state: VisitorState, member: Member) -> bool:
    """Whether they belong in it, whatever their keys. A purchase ends it as it ends a journey."""
    nos = max(member.removed, state.withdrawn[0], state.stopped[0])
    bought = state.bought_at > 0 and state.bought_at + CLOCK_SLACK_MS >= member.added
    return state.marketing and not state.preview and member.added > nos and not bought


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
