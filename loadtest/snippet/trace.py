"""What a Chromium trace says of one file: how long it ran, in which long tasks, what it forced. No I/O.

Times in a trace are microseconds; `dur` is of the wall, `tdur` of the thread's own CPU.
"""

from __future__ import annotations

from typing import Any

from msgspec import Struct

Event = dict[str, Any]
LONG_US = 50_000
FIRST = ("EvaluateScript", "v8.compile", "v8.compileModule")  # the last: a peer that is a module
LAYOUT = ("Layout", "UpdateLayoutTree")
CATEGORIES = ("devtools.timeline", "disabled-by-default-devtools.timeline", "blink.user_timing", "toplevel")


class Cost(Struct, frozen=True):
    """ms of CPU. first: compiling and running the file itself. own: that, and every later call into it.

    long_ours: tasks of more than 50 ms of wall time in which the file ran. long_all: of the whole page.
    """

    first: float
    own: float
    long_ours: int
    long_all: int


def cost(events: list[Event], url: str) -> Cost:
    """url: how the file's address begins. Raises LookupError when it never ran."""
    whole = [event for event in events if event.get("ph") == "X"]
    first = [e for e in whole if e["name"] in FIRST and _url(e).startswith(url)]
    if not first:
        raise LookupError(f"nothing from {url} in the trace")
    main = (first[0]["pid"], first[0]["tid"])
    ours = [e for e in whole if (e["pid"], e["tid"]) == main and _url(e).startswith(url)]
    long = [e for e in whole if (e["pid"], e["tid"]) == main and _is_task(e) and e["dur"] > LONG_US]
    return Cost(
        first=sum(_cpu(e) for e in outermost([e for e in ours if e["name"] in FIRST])) / 1000,
        own=sum(_cpu(e) for e in outermost(ours)) / 1000,
        long_ours=sum(any(_holds(task, e) for e in ours) for task in outermost(long)),
        long_all=len(outermost(long)),
    )


def long_tasks(events: list[Event]) -> int:
    """Of the page's main thread; for a page that has no tag."""
    whole = [event for event in events if event.get("ph") == "X"]
    parsed = [e for e in whole if e["name"] == "ParseHTML"]
    if not parsed:
        raise LookupError("no page in the trace")
    mains = {(e["pid"], e["tid"]) for e in parsed}
    return len(
        outermost([e for e in whole if (e["pid"], e["tid"]) in mains and _is_task(e) and e["dur"] > LONG_US])
    )


def forced_layouts(events: list[Event], mark: str) -> tuple[int, int]:
    """Layouts and recalculations of style inside of the measures called `mark`; how many these are.

    Chromium gives measures of one name one id: an end belongs to the last beginning before it.
    """
    marked = [e for e in events if e.get("ph") in ("b", "e") and e["name"] == mark]
    open_at: dict[str, float] = {}
    spans: list[tuple[int, float, float]] = []
    for event in sorted(marked, key=lambda e: (e["ts"], e["ph"])):
        if event["ph"] == "b":
            open_at[_id(event)] = event["ts"]
        elif (began := open_at.pop(_id(event), None)) is not None:
            spans.append((event["pid"], began, event["ts"]))
    layouts = [e for e in events if e["name"] in LAYOUT and e.get("ph") in ("X", "B")]
    inside = sum(
        any(pid == e["pid"] and first <= e["ts"] <= last for pid, first, last in spans) for e in layouts
    )
    return inside, len(spans)


def outermost(events: list[Event]) -> list[Event]:
    """Without those that are inside of another one on the same thread."""
    kept: list[Event] = []
    ends: dict[tuple[int, int], float] = {}
    for event in sorted(events, key=lambda e: (e["ts"], -e.get("dur", 0))):
        thread = (event["pid"], event["tid"])
        if event["ts"] >= ends.get(thread, -1):
            kept.append(event)
            ends[thread] = event["ts"] + event.get("dur", 0)
    return kept


def _url(event: Event) -> str:
    args = event.get("args", {})
    data = args.get("data") or {}
    named = data.get("url") if isinstance(data, dict) else ""
    return str(named or args.get("fileName") or "")


def _is_task(event: Event) -> bool:
    return event["name"] in ("RunTask", "ThreadControllerImpl::RunTask")


def _holds(task: Event, event: Event) -> bool:
    return bool(task["ts"] <= event["ts"] <= task["ts"] + task["dur"])


def _cpu(event: Event) -> float:
    return float(event["tdur"] if "tdur" in event else event["dur"])


def _id(event: Event) -> str:
    told = event.get("id2") or {}
    return f"{event['pid']} {event.get('id') or told.get('local') or told.get('global')}"
