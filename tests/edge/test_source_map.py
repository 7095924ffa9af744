"""A stack trace from a shop's page leads to our sources, although the shop's config is within the line."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from heimta.edge.bundles import Bundles
from heimta.edge.shops import PLACE
from heimta.edge.source_map import moved

ROOT = Path(__file__).parents[2]
CONFIG = json.dumps({"shop": "demo", "title": "Þetta er 🎩", "more": list(range(300))}, ensure_ascii=False)

# Node reads the map by itself, as a browser's tools do.
WHERE = """
const { SourceMap } = require('node:module')
const { code, map, words } = JSON.parse(require('node:fs').readFileSync(0, 'utf8'))
const found = new SourceMap(map)
const lines = code.split('\\n')
console.log(JSON.stringify(words.map((word) => {
  const line = lines.findIndex((one) => one.includes(word))
  const at = found.findEntry(line, lines[line].indexOf(word))
  const source = map.sourcesContent[map.sources.indexOf(at.originalSource)].split('\\n')
  return [at.originalSource, source[at.originalLine].slice(at.originalColumn)]
})))
"""


def where(code: str, source_map: bytes, words: list[str]) -> list[tuple[str, str]]:
    node = shutil.which("node")
    assert node
    given = json.dumps({"code": code, "map": json.loads(source_map), "words": words})
    done = subprocess.run([node, "-e", WHERE], input=given, capture_output=True, text=True, check=True)
    return [(source, text) for source, text in json.loads(done.stdout)]


@pytest.mark.parametrize("adapter", ["datalayer", "api"])
def test_words_before_and_behind_the_config_are_found_in_our_sources(adapter: str) -> None:
    subprocess.run(["node", "build.mjs"], cwd=ROOT, check=True, capture_output=True)
    raw, raw_map = Bundles(ROOT / "static/dist").snippet(adapter)
    assert raw.count(PLACE) == 1
    words = ["data-heimta-preview", "credentials", "heimta_r", "add_to_cart"]
    words = [word for word in words if word in raw]
    assert len(words) >= 3
    found = where(raw.replace(PLACE, CONFIG), moved(raw_map, raw, PLACE, CONFIG), words)
    for word, (source, text) in zip(words, found, strict=True):
        assert source.endswith(".ts")
        assert word in text, f"{word} is said to come from {source}: {text}"


def test_the_same_test_would_tell_a_map_that_was_left_as_it_was() -> None:
    subprocess.run(["node", "build.mjs"], cwd=ROOT, check=True, capture_output=True)
    raw, raw_map = Bundles(ROOT / "static/dist").snippet("datalayer")
    [(_, text)] = where(raw.replace(PLACE, CONFIG), raw_map, ["heimta_r"])
    assert "heimta_r" not in text
