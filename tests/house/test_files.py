"""What every file in the repository keeps to."""

from __future__ import annotations

import ast
import json
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MAX_LINES = 400
MAX_FUNCTION_LINES = 60
CODE = {".py", ".ts", ".js", ".mjs", ".html"}  # a style sheet is one file because a page loads one
# Places on somebody's machine. In parts, so that this file is not its own finding.
MACHINE = re.compile(
    "|".join(("/wo" + r"rk/", "/ro" + r"ot/", "/ho" + r"me/\w", "/Us" + r"ers/\w", "/o" + r"pt/\w"))
)


def tracked() -> list[Path]:
    shown = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [file for name in shown.stdout.splitlines() if (file := ROOT / name).is_file()]


FILES = tracked()
TEXT = [file for file in FILES if file.suffix not in {".png", ".ico", ".woff2"}]


def name_of(file: Path) -> str:
    return str(file.relative_to(ROOT))


def test_files_are_short() -> None:
    lengths = {name_of(file): len(file.read_text().splitlines()) for file in FILES if file.suffix in CODE}
    long = {name: lines for name, lines in lengths.items() if lines > MAX_LINES}
    assert not long, f"longer than {MAX_LINES} lines, find the second noun in each: {long}"


def test_functions_are_short() -> None:
    long = {}
    for file in (file for file in FILES if file.suffix == ".py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or 0) - node.lineno + 1
                if lines > MAX_FUNCTION_LINES:
                    long[f"{name_of(file)}:{node.name}"] = lines
    assert not long, f"longer than {MAX_FUNCTION_LINES} lines: {long}"


def test_every_module_says_what_it_is_for() -> None:
    silent = [
        name_of(file)
        for file in FILES
        if file.suffix == ".py"
        and file.name not in ("__main__.py", "__init__.py")
        and not ast.get_docstring(ast.parse(file.read_text()))
    ]
    assert not silent, f"no docstring at the top: {silent}"


def test_no_file_names_a_place_on_somebodys_machine() -> None:
    found = {}
    for file in TEXT:
        if hit := MACHINE.search(file.read_text(errors="replace")):
            found[name_of(file)] = hit[0]
    # In an image these are fixed and belong to nobody.
    assert not found


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_python_packages_are_pinned_by_hash_and_name_no_registry(name: str) -> None:
    text = (ROOT / name).read_text()
    entries = re.findall(
        r"^([a-z0-9.\[\]-]+)(==\S+)?((?: ;[^\\]*)?) \\\n((?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)+)",
        text,
        re.M,
    )
    assert len(entries) > 30
    assert all(pin for _, pin, _, _ in entries)
    rebuilt = sum(2 + hashes.count("--hash") - 1 for _, _, _, hashes in entries)
    assert rebuilt == len(text.splitlines()), "something else than pinned packages stands there"


def test_every_dependency_is_pinned_as_declared() -> None:
    declared = re.findall(r'^  "([a-z0-9-]+==[^"]+)",', (ROOT / "pyproject.toml").read_text(), re.M)
    pinned = (ROOT / "requirements-dev.txt").read_text()
    missing = [entry for entry in declared if not re.search(rf"^{re.escape(entry)} ", pinned, re.M)]
    assert len(declared) > 30
    assert not missing, f"run scripts/lock: {missing}"


def test_node_packages_are_locked_by_hash_and_name_no_registry() -> None:
    packages = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    entries = [entry for name, entry in packages.items() if name]
    assert entries
    assert not [entry for entry in entries if "resolved" in entry or "integrity" not in entry]
    # `npm ci` refuses a lock that does not know every optional package, on any system.
    wanted = {name for entry in entries for name in entry.get("optionalDependencies", {})}
    assert not {name for name in wanted if f"node_modules/{name}" not in packages}


@pytest.mark.parametrize("name", ["uv.lock", "pylock.toml", "poetry.lock", "yarn.lock", "pnpm-lock.yaml"])
def test_no_lock_that_names_registries_is_committed(name: str) -> None:
    assert ROOT / name not in FILES
