"""Debian's Chromium and Firefox, who take the line's certificate, and how one is killed."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, Page, Playwright

# Slow machines: nothing here is timed by these.
STEP_MS = 300_000
# Of the address bar Chromium 156 loads two pages of its own in every window, though there is none to be seen:
# more work than the page under test. One such switch replaces another: what Playwright 1.64 says is in it.
WITHOUT = "--disable-features=" + ",".join(
    (
        "WebUIOmniboxPopup", "WebUIOmniboxAimPopup",
        "AimEnabled", "AutoDeElevate", "AvoidCorsURLLoaderRestartOnRedirect",
        "AvoidUnnecessaryBeforeUnloadCheckSync", "BlockOriginHeaderModificationOnRedirect",
        "DestroyProfileOnBrowserClose", "DialMediaRouteProvider", "GlobalMediaControls", "HttpsUpgrades",
        "LensOverlay", "MediaRouter", "NetworkTimeServiceQuerying", "OptimizationHints", "PaintHolding",
        "ThirdPartyStoragePartitioning", "Translate",
    )
)  # fmt: skip
ANY_CERTIFICATE = "--ignore-certificate-errors"


def chromium_options(*more: str) -> dict[str, Any]:
    """Without its sandbox only as root, who may have none. more: switches."""
    args = [WITHOUT, *more, *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    return {"executable_path": program("chromium"), "args": args}


async def chromium(playwright: Playwright) -> Browser:
    return await playwright.chromium.launch(**chromium_options(ANY_CERTIFICATE))


async def firefox(playwright: Playwright) -> Browser:
    # Playwright's own protocol needs its own Firefox; Debian's speaks WebDriver BiDi.
    return await playwright.firefox.launch(executable_path=program("firefox-esr"), channel="moz-firefox")


async def arrive(page: Page, address: str) -> None:
    """The page is there and the snippet runs on it."""
    page.set_default_timeout(STEP_MS)
    await page.goto(address)
    await page.wait_for_function("window.heimta && heimta.on")


def browser_process(profile: Path) -> int:
    """The process that all others of this profile's browser hang on."""
    wanted = f"--user-data-dir={profile}"
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            words = (folder / "cmdline").read_bytes().decode(errors="replace").split("\0")
        except OSError:
            continue  # gone meanwhile, or somebody else's
        if wanted in words and not any(word.startswith("--type=") for word in words):
            return int(folder.name)
    raise ProcessLookupError(f"no browser runs on {profile}")


async def kill(pid: int) -> None:
    """-9, as a phone does when it needs the memory; returns when it is gone."""
    os.kill(pid, signal.SIGKILL)
    while is_there(pid):
        await asyncio.sleep(0.02)


def is_there(pid: int) -> bool:
    """Whether this process runs; a zombie does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise RuntimeError(f"{name} is missing; install the package {name}")
    return found
