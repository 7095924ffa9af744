"""`make webkit`: the pages that are hard to be a guest on, in WebKitGTK.

That is Safari's engine as Debian builds it, and not Safari: no push, other storage rules, no phone. Chromium
and Firefox have the same pages in `make test` (tests/browser/hazards.py).
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from selenium import webdriver
from selenium.webdriver.webkitgtk.options import Options
from selenium.webdriver.webkitgtk.service import Service

from loadtest.verdict import Verdict, conclude
from tests.browser.hazards import CAMPAIGN, HAZARDS, Street, street
from tests.browser.snippet_shop import sri

DIST = Path(__file__).parents[1] / "static/dist"
PATIENCE_S = 60.0
SETTLED_S = 5.0  # what is there to go wrong has gone wrong
CLEAN = "errors: ; globals: heimta"


def main() -> int:
    manifest = json.loads((DIST / "manifest.json").read_text())["files"]
    bundles = {name: (DIST / told["file"]).read_bytes() for name, told in manifest.items()}
    with street(bundles, HAZARDS) as shops, screen(), browser() as driver:
        names = ("stage", "mount", "popup")
        shops.config = {
            "campaigns": [CAMPAIGN],
            "widgets": {name: [f"/w/{name}.js", sri(bundles[name])] for name in names},
        }
        driver.get(shops.address)
        wait_for(shops)
        time.sleep(SETTLED_S)
    reports = {name: shops.seen.get(name, "nothing was told") for name in HAZARDS}
    faults = {name: told for name, told in reports.items() if told != CLEAN}
    for name, told in faults.items():
        print(f"{name}: {told}")
    for event, owing in missing(shops).items():
        print(f"{event} did not come from: {', '.join(owing) or 'nobody'}")
    unserved = {name for names in missing(shops).values() for name in names}
    return conclude(
        [
            Verdict("webkit-pages", len(reports), ">=", len(HAZARDS)),
            Verdict("webkit-pages-that-learned-of-us", len(faults), "<=", 0),
            Verdict("webkit-pages-not-served", len(unserved), "<=", 0),
        ]
    )


def missing(shops: Street) -> dict[str, list[str]]:
    """By event, the shops that owe it still."""
    works = {name for name, hazard in HAZARDS.items() if hazard.works}
    popups = {name for name in works if HAZARDS[name].popup}
    awaited = {"cart_updated": works, "campaign_exposed": popups}
    return {event: sorted(names - shops.events(event)) for event, names in awaited.items()}


def wait_for(shops: Street) -> None:
    until = time.monotonic() + PATIENCE_S
    while any(missing(shops).values()) and time.monotonic() < until:
        time.sleep(0.1)


@contextmanager
def screen() -> Iterator[None]:
    """A display of our own, under a number that is free."""
    read, write = os.pipe()
    command = ["Xvfb", "-displayfd", str(write), "-screen", "0", "1280x900x24", "-nolisten", "tcp"]
    server = subprocess.Popen(command, pass_fds=(write,), stderr=subprocess.DEVNULL)
    os.close(write)
    with os.fdopen(read) as told:
        number = told.readline().strip()
    before = os.environ.get("DISPLAY")
    os.environ["DISPLAY"] = f":{number}"
    try:
        yield
    finally:
        if before is None:
            del os.environ["DISPLAY"]
        else:
            os.environ["DISPLAY"] = before
        server.terminate()
        server.wait(10)


@contextmanager
def browser() -> Iterator[webdriver.WebKitGTK]:
    [mini] = Path("/usr/lib").glob("*/webkit2gtk-4.1/MiniBrowser")
    options = Options()
    options.binary_location = str(mini)
    options.add_argument("--automation")
    driver = webdriver.WebKitGTK(options=options, service=Service(shutil.which("WebKitWebDriver")))
    try:
        yield driver
    finally:
        driver.quit()


if __name__ == "__main__":
    sys.exit(main())
