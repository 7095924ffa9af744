"""Each long proof installs what it needs: who runs one may never have run `make test`."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
OURS = re.compile(
    r"^(?:from|import) ((?:loadtest|tests)[\w.]*)(?: import ([^\n(]+|\([^)]*\)))?", re.MULTILINE
)
# What a module imports, and what that needs of the system.
NEEDS = {"playwright": "BROWSERS", "selenium": "WEBKIT"}


def test_each_proof_installs_the_browsers_that_it_opens() -> None:
    setup = (ROOT / "scripts/setup.py").read_text()
    proofs = re.search(r"^PROOFS = \(([^)]*)\)", setup, re.MULTILINE)
    assert proofs is not None
    told = dict(re.findall(r'^    "([a-z-]+)": packages\.([A-Z]+),$', setup, re.MULTILINE))
    needed = {name: needs_of(name) for name in re.findall(r'"([a-z-]+)"', proofs[1])}
    assert sum(bool(kinds) for kinds in needed.values()) >= 8  # or nothing is looked at here
    for name, kinds in needed.items():
        assert kinds <= {told.get(name)}, f"`make {name}` opens what only {kinds} have"


def test_who_measures_others_beside_ours_installs_them() -> None:
    """bench-snippet left them out without a word in its figures where no other proof had installed them."""
    beside = {
        proof.stem
        for proof in (ROOT / "loadtest").glob("*.py")
        for text in ["\n".join(file.read_text() for file in files_of(proof.stem))]
        if proof.stem != "others" and re.search(r"loadtest[./]others|web_push\.mjs|peers/node_modules", text)
    }
    assert {"bench_push", "bench_snippet"} <= beside
    for name in beside:
        assert re.search(r"^ +install\(\)$", (ROOT / f"loadtest/{name}.py").read_text(), re.MULTILINE), name


def needs_of(proof: str) -> set[str]:
    text = "\n".join(file.read_text() for file in files_of(proof))
    return {
        kind for name, kind in NEEDS.items() if re.search(rf"^(?:from|import) {name}\b", text, re.MULTILINE)
    }


def files_of(proof: str) -> set[Path]:
    """The proof's module and all of ours that it imports, however far."""
    left, found = [f"loadtest.{proof.replace('-', '_')}"], set[Path]()
    while left:
        place = ROOT / left.pop().replace(".", "/")
        for file in (place.with_suffix(".py"), place / "__main__.py"):
            if file.exists() and file not in found:
                found.add(file)
                for module, names in OURS.findall(file.read_text()):
                    left += [module, *(f"{module}.{name}" for name in re.findall(r"\w+", names))]
    return found
