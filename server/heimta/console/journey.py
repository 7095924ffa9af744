"""One journey as a picture: its steps below each other, branches side by side, with what became of each."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from heimta.console.earnings import counted_as, kept_under
from heimta.console.journey_words import step_words
from heimta.console.overview import RANGES, chosen_range, counted_days
from heimta.console.shops import View, page, view_of
from heimta.model.event import HOLDOUT
from heimta.model.journey import Branch, Journey, Send, Step, WaitFor, all_steps
from heimta.model.message import CONFIRM
from heimta.rules.consented import confirm_of
from heimta.rules.texts.words import said_in
from heimta.stats.steps import OUTCOMES, begun, steps_of
from heimta.store import ceilings, rollups


@dataclass(frozen=True)
class Drawn:
    """One step. kind: its `do`. says: a message's first words. counts: of a message, by outcome."""

    name: str
    kind: str
    words: str
    says: str
    counts: dict[str, int]
    then: list[Drawn]
    otherwise: list[Drawn]


async def show_journey(request: Request) -> Response:
    view = await view_of(request)
    name = str(request.path_params["name"])
    journey = view.documents.journey(name)
    if journey is None:
        raise view.missing("journey", name, "There is no such journey.")
    count = chosen_range(request)
    total: Counter[str] = Counter()
    for counts in (await counted_days(view, count)).values():
        total.update(counts)
    kept = kept_under(view, counted_as("journey", journey.id))
    sums = await rollups.arm_sums(view.desk.redis, view.shop.id, kept, view.desk.partitions)
    told = steps_of(total, journey.id)
    treated = [arm for name, arm in sums.items() if name != HOLDOUT]
    channels = {step.channel for step in all_steps(journey.steps) if isinstance(step, Send)}
    mails = "email" in channels and not journey.service
    volumes = await ceilings.volumes(view.desk.redis, view.shop, now=view.desk.clock())
    words: dict[str, object] = {
        "volumes": [each for each in volumes if each.channel in channels],
        "confirm": confirm_of(view.shop) if mails and view.shop.email is not None else "",
        "asking": steps_of(total, CONFIRM)["mail.sent"],
        "confirmed": total["email.confirmed"],
        "range": count,
        "ranges": RANGES,
        "journey": journey,
        "entered": begun(total, journey.id),
        "met": sum(round(arm.get("n", 0)) for arm in treated),
        "ordered": sum(round(arm.get("converted", 0)) for arm in treated),
        "gone": _gone(journey, told),
        "steps": drawn(journey.steps, told, view),
        "has_messages": any(told.values()),
    }
    return page(request, view, "journey.html", "campaigns", words)


def _gone(journey: Journey, told: Counter[str]) -> dict[str, dict[str, int]]:
    """What became of messages of steps that its newest version has not, by the step."""
    there = {step.id for step in all_steps(journey.steps)}
    names = sorted({name.partition(".")[0] for name, count in told.items() if count} - there)
    return {name: {what: told[f"{name}.{what}"] for what in OUTCOMES} for name in names}


def drawn(steps: tuple[Step, ...], told: Counter[str], view: View) -> list[Drawn]:
    """told: what became of messages, by `<step>.<outcome>`."""
    found = []
    for step in steps:
        then, otherwise = (step.then, step.otherwise) if isinstance(step, Branch | WaitFor) else ((), ())
        found.append(
            Drawn(
                name=step.id,
                kind=str(step.__struct_config__.tag),
                words=step_words(step, view.shop.currency),
                says=said_in(step.title or step.body, *view.shop.languages) if isinstance(step, Send) else "",
                counts={what: told[f"{step.id}.{what}"] for what in OUTCOMES},
                then=drawn(then, told, view),
                otherwise=drawn(otherwise, told, view),
            )
        )
    return found
