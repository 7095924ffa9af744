"""Selectors: what a browser would refuse is told by name before it is saved."""

from __future__ import annotations

from timeit import repeat

import pytest

from heimta.model.documents import MAX_SELECTOR
from heimta.rules.apply import BadDocument, read_documents
from heimta.rules.selectors import fault_of

SHOP = "{kind: shop, id: demo, name: Demo, origins: ['https://demo.example'], currency: EUR, %s}"


@pytest.mark.parametrize(
    "good",
    [
        ".cart-item",
        "@data-sku",
        "img@src",
        "tr.line > td:nth-child(2) a[href]@href",
        "[data-x='a)b']",
        'input[name="qty[7]"]@value',
        "#cart, #header-cart",
        "li:not(.gift) .price",
        "use@xlink:href",
    ],
)
def test_a_selector_that_can_be_one_passes(good: str) -> None:
    assert fault_of(good) == ""


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ("  ", "leave it out"),
        (".price@", "one attribute"),
        (".price@a b", "one attribute"),
        (".price@a@b", "one attribute"),
        (".price[", "does not close"),
        (".price:not(.old", "does not close"),
        (".price)", "does not close"),
        ("[a)]", "does not close"),
        ("[a='b]", "no CSS selector"),
        (".a { color: red }", "no CSS selector"),
        ("<div>", "no CSS selector"),
        (".a,", "begins or ends"),
        ("> .a", "begins or ends"),
        (".a, , .b", "begins or ends"),
    ],
)
def test_one_that_cannot_is_told_with_the_way_out(wrong: str, told: str) -> None:
    assert told in fault_of(wrong)


@pytest.mark.parametrize("count", [26, 200])  # the first ends also where this fails
def test_backslashes_are_read_once(count: int) -> None:
    def judged_s(selector: str) -> float:
        return min(repeat(lambda: fault_of(selector), number=1, repeat=3))

    assert judged_s('"' + "\\" * count) <= 200 * judged_s('"' + "a" * count)
    assert fault_of('[a="' + r"\\" * 20 + r'\"]b"]') == ""


def test_a_selector_that_is_too_long_is_told_so() -> None:
    assert fault_of("a" * MAX_SELECTOR) == ""
    assert fault_of("a" * MAX_SELECTOR + "b") == "it has 301 characters; at most 300"


def test_all_bad_ones_of_a_document_are_told_by_name() -> None:
    with pytest.raises(BadDocument) as caught:
        read_documents(SHOP % "cart: selectors, selectors: {line: '.a[', sku: '@b c', name: .ok}")
    told = str(caught.value)
    assert "selectors.line is '.a['" in told and "selectors.sku is '@b c'" in told
    assert "selectors.name" not in told


def test_selectors_that_nobody_would_read_are_an_error() -> None:
    with pytest.raises(BadDocument, match=r"selectors are given but cart is 'shopware'; make it"):
        read_documents(SHOP % "cart: shopware, selectors: {line: .a}")


def test_an_unknown_selector_and_an_unknown_adapter_are_errors() -> None:
    with pytest.raises(BadDocument, match="lines"):
        read_documents(SHOP % "cart: selectors, selectors: {lines: .a}")
    with pytest.raises(BadDocument, match='cart is "jtl"'):
        read_documents(SHOP % "cart: jtl")
