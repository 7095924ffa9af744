"""Set-up on machines that lack something: a message that says what to do, never a traceback."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PYTHON = Path(sys.base_prefix) / "bin" / f"python3.{sys.version_info[1]}"
NODE_20 = 'case "$1" in --version) echo v20.1.0;; esac'
LOCK = '{"name": "x", "lockfileVersion": 3, "packages": {"": {"name": "x"}}}'


@pytest.fixture
def clone() -> Iterator[Path]:
    """A clone in small, on a path with a space: the real scripts, nothing to download."""
    folder = Path(tempfile.mkdtemp(prefix="my clone-"))
    folder.chmod(0o755)
    shutil.copytree(ROOT / "scripts", folder / "scripts", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("requirements.txt", "requirements-dev.txt"):
        (folder / name).write_text("")
    (folder / "package.json").write_text('{"name": "x"}')
    (folder / "package-lock.json").write_text(LOCK)
    (folder / "build.mjs").write_text("console.log('built')")
    yield folder
    folder.chmod(0o755)
    shutil.rmtree(folder)


@pytest.fixture
def path(clone: Path) -> Path:
    """A PATH of its own, with what every system has."""
    folder = clone / "path"
    folder.mkdir()
    for name in ("sh", "dirname"):
        (folder / name).symlink_to(str(shutil.which(name)))
    return folder


def put(path: Path, name: str, script: str) -> None:
    (path / name).write_text(f"#!/bin/sh\n{script}\n")
    (path / name).chmod(0o755)


def run(
    clone: Path, path: Path | None, target: str = "dev", **environ: str
) -> subprocess.CompletedProcess[str]:
    inherited = {**os.environ, "PATH": str(path)} if path is not None else dict(os.environ)
    inherited.pop("PYTHON", None)
    done = subprocess.run(
        ["/bin/sh", str(clone / "scripts/run"), target],
        env={**inherited, "PYTHONDONTWRITEBYTECODE": "1", **environ},
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert "Traceback" not in done.stdout + done.stderr
    return done


def test_no_python_at_all(clone: Path, path: Path) -> None:
    done = run(clone, path)
    assert done.returncode == 1
    assert "Heimta needs Python 3.11 or newer; no Python was found." in done.stderr


def test_a_python_that_is_too_old_is_named_with_its_version(clone: Path, path: Path) -> None:
    put(path, "python3", 'case "$2" in *print*) echo 3.9.2;; *) exit 1;; esac')
    done = run(clone, path)
    assert done.returncode == 1
    assert "Heimta needs Python 3.11 or newer; python3 is 3.9.2 here." in done.stderr


def test_a_newer_python_beside_an_old_one_is_found(clone: Path, path: Path) -> None:
    put(path, "python3", "exit 1")
    (path / "python3.11").symlink_to(PYTHON)
    assert "Node.js is missing" in run(clone, path).stderr


def test_no_node(clone: Path, path: Path) -> None:
    (path / "python3").symlink_to(PYTHON)
    done = run(clone, path)
    assert done.returncode == 1
    assert "Node.js is missing" in done.stderr and "Install Node 20" in done.stderr


def test_a_node_that_is_too_old(clone: Path, path: Path) -> None:
    (path / "python3").symlink_to(PYTHON)
    put(path, "node", "echo v18.19.0")
    done = run(clone, path)
    assert (done.returncode, done.stderr.strip()) == (1, "Node.js is v18.19.0; Heimta needs 20 or newer.")


def test_node_without_npm(clone: Path, path: Path) -> None:
    (path / "python3").symlink_to(PYTHON)
    put(path, "node", NODE_20)
    assert "apt-get install npm" in run(clone, path).stderr


def give_up_writing_anywhere() -> None:
    """Root may write to a read-only folder; a child without CAP_DAC_OVERRIDE may not."""
    if os.geteuid() == 0:
        ctypes.CDLL(None).prctl(24, 1, 0, 0, 0)  # PR_CAPBSET_DROP, CAP_DAC_OVERRIDE; holds from exec on


def test_a_folder_that_cannot_be_written_to(clone: Path, path: Path) -> None:
    (path / "python3").symlink_to(PYTHON)
    clone.chmod(0o555)
    done = subprocess.run(
        ["/bin/sh", str(clone / "scripts/run"), "dev"],
        env={"PATH": str(path)},
        preexec_fn=give_up_writing_anywhere,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.strip().startswith(f"cannot write to {clone.resolve()} (Permission denied)")


def test_debian_without_its_venv_package(clone: Path) -> None:
    """Debian leaves ensurepip out of python3; a package of the same name that fails stands in for that."""
    missing = clone / "missing"
    missing.mkdir()
    (missing / "ensurepip.py").write_text("raise ImportError")
    done = run(clone, None, PYTHON=str(PYTHON), PYTHONPATH=str(missing))
    assert done.returncode == 1
    assert f"apt-get install python3.{sys.version_info[1]}-venv" in done.stderr


def test_packages_that_cannot_be_fetched_show_the_last_lines(clone: Path) -> None:
    """Into an environment that is made again first: the Python it had is gone, as after a system upgrade."""
    (clone / ".venv/bin").mkdir(parents=True)
    (clone / ".venv/bin/python").symlink_to("/usr/bin/python3.gone")
    (clone / "requirements-dev.txt").write_text(f"nosuch==1 --hash=sha256:{'0' * 64}\n")
    done = run(clone, None, PYTHON=str(PYTHON), PIP_NO_INDEX="1")
    assert done.returncode == 1
    assert "1/3 Python environment with test tools … failed" in done.stdout
    assert "could not be installed (is the network there?)" in done.stderr
    assert "No matching distribution found for nosuch==1" in done.stderr
    assert (clone / ".venv/bin/python").exists()


@pytest.mark.slow
def test_the_second_time_nothing_is_installed_and_a_broken_environment_is_made_again(clone: Path) -> None:
    first = run(clone, None, PYTHON=str(PYTHON))
    assert first.returncode == 0, first.stderr
    assert "there already" not in first.stdout

    second = run(clone, None, PYTHON=str(PYTHON))
    assert second.stdout.count("there already") == 2

    (clone / "package-lock.json").write_text(LOCK + "\n")
    third = run(clone, None, PYTHON=str(PYTHON))
    assert third.stdout.count("there already") == 1

    # An install that was broken off: the stamp is gone, and half of the environment with it.
    (clone / ".venv/heimta-dev.stamp").unlink()
    shutil.rmtree(clone / ".venv/lib")
    fourth = run(clone, None, PYTHON=str(PYTHON))
    assert fourth.returncode == 0, fourth.stderr
    # Only the scripts are cloned here: what the command cannot find shows that it ran.
    command = subprocess.run(
        [clone / ".venv/bin/heimta"], env={}, capture_output=True, text=True, check=False
    )
    assert "No module named heimta" in command.stderr


def test_an_unknown_target_shows_those_there_are(clone: Path) -> None:
    done = run(clone, None, "dmeo", PYTHON=str(PYTHON))
    assert done.returncode == 2
    assert done.stderr.startswith("usage: scripts/run {demo|test|check|size|dev|clean|bench-ingest|")
