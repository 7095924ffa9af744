"""Makes .venv, node_modules and the bundles, and knows when there is nothing to do.

A stamp holds the hash of what an environment was made from. It is removed before a change and
written after it, so an interrupted install is done again instead of being half there.
"""

from __future__ import annotations

import hashlib
import importlib
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from progress import ROOT, Failed, quietly, step

VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
NODE_MODULES = ROOT / "node_modules"
OLDEST_NODE = 20
# A path with a space, or a long one, cannot stand behind `#!`: sh runs the second line, and to Python the
# second and third are a text. pip writes its own commands in this way.
COMMAND = """#!/bin/sh
'''exec' {python} "$0" "$@"
' '''
import runpy
runpy.run_module("heimta", run_name="__main__")
"""


class Part(NamedTuple):
    title: str
    is_ready: Callable[[], bool]
    make: Callable[[], None]


def prepare(*, dev: bool) -> None:
    """Everything that `heimta` and, with dev, the tests need. One line for each slow step."""
    check_machine()
    extra = " with test tools" if dev else ""
    parts = (
        Part(f"Python environment{extra}", lambda: python_is_ready(dev), lambda: make_python(dev)),
        Part("Packages for the browser side", node_is_ready, make_node),
        Part("Snippet and widgets", lambda: False, build),  # the build knows itself when it has nothing to do
    )
    for number, part in enumerate(parts, start=1):
        title = f"{number}/{len(parts)} {part.title}"
        if part.is_ready():
            print(f"{title} … there already", flush=True)
            continue
        with step(title):
            part.make()
    link_package()


def check_machine() -> None:
    """Everything that may be missing, before anything slow begins."""
    if sys.version_info < (3, 11):  # noqa: UP036  # who starts setup.py by hand passes scripts/run by
        raise Failed(f"Heimta needs Python 3.11 or newer; this one is {sys.version.split()[0]}.")
    if sys.platform not in ("linux", "darwin"):
        raise Failed("Heimta runs on Linux and macOS; on Windows use WSL.")
    try:
        tempfile.TemporaryFile(dir=ROOT).close()
    except OSError as error:
        raise Failed(
            f"cannot write to {ROOT} ({error.strerror}). Heimta keeps its environment (.venv, node_modules) "
            "and data (.heimta) there: make the folder writable for this user, or clone it elsewhere."
        ) from error
    check_node()


def check_node() -> None:
    node = shutil.which("node")
    if node is None:
        raise Failed(
            f"Node.js is missing; the shop-side scripts are built with it. Install Node {OLDEST_NODE}+."
        )
    shown = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout.strip()
    version = re.match(r"v(\d+)\.", shown)
    if version is None or int(version[1]) < OLDEST_NODE:
        raise Failed(f"Node.js is {shown or 'broken'}; Heimta needs {OLDEST_NODE} or newer.")
    if shutil.which("npm") is None:
        raise Failed("npm is missing, though Node.js is there. On Debian: apt-get install npm.")


def python_is_ready(dev: bool) -> bool:
    # What the tests need includes what running needs; scripts/lock pins both together.
    kinds = ("dev",) if dev else ("run", "dev")
    is_stamped = any(stamp(VENV, kind) == fingerprint(requirements(kind == "dev")) for kind in kinds)
    return is_stamped and works(PYTHON)


def make_python(dev: bool) -> None:
    for kind in ("run", "dev"):
        (VENV / f"heimta-{kind}.stamp").unlink(missing_ok=True)
    if not works(PYTHON):
        make_venv()
    quietly(
        [
            str(PYTHON), "-m", "pip", "install", "--disable-pip-version-check", "--no-deps",
            "--require-hashes", "-r", str(requirements(dev)),
        ],
        "the Python packages could not be installed (is the network there?)",
    )  # fmt: skip
    (VENV / f"heimta-{'dev' if dev else 'run'}.stamp").write_text(fingerprint(requirements(dev)))


def make_venv() -> None:
    try:
        importlib.import_module("ensurepip")  # Debian may lack it, and venv then leaves half a folder
    except ImportError:
        version = f"{sys.version_info[0]}.{sys.version_info[1]}"
        raise Failed(
            f"Python's venv module is incomplete. On Debian and Ubuntu: apt-get install python{version}-venv"
        ) from None
    quietly([sys.executable, "-m", "venv", "--clear", str(VENV)], "the Python environment could not be made")


def works(python: Path) -> bool:
    """Is it there, new enough, and has it a pip? False for a half-made or moved environment."""
    check = "import sys, pip; sys.exit(sys.version_info < (3, 11))"
    try:
        return subprocess.run([str(python), "-c", check], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def link_package() -> None:
    """Make `import heimta` and the `heimta` command work, wherever the clone stands now.

    Two small files instead of `pip install -e .`, which would fetch a build system first.
    """
    site = next((VENV / "lib").glob("python3.*/site-packages"))
    (site / "heimta.pth").write_text(f"{ROOT / 'server'}\n")
    command = VENV / "bin" / "heimta"
    command.write_text(COMMAND.format(python=shlex.quote(str(PYTHON))))
    command.chmod(0o755)


def node_is_ready() -> bool:
    return stamp(NODE_MODULES, "npm") == fingerprint(ROOT / "package-lock.json")


def make_node() -> None:
    (NODE_MODULES / "heimta-npm.stamp").unlink(missing_ok=True)
    quietly(["npm", "ci", "--no-audit", "--no-fund"], "npm could not install (is the network there?)")
    NODE_MODULES.mkdir(exist_ok=True)
    (NODE_MODULES / "heimta-npm.stamp").write_text(fingerprint(ROOT / "package-lock.json"))


def build() -> None:
    quietly(["node", "build.mjs"], "the snippet and widgets could not be built")


def requirements(dev: bool) -> Path:
    return ROOT / ("requirements-dev.txt" if dev else "requirements.txt")


def stamp(folder: Path, kind: str) -> str:
    file = folder / f"heimta-{kind}.stamp"
    return file.read_text() if file.exists() else ""


def fingerprint(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def environ() -> dict[str, str]:
    """The environment for our own commands: .venv first on the PATH, as if it had been activated."""
    path = f"{VENV / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}"
    return {**os.environ, "PATH": path, "VIRTUAL_ENV": str(VENV)}
