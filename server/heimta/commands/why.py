"""`heimta why`: for one visitor, what became of each message, and the rule that decided.

--replay makes every decision again from the facts in the log, and says where the answer would be another one.
"""

from __future__ import annotations

from datetime import UTC, datetime
from json import loads
from typing import Annotated

import msgspec
import orjson
import typer
from msgspec import Struct

from heimta.commands.common import find_store, plain, refuse_unknown, visitor_of, with_redis
from heimta.journeys.decide import Facts, decide
from heimta.model.visitor import VisitorState
from heimta.rules.send_log import OUTCOMES, detail, explain
from heimta.store import partitions, people, why
from heimta.store.connect import Client
from heimta.store.keys import partition_of
from heimta.store.why import Row


class Again(Struct, frozen=True):
    """A decision made again. now: the verdict as it would be, '' if nobody can tell."""

    same: bool
    now: str


def why_command(
    shop: Annotated[str, typer.Argument(help="The shop's id.")],
    visitor: Annotated[str, typer.Argument(help="The visitor's id: the cookie heimta_v.")],
    replay: Annotated[bool, typer.Option("--replay", help="Decide everything again from the log.")] = False,
    json: Annotated[bool, typer.Option("--json", help="One object a line, for programs.")] = False,
) -> None:
    """Say what became of each message to a visitor, and why."""
    settings, url = find_store()

    async def read(redis: Client) -> tuple[list[Row], VisitorState | None]:
        await partitions.settle(redis, settings.partitions)
        home = partition_of(shop, visitor_of(visitor, shop), settings.partitions)
        states = await people.states_of(redis, shop, [visitor], settings.partitions)
        rows = await why.of(redis, shop, home, visitor)
        if not rows and states[visitor] is None:
            await refuse_unknown(redis, shop)
        return rows, states[visitor]

    rows, state = with_redis(url, read)
    again = [decide_again(row) if replay else None for row in rows]
    if not json:
        _print_journeys(state, {row.message for row in rows})
    for row, answer in zip(rows, again, strict=True):
        _print_json(row, answer) if json else _print(row, answer)
    if not rows and not json:
        print(f"nothing was decided for visitor {visitor} of shop {shop!r} within 90 days")
    made = [answer for answer in again if answer is not None]
    if replay and not json:
        same = sum(answer.same for answer in made)
        print(f"{len(made)} decisions made again, {same} with the same answer")
    if any(not answer.same for answer in made):
        raise SystemExit(1)


def decide_again(row: Row) -> Again | None:
    """None for a row that is no decision: what a channel answered."""
    if bytes(row.facts) == b"null":
        return None
    try:
        verdict = decide(msgspec.json.decode(row.facts, type=Facts))
    except msgspec.MsgspecError as error:
        return Again(False, f"cannot be read any more: {error}")
    same = (verdict.outcome, verdict.rule, verdict.until) == (row.outcome, row.rule, row.until)
    return Again(same, _verdict(verdict.outcome, verdict.rule, verdict.until))


def _verdict(outcome: str, rule: str, until: int) -> str:
    words = OUTCOMES.get(outcome, outcome) + (f": {explain(rule)}" if rule else "")
    return f"{words}, until {_at(until)}" if until else words


def _print(row: Row, again: Again | None) -> None:
    verdict = _verdict(row.outcome, row.rule, row.until)
    print(plain(f"{_at(row.at)}  {row.journey}/{row.step}  {row.channel}  {verdict}"))
    facts = loads(bytes(row.facts))
    if facts and (more := detail(row.rule, facts)):
        print(f"    {plain(more)}")
    if again is not None and not again.same:
        print(f"    decided again: {plain(again.now)}")


def _print_json(row: Row, again: Again | None) -> None:
    told = loads(msgspec.json.encode(row))  # the facts as they stand in it
    if again is not None:
        told |= {"same": again.same}
    print(orjson.dumps(told).decode())


def _print_journeys(state: VisitorState | None, logged: set[str]) -> None:
    """Where they are in each journey, the holdout included; and what was skipped before it was sent."""
    if state is None:
        return
    for name, held in sorted(state.enrollments.items()):
        word = explain(held.ended) if held.ended else f"goes on, next at {_at(held.due_at)}"
        # A name may end with what it is for: a product's sku, which is a browser's word.
        print(
            f"journey {plain(name)}: begun {_at(held.entered_at)}, {held.arm}, version {held.version}; {word}"
        )
    for message, delivery in state.deliveries.items():
        if message not in logged and delivery.outcome == "skipped":
            print(f"{_at(delivery.at)}  {delivery.journey}  skipped: {explain('too late')}")


def _at(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat(timespec="seconds")
