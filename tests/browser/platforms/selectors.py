"""Two shops of nobody's make.

One renders every page on its server and takes posted forms; its cart is only on the cart page, elsewhere is a
count. The other has data-heimta-* attributes in its templates and changes its cart in place.
"""

from __future__ import annotations

from typing import ClassVar

from tests.browser.platform_shop import SECRETS, Ask, Cart, Json, Platform, Reply, Shopper, html
from tests.browser.snippet_shop import CONFIG

CENTS = {"hut-m": 123_450, "socke": 435}


def written(minor: int) -> str:
    """1.234,50 €, as German shops write it, with the blank that does not break."""
    whole, cents = divmod(minor, 100)
    return f"{whole:,}".replace(",", ".") + f",{cents:02}\u00a0€"


class FormPosts(Platform):
    adapter = "selectors"
    config: ClassVar[Json] = {
        "urls": {**CONFIG["urls"], "cart": "/warenkorb", "checkout": "/kasse"}, "checkout": "^/kasse",
        "selectors": {
            "line": ".position", "sku": "@data-nr", "name": ".titel", "qty": "input[name=menge]@value",
            "price": ".preis", "total": "#summe", "code": ".gutschein", "count": "header .anzahl",
            "empty": ".leer", "url": "a@href", "order": ".bestellnummer",
            "product": ".artikel", "product_sku": "@data-nr", "product_name": "h1", "product_price": ".preis",
        },
    }  # fmt: skip

    def __init__(self) -> None:
        self.lines: dict[str, int] = {}
        self.code = ""

    def truth(self) -> Cart:
        lines = {sku: (qty, CENTS[sku]) for sku, qty in self.lines.items()}
        total = sum(qty * unit for qty, unit in lines.values())
        return Cart("EUR", 2, total - (1000 if self.code else 0), lines, self.code)

    def reply(self, ask: Ask) -> Reply:
        if ask.method == "POST":
            if "code" in ask.body:
                self.code = ask.body["code"]
            else:
                self.lines[ask.body["nr"]] = int(ask.body["menge"])
                self.lines = {nr: menge for nr, menge in self.lines.items() if menge}
            return Reply("", to=ask.body.get("weiter", "/warenkorb"))
        count = sum(self.lines.values())
        pages = {"/warenkorb": self.cart, "/hut": self.product, "/danke": self.thanks}
        return html(
            f'<header>Konto von {SECRETS[0]} <a href="/warenkorb"><b class="anzahl">{count} Artikel</b></a>'
            f"</header>{pages.get(ask.path, str)()}"
        )

    def thanks(self) -> str:
        return '<p>Ihre Bestellung <b class="bestellnummer">Nr. B-1001</b> vom 22.11.2026</p>'

    def product(self) -> str:
        return (
            '<div class="artikel" data-nr="hut-m"><h1>Hut</h1><s>1.500,00 €</s> '
            f'<b class="preis">{written(CENTS["hut-m"])}</b> <form method="post">'
            '<input name="nr" value="hut-m"><input name="menge" value="2">'
            '<input type="hidden" name="weiter" value="/hut"></form></div>'
        )

    def cart(self) -> str:
        if not self.lines:
            return '<p class="leer">Ihr Warenkorb ist leer.</p>'
        rows = "".join(
            f'<form method="post" class="position" data-nr="{nr}">'
            f'<a class="titel" href="/{nr}">{nr.title()}</a>'
            f'<input type="hidden" name="nr" value="{nr}"><input name="menge" value="{menge}">'
            f'<span class="preis">{written(CENTS[nr])}</span> <i>{written(menge * CENTS[nr])}</i></form>'
            for nr, menge in self.lines.items()
        )
        code = f'<b class="gutschein">{self.code}</b>' if self.code else ""
        address = f"<address>{SECRETS[0]}, {SECRETS[1]}</address>"
        return (
            f'{rows}{code}{address}<b id="summe">{written(self.truth().total_minor)} inkl. 19 % MwSt.</b>'
            '<p class="leer" style="display: none">Ihr Warenkorb ist leer.</p>'
        )

    def buy(self, shopper: Shopper) -> None:
        asked = lambda: len([a for a in shopper.shop.asked if a.path == "/warenkorb"])  # noqa: E731
        shopper.open("/hut")
        shopper.sees_the_product("hut-m", 123_450, "EUR")
        assert asked() == 0  # an empty cart is told by its count
        # The form leads back to the page it came from: only the count has changed there.
        shopper.submit("document.forms[0].submit()")
        shopper.sees_the_product("hut-m", 123_450, "EUR")
        shopper.sees_the_truth()
        assert asked() == 1
        shopper.open("/")
        assert asked() == 1  # the count is as it is known
        self.lines["socke"] = 1  # in another tab
        shopper.open("/warenkorb")
        shopper.sees_the_truth()
        # What is typed counts when the form is sent.
        typed = "Object.assign(document.forms[0].menge, {value: 7})"
        shopper.do(f"{typed}.dispatchEvent(new Event('change', {{bubbles: true}}))")
        shopper.submit("document.forms[0].menge.value = 1; document.forms[0].submit()")
        shopper.sees_the_truth()
        self.code = "TEN"
        shopper.open("/warenkorb")
        shopper.sees_the_truth()
        self.code = ""
        shopper.submit("document.forms[1].menge.value = 0; document.forms[1].submit()")
        shopper.sees_the_truth()
        shopper.open("/kasse/adresse")
        shopper.starts_the_checkout()
        self.lines = {}
        for is_news in (True, False):
            shopper.open("/danke")
            shopper.has_ordered("B-1001", is_news=is_news)
        self.lines = {"socke": 3}
        shopper.open("/warenkorb")
        shopper.sees_the_truth()
        shopper.submit("document.forms[0].menge.value = 0; document.forms[0].submit()")
        shopper.sees_the_truth()


# A cart in a drawer that is drawn anew after each change; the price of one is only in the attribute.
DRAWER = """
let lines = JSON.parse(sessionStorage.lines || '{}')
const UNIT = {'hut-m': [6105, '6.105'], 'socke': [435, '0.435']}
const draw = () => {
  sessionStorage.lines = JSON.stringify(lines)
  document.querySelector('#drawer').innerHTML = Object.entries(lines).map(([sku, qty]) =>
    `<li data-heimta-line data-heimta-sku="${sku}" data-heimta-price="${UNIT[sku][1]}">` +
    `<a data-heimta-url="/${sku}"><span data-heimta-name>${sku}</span></a> ` +
    `<input data-heimta-qty value="${qty}"></li>`).join('') || '<p data-heimta-empty>Nothing yet</p>'
}
const put = async (sku, qty) => {
  await fetch('/api/put', {method: 'POST', body: new URLSearchParams({sku, qty})})
  setTimeout(() => { lines[sku] = qty; if (!qty) delete lines[sku]; draw() }, 700)  // a slow template
}
addEventListener('DOMContentLoaded', draw)
"""


class Attributes(Platform):
    adapter = "selectors"
    config: ClassVar[Json] = {"currency": "KWD", "exponent": 3}

    def __init__(self) -> None:
        self.lines: dict[str, int] = {}

    def truth(self) -> Cart:
        units = {"hut-m": 6105, "socke": 435}
        lines = {sku: (qty, units[sku]) for sku, qty in self.lines.items()}
        return Cart("KWD", 3, sum(qty * unit for qty, unit in lines.values()), lines)

    def reply(self, ask: Ask) -> Reply:
        if ask.method == "POST":
            self.lines[ask.body["sku"]] = int(ask.body["qty"])
            self.lines = {sku: qty for sku, qty in self.lines.items() if qty}
            return Reply.data({})
        done = "<p>Order <b data-heimta-order>77</b></p>" if ask.path == "/thanks" else ""
        if ask.path == "/hut":
            done = (
                '<main data-heimta-product data-heimta-sku="hut-m" data-heimta-price="6.105">'
                "<h1 data-heimta-name>Hut</h1></main>"
            )
        return html(f'<ul id="drawer" data-heimta-cart></ul>{done}', head=f"<script>{DRAWER}</script>")

    def buy(self, shopper: Shopper) -> None:
        shopper.open("/hut")
        shopper.sees_the_product("hut-m", 6105, "KWD")
        shopper.do("put('hut-m', 2)")
        shopper.sees_the_truth()
        shopper.do("put('socke', 3)")
        shopper.sees_the_truth()
        shopper.do("put('hut-m', 0)")
        shopper.sees_the_truth()
        shopper.do("put('socke', 0)")
        shopper.sees_the_truth()
        shopper.do("put('socke', 1)")
        shopper.sees_the_truth()
        shopper.do("sessionStorage.lines = '{}'")
        shopper.open("/thanks")
        shopper.has_ordered("77")
