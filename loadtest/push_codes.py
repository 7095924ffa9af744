"""`make push-codes`: sixteen answers of a push service, a thousand times each: is the right thing done?

Everything is real: a thousand visitors for each answer, an embedded Valkey, the command `heimta worker`, and
a push service on loopback that answers their first push so. In the end each visitor's state must say what
became of the message and of the subscription, nobody may have got one too many, and who was asked to wait
must have waited as long as was asked, within a tenth.

    python -m loadtest.push_codes [--each N]
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from collections import Counter
from pathlib import Path

import msgspec
from aiohttp import web

from heimta.model.visitor import VisitorState
from heimta.store import keys
from heimta.store.connect import Client, connect
from loadtest.push import crowd
from loadtest.push.answers import ANSWERS, Answer
from loadtest.push.service import PushService, browser_keys, serve
from loadtest.verdict import Verdict, conclude
from loadtest.worker import traffic
from loadtest.worker.rig import Rig, folded_all
from loadtest.worker.traffic import PARTITIONS, SHOP, visitor_id
from tests.ports import free_port

LIMIT_S = 1200.0
LONGEST_S = max(answer.wait_s for answer in ANSWERS)
_state = msgspec.msgpack.Decoder(VisitorState).decode


async def until_done(redis: Client, service: PushService, count: int) -> None:
    """Return once every push was answered for good: the outboxes are empty, and no timer is due."""
    until = time.monotonic() + LIMIT_S
    while True:
        waiting = 0
        for partition in range(PARTITIONS):
            waiting += int(await redis.hlen(keys.outbox(partition)))
            waiting += int(await redis.zcount(keys.due(partition), "-inf", time.time() * 1000))
        if len(service.came) >= count and not waiting:
            return
        assert time.monotonic() < until, f"{len(service.came)} of {count} came, {waiting} wait"
        await asyncio.sleep(0.5)


async def wrong_actions(redis: Client, service: PushService, each: int) -> Counter[str]:
    """How many of each answer were not followed by the one right action, by what was wrong."""
    found: Counter[str] = Counter()
    for place, answer in enumerate(ANSWERS):
        for number in range(each):
            visitor = visitor_id(place * each + number)
            raw = await redis.get(keys.visitor(keys.partition_of(SHOP, visitor, PARTITIONS), SHOP, visitor))
            assert isinstance(raw, bytes), visitor
            for fault in _faults(answer, _state(raw), len(service.came[f"{answer.name}/{number}"])):
                found[f"{answer.name}: {fault}"] += 1
    return found


def _faults(answer: Answer, state: VisitorState, tries: int) -> list[str]:
    faults = []
    outcomes = [delivery.outcome for delivery in state.deliveries.values()]
    if outcomes != [answer.outcome]:
        faults.append(f"ended as {outcomes}")
    if (state.subscription is not None) != answer.keeps:
        faults.append("subscription kept" if state.subscription is not None else "subscription dropped")
    if tries != (2 if answer.wait_s else 1):
        faults.append(f"{tries} tries")
    return faults


def waits(service: PushService) -> dict[str, list[float]]:
    """How long each second try waited, as a share of what it had to, by answer."""
    found: dict[str, list[float]] = {answer.name: [] for answer in ANSWERS if answer.wait_s}
    for path, came in service.came.items():
        answer = next(answer for answer in ANSWERS if answer.name == path.partition("/")[0])
        if answer.wait_s and len(came) > 1:
            found[answer.name].append((came[1] - came[0]) / answer.wait_s)
    return found


async def prove(rig: Rig, each: int) -> int:
    redis = connect(rig.url, timeout_s=60)
    service = PushService()
    runner: web.AppRunner = await serve(service)
    host, port = runner.addresses[0][:2]
    origin = f"http://{host}:{port}"
    try:
        await crowd.install(redis)
        count = each * len(ANSWERS)
        print(f"{count:,} visitors, {each:,} for each of {len(ANSWERS)} answers", flush=True)
        paths = (f"{origin}/{answer.name}/{number}" for answer in ANSWERS for number in range(each))
        now = time.time_ns() // 1_000_000
        await traffic.fill(redis, crowd.left_carts(0, paths, browser_keys(), due_at=now))
        rig.start_worker({"HEIMTA_PUSH_ORIGINS": origin})
        await until_done(redis, service, count)
        await folded_all(redis)  # the outcome of the last ones is in the log
        return await report(redis, service, each)
    finally:
        await redis.aclose()
        await runner.cleanup()


async def report(redis: Client, service: PushService, each: int) -> int:
    found = await wrong_actions(redis, service, each)
    for fault, times in sorted(found.items()):
        print(f"wrong: {fault}, {times:,} times")
    for fault in service.wrong[:5]:
        print(f"wrong: {fault}")
    off = 0.0
    for name, shares in waits(service).items():
        if shares:
            print(f"{name}: the second try after {min(shares):.3f} to {max(shares):.3f} of what was asked")
            off = max(off, *(abs(share - 1) for share in shares))
    verdicts = [
        Verdict("push-codes-answered", len(service.came), ">=", each * len(ANSWERS)),
        Verdict("push-codes-wrong-actions", sum(found.values()) + len(service.wrong), "<=", 0),
        Verdict("push-codes-retry-after-off-by", off, "<=", 0.1),
    ]
    return conclude(verdicts)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="push-codes", description=__doc__)
    parser.add_argument("--each", type=int, default=1000, help="visitors for each answer")
    chosen = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="hp") as folder, Rig(Path(folder), free_port()) as rig:
        return asyncio.run(prove(rig, chosen.each))


if __name__ == "__main__":
    raise SystemExit(main())
