"""A shop's own path and its cookie, asked as browsers ask."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from msgspec.structs import replace

from heimta.store import documents
from tests.edge.conftest import Asker
from tests.worker.shop import SHOP, T0, VISITOR, batch

VIEW = batch(("page_viewed", T0, {}))
NO = batch(("page_viewed", T0, {}), ("consent_changed", T0, {"analytics": False, "marketing": False}))
YES = batch(("consent_changed", T0, {"analytics": True, "marketing": False}))


@pytest.fixture
def dist(tmp_path: Path) -> Path:
    """Files with hashes of their own: under a shop's path that is all of their names."""
    files = {}
    for number, name in enumerate(("snippet-datalayer", "popup", "debug", "sw")):
        file = f"{name}.{number:012d}.js"
        (tmp_path / file).write_text(f"({name!r},__HEIMTA_CONFIG__)" if "snippet" in name else f"'{name}'")
        (tmp_path / f"{file}.map").write_text(f'{{"mappings":"","file":"{name}"}}')
        files[name] = {"file": file, "sri": f"sha384-{name}", "bytes": 1, "brotli": 1}
    (tmp_path / "manifest.json").write_text(json.dumps({"fingerprint": "x", "files": files}))
    return tmp_path


@pytest.fixture
async def owned(edge: Asker) -> Asker:
    await documents.put(edge.redis, replace(SHOP, own_path="/assets/k7"), now=T0)
    await edge.shops.refresh()
    return edge


@pytest.fixture
async def baking(edge: Asker) -> Asker:
    shop = replace(SHOP, origins=("https://www.shop.example",), cookie_domain="shop.example")
    await documents.put(edge.redis, shop, now=T0)
    await edge.shops.refresh()
    return edge


async def test_the_snippet_and_all_it_names_are_under_the_shops_own_path(owned: Asker) -> None:
    for path in ("/assets/k7.js", "/s/demo.js"):
        answer = await owned.http.get(path, headers={"accept-encoding": "identity"})
        config = json.loads(answer.text.partition(",")[2].removesuffix(")"))
        assert answer.headers["sourcemap"] == f"{path.rpartition('/')[2]}.map"
    assert config["path"] == "/assets/k7"
    assert config == (await owned.http.get("/assets/k7.json")).json()
    assert config["widgets"]["popup"] == ["/assets/k7/000000000001.js", "sha384-popup"]
    for path, _ in config["widgets"].values():
        widget = await owned.http.get(path)
        assert widget.status_code == 200
        found = await owned.http.get(f"{path.rpartition('/')[0]}/{widget.headers['sourcemap']}")
        assert found.json()["file"] in widget.text
    assert (await owned.http.get("/assets/k7.js.map")).json()["file"] == "snippet-datalayer"
    assert (await owned.http.get("/assets/k7/sw.js")).text == "'sw'"
    assert (await owned.http.get("/assets/k7/none.js")).status_code == 404


async def test_what_is_posted_there_is_taken_as_if_it_came_the_usual_way(owned: Asker) -> None:
    assert (await owned.post("/assets/k7", VIEW)).json() == {"ok": 1}
    assert await owned.logged() == [("batch", VIEW)]
    claim = await owned.post("/assets/k7/claim", {"vid": VISITOR, "campaign": "exit-offer"})
    assert claim.json()["code"]
    dropped = await owned.post("/assets/k7/push", {"vid": VISITOR, "subscription": None})
    assert dropped.json() == {"ok": 1}
    assert (await owned.post("/assets/k7", VIEW, origin="https://evil.example")).status_code == 403
    link = await owned.http.get("/assets/k7/r/demo.nonsense")
    assert (link.status_code, "This link does not work" in link.text) == (404, True)


async def test_a_path_that_is_given_up_is_nobodys(owned: Asker) -> None:
    await documents.put(owned.redis, SHOP, now=T0)
    await owned.shops.refresh()
    assert (await owned.http.get("/assets/k7.js")).status_code == 404
    assert (await owned.post("/assets/k7", VIEW)).status_code == 404


async def test_the_cookie_is_set_on_the_domain_for_a_year_and_the_browser_may_read_the_answer(
    baking: Asker,
) -> None:
    answer = await baking.post("/s/demo", VIEW, origin="https://www.shop.example")
    assert answer.json() == {"ok": 1}
    assert answer.headers["set-cookie"] == (
        f"heimta_v={VISITOR}; Domain=shop.example; Path=/; Max-Age=31536000; SameSite=Lax; Secure"
    )
    assert answer.headers["access-control-allow-origin"] == "https://www.shop.example"
    assert answer.headers["access-control-allow-credentials"] == "true"


async def test_after_a_no_there_is_none_and_a_yes_sets_it(baking: Asker) -> None:
    gone = await baking.post("/s/demo", NO, origin="https://www.shop.example")
    assert gone.headers["set-cookie"].startswith("heimta_v=; Domain=shop.example; Path=/; Max-Age=0")
    given = await baking.post("/s/demo", YES, origin="https://www.shop.example")
    assert given.headers["set-cookie"].startswith(f"heimta_v={VISITOR}; ")


async def test_a_refusal_can_be_read_too_else_it_would_be_tried_for_ever(baking: Asker) -> None:
    for body in (b"{", b" " * 65_537):
        answer = await baking.post("/s/demo", body, origin="https://www.shop.example")
        assert answer.status_code in (400, 413)
        assert answer.headers["access-control-allow-credentials"] == "true"
        assert "set-cookie" not in answer.headers
    stranger = await baking.post("/s/demo", VIEW, origin="https://evil.example")
    assert stranger.status_code == 403
    assert "access-control-allow-origin" not in stranger.headers
    assert "set-cookie" not in stranger.headers


async def test_a_shop_without_a_domain_gets_no_cookie(edge: Asker) -> None:
    answer = await edge.post("/s/demo", VIEW)
    assert "set-cookie" not in answer.headers
    assert "access-control-allow-credentials" not in answer.headers
