"""Programs that only the system has: Debian's own, installed when missing and when that is allowed."""

from __future__ import annotations

import os
import shutil
import subprocess

from progress import Failed, quietly, step

# Package, and the program that shows it is there (None: only the package list can tell).
Packages = tuple[tuple[str, str | None], ...]
BROWSERS: Packages = (
    ("chromium", "chromium"),
    ("firefox-esr", "firefox-esr"),
    ("dbus-daemon", "dbus-daemon"),  # real notifications travel over it
    ("libnotify4", None),  # Firefox shows no notification without it
    ("fonts-dejavu-core", None),
)
WEBKIT: Packages = (
    ("webkit2gtk-driver", "WebKitWebDriver"),
    ("xvfb", "Xvfb"),
    ("fonts-dejavu-core", None),
)
LOAD: Packages = (("wrk", "wrk"),)
LOCK_S = 300  # somebody else's apt may be at work


def install(packages: Packages, who: str) -> None:
    """Install what is missing, or say exactly what to install. who: `make test`, for what is told."""
    has_apt = shutil.which("apt-get") is not None and shutil.which("dpkg-query") is not None
    missing = [name for name, program in packages if not is_there(name, program, has_apt)]
    if not missing:
        return
    names = " ".join(missing)
    if not has_apt:
        raise Failed(
            f"{who} needs these programs (under their Debian names): {names}. "
            f"Install them with your system's packages and run {who} again."
        )
    if os.geteuid() != 0:
        raise Failed(
            f"{who} needs packages that only root can install. Run this once:\n"
            f"    sudo apt-get update && sudo apt-get install -y --no-install-recommends {names}"
        )
    with step(f"Installing {names}"):
        apt("update")
        apt("install", "-y", "--no-install-recommends", *missing)


def is_there(name: str, program: str | None, has_apt: bool) -> bool:
    if program is not None:
        return shutil.which(program) is not None
    if not has_apt:
        return True
    shown = subprocess.run(
        ["dpkg-query", "-W", "-f=${Status}", name], capture_output=True, text=True, check=False
    )
    return shown.stdout == "install ok installed"


def apt(*args: str) -> None:
    quietly(
        ["apt-get", "-q", "-o", f"DPkg::Lock::Timeout={LOCK_S}", *args],
        f"`apt-get {args[0]}` failed",
        {**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
    )
