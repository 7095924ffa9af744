"""Which file of the browser's a shop gets."""

from __future__ import annotations

import json
from pathlib import Path
from typing import get_args

import pytest
from structlog.testing import capture_logs

from heimta.app import STATIC
from heimta.edge.bundles import Bundles
from heimta.model.documents import CartAdapter

NAMES = ("snippet-api", "snippet-shopware", "schema", "sw")


@pytest.fixture
def dist(tmp_path: Path) -> Path:
    """A build with an adapter left out, and nothing that has the hash it should have."""
    files = {}
    for name in NAMES:
        file = f"{name}.0123456789ab.js"
        (tmp_path / file).write_text(f"/* {name} */")
        (tmp_path / f"{file}.map").write_text("{}")
        files[name] = {"file": file, "sri": "sha384-x", "bytes": 9, "brotli": 9}
    (tmp_path / "manifest.json").write_text(json.dumps({"fingerprint": "f", "files": files}))
    return tmp_path


def test_each_cart_adapter_has_a_file_of_its_own(dist: Path) -> None:
    assert Bundles(dist).snippet("shopware")[0] == "/* snippet-shopware */"


def test_a_shop_whose_adapter_was_not_built_keeps_all_but_its_cart_and_the_log_says_so(dist: Path) -> None:
    with capture_logs() as logged:
        assert Bundles(dist).snippet("opencart")[0] == "/* snippet-api */"
    assert [(line["log_level"], line["adapter"]) for line in logged] == [("error", "opencart")]
    assert "npm run build" in logged[0]["mend"]


def test_the_doctor_is_told_what_was_not_built_and_what_browsers_would_refuse(dist: Path) -> None:
    faults = list(Bundles(dist).faults(["api", "opencart"]))
    assert faults[0] == "snippet-opencart was not built"
    assert len(faults) == 1 + len(NAMES) and "snippet-api.0123456789ab.js" in faults[1]


def test_a_whole_build_is_well() -> None:
    assert list(Bundles(STATIC / "dist").faults(get_args(CartAdapter))) == []
