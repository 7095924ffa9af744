"""A shop's own path and cookie domain: what they stand for, and what may not be chosen."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from msgspec.structs import replace

from heimta.edge.app import routes
from heimta.model.documents import ShopDoc
from heimta.rules.addresses import RESERVED, path_clashes, stands_for
from heimta.rules.apply import BadDocument, read_documents
from tests.worker.shop import SHOP

OWN = {"/assets/k7": "demo", "/m": "other"}
DOCUMENT: dict[str, Any] = {
    "kind": "shop", "id": "demo", "name": "Demo", "origins": ["https://www.shop.example"], "currency": "EUR",
}  # fmt: skip


@pytest.mark.parametrize(
    ("asked", "real"),
    [
        ("/assets/k7", "/s/demo"),
        ("/assets/k7.js", "/s/demo.js"),
        ("/assets/k7.js.map", "/s/demo.js.map"),
        ("/assets/k7.json", "/s/demo.json"),
        ("/assets/k7/claim", "/s/demo/claim"),
        ("/assets/k7/push", "/s/demo/push"),
        ("/assets/k7/0123456789ab.js", "/w/0123456789ab.js"),
        ("/assets/k7/sw.js", "/w/sw.js"),
        ("/assets/k7/r/token", "/r/token"),
        ("/m", "/s/other"),
        ("/m.js", "/s/other.js"),
    ],
)
def test_an_address_under_a_shops_own_path_stands_for_the_edges(asked: str, real: str) -> None:
    assert stands_for(asked, OWN) == real


@pytest.mark.parametrize(
    "asked",
    ["/", "", "/assets", "/assets/k7x", "/assets/k7.css", "/s/demo", "/k7", "/x/r/token", "/m/a/b"],
)
def test_nothing_else_does(asked: str) -> None:
    assert stands_for(asked, OWN) is None


def test_no_shop_may_begin_like_an_address_of_the_edge() -> None:
    assert {route.path.split("/")[1].partition(".")[0] for route in routes} <= RESERVED  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"own_path": "/s/demo"}, ["own_path is '/s/demo'", "/s is Heimta's own", "another word"]),
        ({"own_path": "/metrics"}, ["/metrics is Heimta's own"]),
        ({"own_path": "assets"}, ["own_path is", "/assets/k7"]),
        ({"own_path": "/a/"}, ["own_path is"]),
        ({"own_path": "/a.js"}, ["own_path is"]),
        ({"own_path": "/a/b/c/d/e"}, ["own_path is"]),
        ({"cookie_domain": "other.example"}, ["'https://www.shop.example' is not on it"]),
        ({"cookie_domain": "op.example"}, ["is not on it"]),
        ({"cookie_domain": "example"}, ["cookie_domain is"]),
        ({"cookie_domain": "a.example; Secure"}, ["cookie_domain is"]),
        ({"cookie_domain": "127.0.0.1"}, ["cookie_domain is"]),
    ],
    ids=str,
)
def test_what_cannot_work_is_refused_in_words(change: dict[str, Any], told: list[str]) -> None:
    with pytest.raises(BadDocument) as fault:
        read_documents(yaml.safe_dump({**DOCUMENT, **change}))
    for part in told:
        assert part in str(fault.value)


def test_what_can_work_is_taken() -> None:
    own = {"own_path": "/js/k-7_A", "cookie_domain": "shop.example"}
    [shop] = read_documents(yaml.safe_dump({**DOCUMENT, **own}))
    assert isinstance(shop, ShopDoc)
    assert (shop.own_path, shop.cookie_domain) == ("/js/k-7_A", "shop.example")


@pytest.mark.parametrize(
    ("one", "two", "clash"),
    [
        ("/a", "/a", True),
        ("/a", "/a/b", True),
        ("/a/b", "/a", True),
        ("/a/b", "/a/c", False),
        ("/a", "/ab", False),
        ("/a", None, False),
    ],
)
def test_two_shops_cannot_have_one_path(one: str, two: str | None, clash: bool) -> None:
    shops = [replace(SHOP, own_path=one), replace(SHOP, id="other", own_path=two)]
    assert bool(path_clashes(shops)) is clash
