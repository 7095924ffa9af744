"""What kind of device a User-Agent header tells of, and what is counted by it. Pure.

The library tries some thousand patterns on an agent, which takes 0.5 to 10 ms, and a stranger can send
another agent with each batch. So it is shown the words alone that its answer hangs on: a thousand
combinations at most, each asked about once in the life of a process, a few seconds in all.

What is counted follows from the session alone, as in funnel.py: the difference is.
"""

from __future__ import annotations

from functools import cache, lru_cache

from user_agents import parse

from heimta.model.visitor import Session, VisitorState
from heimta.stats.funnel import DEVICES, SPLIT, STEPS
from heimta.worker.effects import HOUR_MS, Effects

# What makes the difference, as an agent has it, and as it stands in the agent that the library is shown.
# An iPad calls itself a Macintosh by now, and nothing in its agent says otherwise.
_PLATFORMS = {
    "iPhone": "iPhone; CPU iPhone OS 17_0 like Mac OS X",
    "iPod": "iPod; CPU iPhone OS 15_0 like Mac OS X",
    "iPad": "iPad; CPU OS 17_0 like Mac OS X",
    "Android": "Linux; Android 10; K",
    "Windows NT": "Windows NT 10.0; Win64; x64",
    "Macintosh": "Macintosh; Intel Mac OS X 10_15_7",
    "CrOS": "X11; CrOS x86_64 14541.0.0",
    "X11": "X11; Linux x86_64",
}
_MOBILE = "Mobile"
_BOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
_BOTS = ("bot", "crawl", "spider", "slurp", "externalhit")
_NO_BOT = "cubot"  # a make of telephone

Counted = tuple[str, int, int]  # of a session: its device, how far it came as a number of steps, its start
NOTHING: Counted = ("", 0, 0)


@lru_cache(maxsize=4096)
def device_of(agent: str) -> str:
    """desktop, phone, tablet, bot, or '' where nothing tells."""
    lower = agent.lower().replace(_NO_BOT, "")
    if any(name in lower for name in _BOTS):
        return _kind(_BOT)
    platform = "; ".join([as_told for word, as_told in _PLATFORMS.items() if word in agent])
    mobile = "Mobile " if _MOBILE in agent else ""
    return _kind(
        f"Mozilla/5.0 ({platform}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0 {mobile}Safari/537.36"
    )


@cache
def _kind(agent: str) -> str:
    told = parse(agent)
    if told.is_bot:
        return "bot"
    if told.is_tablet:
        return "tablet"
    return "phone" if told.is_mobile else "desktop" if told.is_pc else ""


def counted(session: Session | None) -> Counted:
    """What it counts in by its device."""
    return NOTHING if session is None else (session.device, session.reached.bit_length(), session.start)


def settle_device(state: VisitorState, before: Counted, session: Session, effects: Effects) -> None:
    """Count the difference to `before`."""
    after = counted(session)
    if after == before:
        return
    was, now = _metrics(*before), _metrics(*after)
    for metric, at in now - was:
        effects.count(state.shop, metric, at)
    for metric, at in was - now:
        effects.count(state.shop, metric, at, -1)


def _metrics(device: str, far: int, start: int) -> set[tuple[str, int]]:
    """With the hour in which each is counted, ms."""
    if device not in DEVICES:
        return set()
    hour = start - start % HOUR_MS
    return {(f"device.{device}.sessions", hour)} | {
        (f"device.{device}.{step}", hour) for step in SPLIT if far > STEPS.index(step)
    }
