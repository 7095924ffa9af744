"""`make bench-worker`: how fast the log is folded, how soon an event is visible, what a visitor costs.

Everything is real: an embedded Valkey with its append-only file, filled by the code that the edge appends
with, and the command `heimta worker`, each pinned to a core. Speed is given by wall clock and by CPU second
of the worker; the verdict takes CPU seconds, which other programs on the machine disturb least.

    python -m loadtest.bench_worker [--events N] [--visitors N] [--quick]
"""

from __future__ import annotations

import argparse
import asyncio
import socket
import tempfile
import time
from pathlib import Path

from heimta.store import keys
from heimta.store.connect import Client, connect
from loadtest.bench_ingest import edge_rate
from loadtest.ingest.shop import install
from loadtest.verdict import Verdict, conclude
from loadtest.worker import report, traffic, visible
from loadtest.worker.rig import ROOT, Rig, Sample, folded_all, memory, slow_calls_ms, stolen_from
from loadtest.worker.traffic import EVENTS, PARTITIONS, SHOP

SILENCE_MS = 30 * 60_000  # the shop's default: after it a cart counts as abandoned, and its timer is due
SLOW_US = 1000  # commands that take longer are noted by Redis
PLOT = ROOT / "loadtest" / "results" / "worker.svg"
PROBES = 500
ROUNDS = 5
STOLEN = 0.05  # of the cores' time: from then on a round is the host's figure, not the worker's
LEFT_OUT = 10  # rounds at most
AHEAD_MS = 3000  # before the timers are due, the figures of before are asked for


class Bench:
    """One run on one rig. Each part leaves its verdicts and its rows of the table."""

    def __init__(
        self,
        rig: Rig,
        redis: Client,
        look: Client,
        *,
        events: int,
        visitors: int,
        probes: int,
    ) -> None:
        self.rig, self.redis, self.look = rig, redis, look
        self.events, self.visitors, self.probes = events, visitors, probes
        self.verdicts: list[Verdict] = []
        self.rows: list[tuple[str, str]] = []
        self.fold_rate = 0.0  # events/s by wall clock
        self.empty = 0

    async def run(self) -> int:
        self.empty = await memory(self.redis)
        await self.fold()
        await self.visible()
        await self.visitors_and_timers()
        late = (await self.redis.info("persistence"))["aof_delayed_fsync"]
        self.rows.append(("times Redis waited for the disk", f"{late:,}"))
        print(report.table(self.rows))
        return conclude(self.verdicts)

    def _say(self, words: str) -> None:
        print(f"{time.strftime('%H:%M:%S')} {words}", flush=True)

    async def fold(self) -> None:
        batches = self.events // EVENTS
        self._say(f"filling the log with {self.events:,} events")
        before = int((await self.redis.info("memory"))["used_memory"])
        await traffic.fill(self.redis, traffic.waves(batches, visible.now_ms()))
        log_bytes = int((await self.redis.info("memory"))["used_memory"]) - before
        self._say("folding it")
        self.rig.start_worker()
        samples = await self.rig.watch(
            lambda seen: seen.folded >= batches, every_s=min(2.0, max(0.1, self.events / 1e6)), limit_s=1800
        )
        samples = [seen for seen in samples if seen.folded]  # the start of the process is no folding
        rows = report.tenths(report.evened(samples))
        print(report.plot_text(rows, self.events))
        report.plot_svg(rows, self.events, PLOT)
        self.rows += report.fold_table(samples)
        self.rows.append(("log, Redis bytes an event", f"{log_bytes / self.events:,.0f}"))
        first, last = samples[0], samples[-1]
        done = (last.folded - first.folded) * EVENTS
        self.fold_rate = done / (last.at_s - first.at_s)
        speed = done / (last.worker_s - first.worker_s)
        self.verdicts.append(Verdict("fold-events-per-second", speed, ">=", 40_000))
        linear = rows[-1][1] / rows[0][1]
        self.verdicts.append(Verdict("ten-million-linear", linear, "<=", 1.3, "x"))

    async def visible(self) -> None:
        """Between two rewrites of the append-only file; then during one, which shares Redis' core.

        None begins by itself meanwhile: after the log of the fold one falls due, in some round or in none.
        """
        usual = (await self.redis.config_get("auto-aof-rewrite-percentage"))["auto-aof-rewrite-percentage"]
        await self.redis.config_set("auto-aof-rewrite-percentage", 0)
        at_half = await self._visible_at_half_ingest()
        self.verdicts.append(Verdict("ack-to-visible-p99-ms", at_half, "<=", 100, "ms"))
        await self._visible_beside(self.fold_rate / 2, "half the fold's rate", first=3 * 10**6)
        await self.redis.bgrewriteaof()
        rewritten = asyncio.create_task(self._rewritten())
        taken = await visible.measure(
            self.redis,
            self.look,
            events_per_s=self.fold_rate / 2,
            going_on=lambda count: not rewritten.done() or count < 20,
            first=2 * 10**6,
        )
        await rewritten
        await self.redis.config_set("auto-aof-rewrite-percentage", str(usual))
        p99 = visible.percentile(taken.visible, 0.99)
        self.rows.append(("ack to visible p99 while Redis rewrites its file", f"{p99:.1f} ms"))

    async def _visible_at_half_ingest(self) -> float:
        """p99, ms, at half of what one edge takes on this core: asked anew before each round, since the
        machine's speed changes by the minute, for the edge as for the worker.

        A round in which the host gave the cores to others tells of the host: it is said and left out, by what
        the host took alone. Where there are not enough others, all of them count.
        """
        rates: list[float] = []
        kept: list[list[float]] = []
        left_out: list[list[float]] = []
        while len(kept) < ROUNDS and len(left_out) < LEFT_OUT:
            turn = len(kept) + len(left_out)
            await self._rewritten()
            rates.append(await asyncio.to_thread(edge_rate, 2))
            stolen = stolen_from()
            taken = await visible.measure(
                self.redis,
                self.look,
                events_per_s=rates[-1] * EVENTS / 2,
                going_on=lambda count: count < self.probes // ROUNDS,
                first=(4 + turn) * 10**6,
            )
            share = stolen()
            (kept if share <= STOLEN else left_out).append(taken.visible)
            load = f"beside {rates[-1] * EVENTS / 2:,.0f} events/s"
            p99, ping = (visible.percentile(waits, 0.99) for waits in (taken.visible, taken.ping))
            self._say(
                f"{load}: visible after {p99:.0f} ms (p99); Redis answered a PING after {ping:.0f} ms (p99), "
                f"the load paused for {taken.paused_ms:.0f} ms (worst), the host took {share:.1%}"
                + (": left out" if share > STOLEN else "")
            )
        counted = kept if len(kept) == ROUNDS else kept + left_out
        seen = sorted(wait for waits in counted for wait in waits)
        middle, p99 = (visible.percentile(seen, share) for share in (0.5, 0.99))
        told = f"{min(rates) * EVENTS:,.0f} - {max(rates) * EVENTS:,.0f}"
        self.rows.append(("an edge on one core takes, events/s", told))
        self.rows.append(("rounds left out, since the host took the cores", f"{len(left_out)}"))
        self.rows.append(("ack to visible at half of that, p50", f"{middle:.1f} ms"))
        self.rows.append(("ack to visible at half of that, p99", f"{p99:.1f} ms"))
        return p99

    async def _visible_beside(self, load: float, told: str, first: int = 0) -> float:
        """p99, ms, while so many events a second come."""
        await self._rewritten()
        self._say(f"from acknowledged to visible, beside {load:,.0f} events/s")
        taken = await visible.measure(
            self.redis,
            self.look,
            events_per_s=load,
            going_on=lambda count: count < self.probes,
            first=first,
        )
        middle, p99 = (visible.percentile(taken.visible, share) for share in (0.5, 0.99))
        self.rows.append((f"ack to visible at {told}, p50", f"{middle:.1f} ms"))
        self.rows.append((f"ack to visible at {told}, p99", f"{p99:.1f} ms"))
        self.rows.append(("Redis PING p99 meanwhile", f"{visible.percentile(taken.ping, 0.99):.1f} ms"))
        return p99

    async def _rewritten(self) -> None:
        """Return once Redis has rewritten its file, or was not about to."""
        while True:
            told = await self.redis.info("persistence")
            if not told["aof_rewrite_in_progress"] and not told["aof_rewrite_scheduled"]:
                return
            await asyncio.sleep(0.2)

    async def visitors_and_timers(self) -> None:
        """New visitors with a cart each, and then all their timers due in one instant."""
        count = self.visitors
        batches_per_s = self.fold_rate / EVENTS
        spare_ms = 15_000 + round(count / batches_per_s * 3000)  # to fill and fold before the first is due
        sent = visible.now_ms() - SILENCE_MS + spare_ms
        self._say(f"{count:,} visitors with a cart each, whose timers are due in {spare_ms / 1000:.0f} s")
        await folded_all(self.redis)
        before = await memory(self.redis)
        start = (await asyncio.to_thread(self.rig.sample)).folded
        await traffic.fill(self.redis, traffic.each_once(10**8, count, sent))
        await self.rig.watch(lambda seen: seen.folded >= start + count, every_s=0.5, limit_s=1800)
        used = await memory(self.redis) - before
        waiting = await self.timers_before(sent + SILENCE_MS)
        self.rows.append(("timers waiting at once", f"{waiting:,}"))
        self.rows.append(("Redis bytes a visitor with a cart", f"{used / count:,.0f}"))
        mib = used / count * 1_000_000 / 2**20
        self.verdicts.append(Verdict("memory-per-million-visitors-mib", mib, "<=", 1024, "MiB"))
        await self.drain(sent + SILENCE_MS)

    async def timers_before(self, at: int) -> int:
        counts = [await self.redis.zcount(keys.due(p), "-inf", at) for p in range(PARTITIONS)]
        return sum(int(count) for count in counts)

    async def drain(self, due_at: int) -> None:
        await asyncio.sleep(max(0, due_at - visible.now_ms() - AHEAD_MS) / 1000)
        await self.redis.config_set("slowlog-log-slower-than", SLOW_US)
        await self.redis.config_set("slowlog-max-len", 10_000)
        await self.redis.slowlog_reset()
        before = await asyncio.to_thread(self.rig.sample)
        self._say("all of them are due: firing, while events come in and are folded")
        drained = asyncio.create_task(self._until_drained(due_at))
        taken = await visible.measure(
            self.redis,
            self.look,
            events_per_s=self.fold_rate / 10,
            going_on=lambda count: not drained.done() or count < 20,
            first=10**6,
        )
        took = await drained - due_at / 1000
        after: Sample = await asyncio.to_thread(self.rig.sample)
        worst, typical = await slow_calls_ms(self.redis)
        fired = after.fired - before.fired
        self.rows += [
            ("timers fired", f"{fired:,}"),
            ("timers fired a second", f"{fired / took:,.0f}"),
            ("due lag, the last one", f"{took:.1f} s"),
            ("ack to visible p99 meanwhile", f"{visible.percentile(taken.visible, 0.99):.1f} ms"),
            ("worst Redis call meanwhile", f"{worst:.1f} ms"),
            (f"median of its calls over {SLOW_US / 1000:g} ms", f"{typical:.1f} ms"),
        ]
        self.verdicts.append(Verdict("due-worst-redis-call-ms", worst, "<=", 50, "ms"))

    async def _until_drained(self, due_at: int) -> float:
        """When the last timer was fired, s since the epoch."""
        while visible.now_ms() < due_at or await self.timers_before(due_at):
            await asyncio.sleep(0.1)
        return time.time()


async def bench(rig: Rig, *, events: int, visitors: int, probes: int) -> int:
    redis, look = connect(rig.url, timeout_s=60), connect(rig.url, timeout_s=60)
    try:
        run = Bench(
            rig,
            redis,
            look,
            events=events,
            visitors=visitors,
            probes=probes,
        )
        return await run.run()
    finally:
        await redis.aclose()
        await look.aclose()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="bench-worker", description=__doc__)
    parser.add_argument("--events", type=int, default=10_000_000, help="in the log to be folded")
    parser.add_argument("--visitors", type=int, default=1_000_000, help="with a cart and a timer each")
    parser.add_argument("--quick", action="store_true", help="a hundredth of everything")
    given = parser.parse_args(arguments)
    scale = 100 if given.quick else 1
    with tempfile.TemporaryDirectory(prefix="hb") as folder, Rig(Path(folder), free_port()) as rig:
        install(rig.url, SHOP, "http://shop.test")
        return asyncio.run(
            bench(
                rig,
                events=given.events // scale,
                visitors=given.visitors // scale,
                probes=PROBES // (1 + 4 * given.quick),
            )
        )


if __name__ == "__main__":
    raise SystemExit(main())
