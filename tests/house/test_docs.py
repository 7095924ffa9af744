"""The docs say what is there: every address, every event, every version, the two commands."""

from __future__ import annotations

import re
from configparser import ConfigParser
from pathlib import Path

import pytest
from starlette.routing import Route

from heimta import __version__
from heimta.console.app import routes as console_routes
from heimta.edge.app import routes as edge_routes
from heimta.launch.serve import PATIENCE_S
from heimta.model.event import PROPS
from heimta.worker.app import routes as worker_routes

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])


def addresses(routes: object) -> set[str]:
    """`GET /path` for each; HEAD comes with GET and is not written down."""
    assert isinstance(routes, list)
    found = set()
    for route in routes:
        assert isinstance(route, Route), f"{route} is no plain route: how shall the docs list it?"
        found |= {f"{method} {route.path}" for method in route.methods or {"GET"} if method != "HEAD"}
    return found


def test_every_address_is_documented_and_no_other() -> None:
    told = re.findall(r"^\| `((?:GET|POST) /[^`]*)` \|", (ROOT / "docs/http.md").read_text(), re.MULTILINE)
    real = addresses(edge_routes) | addresses(console_routes) | addresses(worker_routes)
    assert len(told) == len(set(told))
    assert set(told) == real, (
        f"docs/http.md: missing {sorted(real - set(told))}, wrong {sorted(set(told) - real)}"
    )


def test_the_wire_lists_exactly_the_events_there_are() -> None:
    text = (ROOT / "docs/wire.md").read_text()
    table = text.partition("\n## Events\n")[2].partition("\n## ")[0]
    assert re.findall(r"^\| `([a-z_]{2,})` \|", table, re.MULTILINE) == list(PROPS)


def test_the_wire_names_every_property_of_every_event() -> None:
    table = (ROOT / "docs/wire.md").read_text().partition("\n## Events\n")[2].partition("\n## ")[0]
    rows = dict(re.findall(r"^\| `([a-z_]+)` \| (.*) \|$", table, re.MULTILINE))
    for name, props in PROPS.items():
        missing = [field for field in props.__struct_fields__ if f"`{field}`" not in rows[name]]
        assert not missing, f"docs/wire.md, {name}: {missing}"


def test_the_changelog_begins_with_this_version() -> None:
    newest = re.search(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert newest is not None and newest[1] == __version__


@pytest.mark.parametrize("name", ["README.md", "compose.yaml"])
def test_the_image_carries_this_version_wherever_it_is_named(name: str) -> None:
    assert set(re.findall(r"heimta:(\d[\w.]*)", (ROOT / name).read_text())) == {__version__}


def test_ci_runs_the_command_that_the_readme_shows() -> None:
    readme = (ROOT / "README.md").read_text()
    assert "    make demo " in readme and "    make test " in readme
    commands = [line for line in (ROOT / ".ci/run").read_text().splitlines() if line and line[0] != "#"]
    assert commands[-1] == "make test"


def test_the_readme_opens_with_all_that_a_stranger_needs() -> None:
    screen = "\n".join((ROOT / "README.md").read_text().splitlines()[:25])
    for needed in ("make demo", "make test", "<script async src=", "Python 3.11", "Node 20", "kB"):
        assert needed in screen, needed


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_no_link_points_nowhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+)", page.read_text())
    broken = [link for link in links if "://" not in link and not (page.parent / link).exists()]
    assert not broken


def test_every_target_of_the_makefile_is_one_that_the_scripts_know() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    setup = (ROOT / "scripts/setup.py").read_text()
    known = re.search(r"^COMMANDS = \{(.*)\}", setup, re.MULTILINE)
    proofs = re.search(r"^PROOFS = \(([^)]*)\)", setup, re.MULTILINE)
    assert known is not None and proofs is not None
    names = re.findall(r'"([a-z]+)":', known[1]) + re.findall(r'"([a-z-]+)"', proofs[1])
    assert targets == {*names, "time-demo"}  # the last measures scripts/run itself


def test_the_unit_stops_the_store_last_and_never_gives_up() -> None:
    """By default systemd stops the store together with those who still write to it, and starts five times."""
    page = (ROOT / "docs/operating.md").read_text()
    lines = page[page.index("    [Unit]") : page.index("WantedBy=multi-user.target")].splitlines()
    unit = ConfigParser()
    unit.read_string("\n".join(line.strip() for line in lines))
    assert unit["Unit"]["StartLimitIntervalSec"] == "0" and unit["Service"]["Restart"] == "always"
    assert unit["Service"]["KillMode"] == "mixed"
    assert float(unit["Service"]["TimeoutStopSec"]) > PATIENCE_S + 4  # the store has 4 s of its own
