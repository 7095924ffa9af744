"""The switches and preferences that wire a real browser to the local push services and the desktop."""

from __future__ import annotations

import os
from pathlib import Path

from playwright.sync_api import BrowserContext, Playwright

from loadtest.deliver.browsers import ANY_CERTIFICATE, chromium_options, program


def launch_firefox(p: Playwright, profile: Path, *, push_url: str, bus: str) -> BrowserContext:
    """Firefox-ESR. push_url: the autopush WebSocket. bus: address of the D-Bus."""
    return p.firefox.launch_persistent_context(
        profile,
        channel="moz-firefox",
        executable_path=program("firefox-esr"),
        env=_environment(bus),
        firefox_user_prefs={
            "dom.push.enabled": True,
            "dom.push.connection.enabled": True,
            "dom.push.serverURL": push_url,
            "dom.push.testing.allowInsecureServerURL": True,
            "permissions.default.desktop-notification": 1,
            "dom.serviceWorkers.enabled": True,
            "dom.webnotifications.enabled": True,
        },
    )


def launch_chromium(p: Playwright, profile: Path, *, google: str, mcs_port: int, bus: str) -> BrowserContext:
    """Chromium. google: origin of the fake Google. It takes pushes only with a profile on disk."""
    return p.chromium.launch_persistent_context(
        profile,
        env=_environment(bus),
        permissions=["notifications"],
        **chromium_options(
            ANY_CERTIFICATE,  # the fake MCS signs its own
            f"--gcm-checkin-url={google}/checkin",
            f"--gcm-registration-url={google}/register",
            f"--gcm-mcs-endpoint=https://127.0.0.1:{mcs_port}",
        ),
    )


def _environment(bus: str) -> dict[str, str | float | bool]:
    return {**os.environ, "DBUS_SESSION_BUS_ADDRESS": bus}
