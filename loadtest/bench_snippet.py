"""`make bench-snippet`: what a shop's page pays for the tag, beside the page without it and peers' tags.

Real Chromium, the demo shop's product page, a fresh browser context for every look. What is compared is
interleaved, round by round, so that whatever else the machine does falls on all of it; figures are medians
of CPU time where there is such a clock. A difference is held against how much the page without a tag
differs from itself.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path

from playwright.async_api import Browser, async_playwright

from loadtest.deliver.browsers import chromium
from loadtest.others import install
from loadtest.snippet import measure, peers, report
from loadtest.snippet.measure import Calls
from loadtest.snippet.peers import Peer
from loadtest.snippet.report import Shown
from loadtest.snippet.shop import ROOT, STUB, Place, place
from loadtest.verdict import conclude

SLOWER = 6
CALL_ROUNDS = 4
RESULTS = ROOT / "loadtest" / "RESULTS-snippet.md"


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m loadtest.bench_snippet", description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--slow-rounds", type=int, default=5, help="at a sixth of the speed")
    parser.add_argument("--tracks", type=int, default=1000)
    parser.add_argument("--adapter", default="datalayer")
    parser.add_argument("--write", action="store_true", help="into loadtest/RESULTS-snippet.md")
    return parser.parse_args()


async def show(browser: Browser, at: Place, asked: argparse.Namespace, others: Sequence[Peer]) -> Shown:
    shown = Shown()
    files = {
        "none": "",
        "heimta": f"{at.edge}/s/demo.js",
        **{o.name: f"{at.edge}/peer/{o.name}" for o in others},
    }
    calls = {o.name: o.call for o in others if o.call}
    await measure.cpu(browser, at.shop, "heimta")  # the first of all is the browser's own beginning
    for turn in range(asked.rounds):
        for tag in _turned(list(files), turn):
            shown.cpu.setdefault(tag, []).append(await measure.cpu(browser, at.shop, tag))
        shown.loads.append(await measure.load(browser, at.shop, "heimta", files["heimta"]))
        for tag in _turned(list(files), turn):
            shown.vitals.setdefault(tag, []).append(await measure.vitals(browser, at.shop, tag))
        print(f"round {turn + 1} of {asked.rounds}", flush=True)
    for turn in range(asked.slow_rounds):
        for tag in _turned(list(files), turn):
            cost = await measure.load(browser, at.shop, tag, files[tag], slower=SLOWER)
            shown.slow.setdefault(tag, []).append(cost)
        print(f"slow round {turn + 1} of {asked.slow_rounds}", flush=True)
    told = {"heimta": measure.CALL, **calls}
    for turn in range(CALL_ROUNDS):
        for tag in _turned(list(told), turn):
            seen = await measure.calls(browser, at.shop, tag, told[tag], asked.tracks // CALL_ROUNDS)
            kept = shown.calls.setdefault(tag, Calls())
            kept.sync += seen.sync
            kept.whole += seen.whole
    shown.traced = await measure.traced(browser, at.shop, "heimta", asked.tracks)
    return shown


def _turned(names: list[str], turn: int) -> list[str]:
    shift = turn % len(names)
    return names[shift:] + names[:shift]


def _others() -> tuple[Peer, ...]:
    try:
        install()
    except (OSError, subprocess.CalledProcessError) as fault:
        print(f"npm did not bring others' tags: {fault}")
    found = peers.installed()
    for missing in set(peers.PEERS) - set(found):
        print(f"{missing.name}: not installed, left out ({missing.file})")
    return found


async def main() -> int:
    asked = arguments()
    manifest = json.loads((ROOT / "static/dist/manifest.json").read_text())["files"]
    snippet = (ROOT / "static/dist" / manifest[f"snippet-{asked.adapter}"]["file"]).read_bytes()
    others = _others()
    print(f"{', '.join(peers.NOT_TO_BE_HAD)}: left out, their scripts are not on npm")
    tags = {"none": "", "heimta": f'<script>{STUB}</script><script async src="{{edge}}/s/demo.js"></script>'}
    tags |= {peer.name: peer.html for peer in others}
    files = {peer.name: peer.path for peer in others}
    async with AsyncExitStack() as end:
        held = tempfile.TemporaryDirectory(prefix="hb", ignore_cleanup_errors=True)
        folder = Path(end.enter_context(held))
        at = await end.enter_async_context(place(folder, snippet, tags, files))
        playwright = await end.enter_async_context(async_playwright())
        browser = await end.enter_async_context(await chromium(playwright))
        shown = await show(browser, at, asked, others)
    told, found = report.tell(shown, others), report.verdicts(shown)
    print(told)
    if asked.write:
        RESULTS.write_text(report.page(told, found))
    return conclude(found)


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
