"""Whether a merchant's CSS selectors can be ones: what a browser would refuse, found before it is saved.

Not a parser of CSS: brackets and quotes that do not close, ends that lead nowhere, an attribute that is no
name. What passes may still match nothing; the page alone can tell.
"""

from __future__ import annotations

import re

from heimta.model.documents import MAX_SELECTOR, Selectors, ShopDoc

_PAIRS = {")": "(", "]": "["}
_QUOTED = re.compile(r"""(["'])(?:\\.|(?!\1)[^\\\n])*\1""")  # each letter may be read in one way only
_ATTRIBUTE = re.compile(r"[A-Za-z_][\w:.-]*\Z")
_LOOSE = re.compile(r"^[,>+~]|[,>+~]\Z|,\s*,")


def selector_faults(shop: ShopDoc) -> list[str]:
    """One line for each that cannot be one; and for selectors that nobody would read."""
    if shop.selectors is None:
        return []
    faults = []
    if shop.cart != "selectors":
        faults.append(
            f"selectors are given but cart is {shop.cart!r}; make it `cart: selectors`, or leave them out"
        )
    for name in Selectors.__struct_fields__:
        value: str = getattr(shop.selectors, name)
        if value and (fault := fault_of(value)):
            faults.append(f"selectors.{name} is {value!r}: {fault}")
    return faults


def fault_of(selector: str) -> str:
    """What is wrong with `css` or `css@attribute`, and the way out; '' when nothing is."""
    if len(selector) > MAX_SELECTOR:
        return f"it has {len(selector)} characters; at most {MAX_SELECTOR}"
    bare = _QUOTED.sub("q", selector.strip())
    css, at, attribute = bare.partition("@")
    if not bare:
        return "it is blank; leave it out"
    if at and not _ATTRIBUTE.match(attribute):
        return "after the @ comes the name of one attribute, as in img@src"
    if re.search(r"""["'{}<]""", css):
        return "that is no CSS selector; an example is .cart-item .price"
    if _LOOSE.search(css.strip()):
        return "it begins or ends with nothing to select; an example is .cart-item > .price"
    return "" if _is_closed(css) else "a bracket does not close"


def _is_closed(css: str) -> bool:
    opened: list[str] = []
    for letter in css:
        if letter in "([":
            opened.append(letter)
        elif letter in _PAIRS and (not opened or opened.pop() != _PAIRS[letter]):
            return False
    return not opened
