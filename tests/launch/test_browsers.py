"""Missing browsers: installed by root on Debian, named for everyone else."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).parents[2] / "scripts"


@pytest.fixture
def browsers(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.syspath_prepend(str(SCRIPTS))
    import browsers

    monkeypatch.setattr(browsers, "is_there", lambda name, program, has_apt: name != "firefox-esr")
    monkeypatch.setattr(browsers.shutil, "which", lambda name: f"/usr/bin/{name}")
    yield browsers
    for name in ("browsers", "progress"):
        sys.modules.pop(name)


def test_who_is_not_root_gets_the_command_to_run(browsers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(browsers.os, "geteuid", lambda: 1000)
    with pytest.raises(browsers.Failed, match="sudo apt-get install -y --no-install-recommends firefox-esr"):
        browsers.install()


def test_another_system_gets_the_names(browsers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(browsers.shutil, "which", lambda name: None)
    with pytest.raises(browsers.Failed, match=r"\(under their Debian names\): firefox-esr"):
        browsers.install()


def test_root_on_debian_waits_for_the_lock_and_installs_only_what_is_missing(
    browsers, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: list[list[str]] = []
    monkeypatch.setattr(browsers.os, "geteuid", lambda: 0)
    monkeypatch.setattr(browsers, "quietly", lambda command, trouble, environ: ran.append(command))
    browsers.install()
    wait = ["apt-get", "-q", "-o", "DPkg::Lock::Timeout=300"]
    assert ran == [
        [*wait, "update"],
        [*wait, "install", "-y", "--no-install-recommends", "firefox-esr"],
    ]
