"""Facts that journeys begin with: an order, a parcel, a product that is back. Pure.

The fold only writes them down, by their own time; timers (worker/timers.py) look at them and enroll. So it
does not matter in which order facts are told, and a copy changes nothing.
"""

from __future__ import annotations

from heimta.model.visitor import KEEP_MOMENTS, Moment, VisitorState


def remember(
    state: VisitorState,
    word: str,
    at: int,
    *,
    about: str = "",
    words: dict[str, str] | None = None,
    once: bool = False,
) -> None:
    """Note that it happened at `at`, ms: by the fact's own time, the same in every copy of it.

    word: a journey's trigger (model/journey.py), or `event:` and a name. about: an order, a sku. words: for
    the texts of messages. once: it happens once in the life of what it is about (an order is placed), so its
    earliest word counts; of all else (a product is back) the newest.
    """
    key, told = f"{word}/{about}", Moment(at, 0, words or {})
    held = state.moments.get(key)
    if held is None:
        if at <= state.moments_floor:
            return
        state.moments[key] = told
    elif (_place(told) < _place(held)) if once else (_place(told) > _place(held)):
        held.at, held.words = told.at, told.words
    while len(state.moments) > KEEP_MOMENTS:
        oldest = min(state.moments, key=lambda each: (state.moments[each].at, each))
        state.moments_floor = max(state.moments_floor, state.moments.pop(oldest).at)


def _place(moment: Moment) -> tuple[int, list[tuple[str, str]]]:
    return moment.at, sorted(moment.words.items())


def is_new(moment: Moment) -> bool:
    """Whether journeys have not looked at it yet."""
    return moment.at > moment.taken


def is_on_hold(key: str, moment: Moment, *, waits: bool) -> bool:
    """Whether it is looked at again only when an address has confirmed the yes that came with it. waits: the
    yes has still to be. key: its place in the state.
    """
    return waits and moment.held == moment.at and is_typed(key)


def is_typed(key: str) -> bool:
    """Whether an address comes with it."""
    return key.partition("/")[0] in ("signed_up", "cart_wanted")
