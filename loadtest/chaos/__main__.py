"""`make chaos`: every scenario over 20 seeds. `python -m loadtest.chaos --only C2 --seed 7`: one.

Each seed has a Heimta of its own; each scenario a shop in it. A line a scenario tells what was shown; the
verdicts at the end sum up. SEEDS=3 in the environment makes it shorter.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import time

from loadtest.chaos.report import line, verdicts
from loadtest.chaos.scenarios import NAMES, names_of, run_seed
from loadtest.chaos.world import Outcome
from loadtest.verdict import conclude

WHOLE = 20  # seeds
SECONDS = 2.5  # a fault is kept up so long, in most scenarios


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m loadtest.chaos", description=__doc__)
    parser.add_argument("--only", nargs="*", choices=NAMES, default=NAMES, help="scenarios; all if left out")
    parser.add_argument("--seed", type=int, help="this seed alone")
    parser.add_argument("--seeds", type=int, default=int(os.environ.get("SEEDS", "20")))
    parser.add_argument("--seconds", type=float, default=SECONDS, help="how long a fault lasts")
    parser.add_argument("--rate", type=float, default=150.0, help="batches a second; 12 events each")
    parser.add_argument(
        "--deep", action="store_true", help="with what takes minutes; by itself for two of 20 seeds"
    )
    return parser.parse_args()


async def main() -> int:
    asked = arguments()
    seeds = [asked.seed] if asked.seed is not None else list(range(1, asked.seeds + 1))
    outcomes: list[Outcome] = []
    began = time.monotonic()

    def tell(seed: int, outcome: Outcome) -> None:
        outcomes.append(outcome)
        print(f"{time.monotonic() - began:6.0f} s  seed {seed:2}  {line(outcome)}", flush=True)

    is_whole = set(asked.only) == set(NAMES) and len(seeds) >= WHOLE
    for seed in seeds:
        names = names_of(seed) if is_whole else asked.only
        is_deep = asked.deep or (is_whole and seed in seeds[:2])
        await run_seed(seed, names, seconds=asked.seconds, rate=asked.rate, is_deep=is_deep, tell=tell)
    return conclude(verdicts(outcomes, is_whole=is_whole))


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
