"""The rooms and their one-way doors. ARCHITECTURE.md shows the same table; a test holds it to this one."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "server/heimta"

# What each room may import of ours, besides itself. Edge and console are two trust zones; the request
# path cannot reach channels, so nothing is ever sent inside a request.
MAY_USE: dict[str, set[str]] = {
    "model": set(),
    "rules": {"model"},
    "stats": {"model"},
    "store": {"model"},
    "channels": {"model"},
    "operate": {"model"},
    "ingest": {"model", "rules", "store"},
    "journeys": {"model", "rules", "store", "channels"},
    "edge": {"model", "rules", "store", "operate", "ingest"},
    "console": {"model", "rules", "stats", "store", "operate"},
    "worker": {"model", "rules", "stats", "store", "channels", "operate", "ingest", "journeys"},
    "demo": set(),
    "launch": {"model", "settings"},
    "serving": {"model"},
    "settings": {"model"},
}
COMPOSITION = {"app", "cli", "commands", "roles", "__main__", "__init__"}  # these know all rooms
# No I/O and no clock: the same answer for the same question, whenever it is asked.
PURE = ("model", "rules", "stats")
IMPURE = {
    "time",
    "os",
    "socket",
    "subprocess",
    "asyncio",
    "redis",
    "aiohttp",
    "urllib.request",
    "http.client",
}


def modules(*parts: str) -> list[Path]:
    found = [file for part in parts for file in [*PACKAGE.glob(part), *PACKAGE.glob(f"{part}/**/*.py")]]
    return sorted(file for file in found if file.suffix == ".py")


def imports(file: Path) -> set[str]:
    """Full names of what a file imports, anywhere in it: `from heimta import app` gives heimta.app."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file} imports relatively; write the whole name"
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def rooms_used(file: Path) -> set[str]:
    names = [name.split(".") for name in imports(file)]
    return {name[1] for name in names if name[0] == "heimta" and len(name) > 1} - {"__version__"}


def complaint(room: str, file: str, used: set[str], may: set[str]) -> str:
    bad = sorted(used - may - {room})
    return f"{file} imports {bad}; {room}/ may use {sorted(may)}" if bad else ""


def test_imports_run_one_way() -> None:
    found = []
    for file in modules("**"):
        name = file.relative_to(PACKAGE)
        room = name.parts[0].removesuffix(".py")
        if room not in COMPOSITION:
            assert room in MAY_USE, f"{room} is a new room: give it a line in MAY_USE and in ARCHITECTURE.md"
            found.append(complaint(room, str(name), rooms_used(file), MAY_USE[room]))
    assert not any(found), "\n".join(filter(None, found))


def test_a_wrong_import_is_told_with_what_is_allowed() -> None:
    said = complaint("rules", "rules/bad.py", {"journeys", "model"}, MAY_USE["rules"])
    assert said == "rules/bad.py imports ['journeys']; rules/ may use ['model']"


def test_no_two_rooms_import_each_other() -> None:
    for room, others in MAY_USE.items():
        assert not [other for other in others if room in MAY_USE[other]]


@pytest.mark.parametrize("part", PURE)
def test_what_decides_reads_no_clock_and_does_no_io(part: str) -> None:
    files = modules(part)
    assert files, f"{part} is gone; mend PURE"
    for file in files:
        used = {name for name in imports(file) if name in IMPURE or name.rpartition(".")[0] in IMPURE}
        assert not used, (
            f"{file.relative_to(PACKAGE)} imports {sorted(used)}; time and chance are arguments there"
        )


def test_only_the_store_knows_redis_commands() -> None:
    """The name of redis's exceptions may be known elsewhere, so that an outage becomes a 503."""
    for file in modules(*(room for room in MAY_USE if room not in ("store",))):
        used = {name for name in imports(file) if name.split(".")[0] in ("redis", "valkey")}
        strange = {name for name in used if not name.startswith("redis.exceptions.")}
        assert not strange, (
            f"{file.relative_to(PACKAGE)} imports {sorted(strange)}; ask store/ for a function"
        )


def test_the_map_in_the_docs_is_this_one() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text()
    told = {
        room: set(re.findall(r"\w+", may))
        for room, may in re.findall(r"^\| `(\w+)` \|[^|]*\|([^|]*)\|$", text, re.MULTILINE)
    }
    assert told == {room: may for room, may in MAY_USE.items() if room != "settings"}
