"""Missing packages: installed by root on Debian, named for everyone else."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).parents[2] / "scripts"


@pytest.fixture
def packages(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.syspath_prepend(str(SCRIPTS))
    import packages

    monkeypatch.setattr(packages, "is_there", lambda name, program, has_apt: name != "firefox-esr")
    monkeypatch.setattr(packages.shutil, "which", lambda name: f"/usr/bin/{name}")
    yield packages
    for name in ("packages", "progress"):
        sys.modules.pop(name)


def test_who_is_not_root_gets_the_command_to_run(packages, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packages.os, "geteuid", lambda: 1000)
    with pytest.raises(packages.Failed, match="sudo apt-get install -y --no-install-recommends firefox-esr"):
        packages.install(packages.BROWSERS, "`make test`")


def test_another_system_gets_the_names(packages, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packages.shutil, "which", lambda name: None)
    with pytest.raises(packages.Failed, match=r"\(under their Debian names\): firefox-esr"):
        packages.install(packages.BROWSERS, "`make test`")


def test_root_on_debian_waits_for_the_lock_and_installs_only_what_is_missing(
    packages, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: list[list[str]] = []
    monkeypatch.setattr(packages.os, "geteuid", lambda: 0)
    monkeypatch.setattr(packages, "quietly", lambda command, trouble, environ: ran.append(command))
    packages.install(packages.BROWSERS, "`make test`")
    wait = ["apt-get", "-q", "-o", "DPkg::Lock::Timeout=300"]
    assert ran == [
        [*wait, "update"],
        [*wait, "install", "-y", "--no-install-recommends", "firefox-esr"],
    ]
