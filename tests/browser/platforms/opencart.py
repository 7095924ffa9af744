"""OpenCart 3 to 4.1: a cart in the header, as text; nothing that scripts could ask.

Shapes: common/cart.twig, product/product.twig and product/thumb.twig of 3.0, 4.0 and 4.1,
catalog/controller/startup/currency.php.
"""

from __future__ import annotations

from typing import ClassVar

from tests.browser.platform_shop import SECRETS, Ask, Cart, Json, Platform, Reply, Shopper, html

CENTS = {"40": 123_450, "43": 633}  # by product_id, in EUR
SCRIPTS = {
    3: """const add = async (id, qty) => {
      const body = new URLSearchParams({id, qty})
      await fetch('/index.php?route=checkout/cart/add', {method: 'POST', body})
      const part = new DOMParser().parseFromString(
        await (await fetch('/index.php?route=common/cart/info')).text(), 'text/html')
      document.querySelector('#cart > ul').replaceChildren(...part.querySelectorAll('ul > li'))
    }""",
    4: """const add = async (id, qty) => {
      const body = new URLSearchParams({id, qty})
      await fetch('/index.php?route=checkout/cart.add', {method: 'POST', body})
      document.querySelector('#header-cart').innerHTML =
        await (await fetch('/index.php?route=common/cart.info')).text()
    }""",
    41: """const add = async (id, qty) => {
      const body = new URLSearchParams({product_id: id, id, qty})
      await fetch('/index.php?route=checkout/cart.add&language=en-gb', {method: 'POST', body})
      document.querySelector('#cart').innerHTML =
        await (await fetch('/index.php?route=common/cart.info&language=en-gb')).text()
    }""",
}


class OpenCart3(Platform):
    adapter = "opencart"
    version = 3
    # What stands for the one option of 40: a number, since the page does not say whose words it is.
    skus: ClassVar[dict[str, str]] = {"40": "40-iqvvtd", "43": "43"}
    voucher = f"<tr><td></td><td>Gift for {SECRETS[0]}</td><td>x&nbsp;1</td><td>5,00€</td><td></td></tr>"
    notice = '<li><p class="text-center">Ihr Warenkorb ist leer!</p></li>'
    config: ClassVar[Json] = {"currency": "EUR"}

    def __init__(self) -> None:
        self.lines: dict[str, int] = {}
        self.currency = "EUR"
        self.tax = 0  # %: the lines are written with it, the sub-total without
        self.off = 0  # EUR cents of the goods, without tax
        self.shipping = 0

    def unit(self, product: str) -> int:
        return CENTS[product] if self.currency == "EUR" else CENTS[product] // 10

    def written(self, minor: int) -> str:
        if self.currency == "JPY":
            return f"¥{minor:,}"
        whole, cents = divmod(abs(minor), 100)
        return "-" * (minor < 0) + f"{whole:,}".replace(",", ".") + f",{cents:02}€"

    def truth(self) -> Cart:
        lines = {self.skus[product]: (qty, self.unit(product)) for product, qty in self.lines.items()}
        paid = None if self.shipping else self.rows()[-1][1]  # shipping cannot be told from taxes
        total = paid if self.off else self.goods()
        return Cart(
            self.currency, 2 if self.currency == "EUR" else 0, total, lines, "1111" if self.off else ""
        )

    def goods(self) -> int:
        return sum(qty * self.unit(product) for product, qty in self.lines.items())

    def rows(self) -> list[tuple[str, int]]:
        """Titles in the shop's language; a coupon's has its code in brackets, where OpenCart itself looks."""
        net = self.goods() * 100 // (100 + self.tax)
        tax = (net - self.off) * self.tax // 100
        rows = [("Zwischensumme", net)]
        rows += [("Gutschein (1111)", -self.off)] if self.off else []
        rows += [("MwSt.", tax)] if self.tax else []
        rows += [("Versand", self.shipping)] if self.shipping else []
        return [*rows, ("Summe", sum(minor for _, minor in rows))]

    def totals(self) -> str:
        return "".join(
            f"<tr><td><strong>{title}</strong></td><td>{self.written(minor)}</td></tr>"
            for title, minor in self.rows()
        )

    def link(self, product: str) -> str:
        return f"http://localhost/index.php?route=product/product&amp;product_id={product}"

    def below(self, product: str) -> str:
        """What stands below a line's name: its options."""
        return f"<br>- <small>Gravur {SECRETS[0]}</small>" if product == "40" else ""

    def header(self) -> str:
        rows = "".join(
            f'<tr><td class="text-center"><a href="{self.link(p)}"><img src="/image/cache/{p}.jpg"></a></td>'
            f'<td><a href="{self.link(p)}">Kamera</a>{self.below(p)}</td>'
            f"<td>x {qty}</td><td>{self.written(qty * self.unit(p))}</td>"
            f"<td><button onclick=\"cart.remove('{p}')\">x</button></td></tr>"
            for p, qty in self.lines.items()
        )
        total = self.written(self.goods())
        full = (
            f'<li><table class="table table-striped">{rows}{self.voucher}</table></li>'
            f'<li><div><table class="table table-bordered">{self.totals()}</table>'
            '<p class="text-end"><a href="/index.php?route=checkout/cart">Warenkorb</a></p></div></li>'
        )
        inner = full if self.lines else self.notice
        items = f'<button><span id="cart-total">{sum(self.lines.values())} Artikel - {total}</span></button>'
        menu = f'{items}<ul class="dropdown-menu" style="display: none">{inner}</ul>'
        return f'<div id="cart">{menu}</div>' if self.version == 3 else f'<div class="dropdown">{menu}</div>'

    def placed(self) -> str:
        return self.header()

    def thumb(self) -> str:
        """A product of a list: of the home page, a category, "related products"."""
        return "<div class='product-thumb'><button onclick=\"cart.add('43', '1')\">Kaufen</button></div>"

    def reply(self, ask: Ask) -> Reply:
        route = ask.query.get("route", "common/home").replace(".", "/")
        if route == "checkout/cart/add":
            if ask.body["id"] in CENTS:
                self.lines[ask.body["id"]] = self.lines.get(ask.body["id"], 0) + int(ask.body["qty"])
            return Reply.data({"success": "…"} if ask.body["id"] in CENTS else {"error": {}})
        if route == "common/cart/info":
            return Reply(self.header())
        header = self.placed()
        body = f"{header}<div id='content'><h1>Shop</h1>{self.thumb()}</div>"
        if route == "product/product":
            price = self.written(self.unit("40"))
            old = "<li><span style='text-decoration: line-through'>9.999,00€</span></li>"
            new = price if self.version == 3 else f"<span class='price-new'>{price}</span>"
            body = (
                f"{header}<div id='content'><h1>Kamera</h1>"
                f"<ul class='list-unstyled'>{old}<li><h2>{new}</h2></li></ul>"
                "<div id='product'><input type='hidden' name='product_id' value='40'></div>"
                f"{self.thumb()}</div>"
            )
        reply = html(body, head=f"<script>{SCRIPTS[self.version]}</script>")
        return Reply(reply.body, cookies={"currency": self.currency})

    def buy(self, shopper: Shopper) -> None:
        at = "/index.php?route=product/product&product_id=40"
        shopper.open(at)
        shopper.sees_the_product("40", 123_450, "EUR")
        shopper.do("add('40', 2)")
        shopper.sees_the_truth()
        shopper.do("add('99', 1)")  # an option is missing
        shopper.do("add('43', 3)")
        shopper.sees_the_truth()
        self.tax, self.off = 19, 10_000
        shopper.open("/index.php?route=common/home")
        shopper.sees_the_truth()
        self.shipping = 500
        shopper.open("/index.php?route=common/home")
        shopper.sees_the_truth()
        self.tax = self.shipping = 0
        shopper.open("/index.php?route=common/home")
        shopper.sees_the_truth()
        self.off, self.currency = 0, "JPY"
        shopper.open("/index.php?route=common/home")
        shopper.sees_the_truth()
        self.lines = {}  # emptied in another tab
        shopper.open("/index.php?route=common/home")
        shopper.sees_the_truth()
        shopper.do("add('43', 1)")
        shopper.sees_the_truth()
        cart = shopper.tab.evaluate("told.findLast(([t]) => t === 'cart_updated')[1].cart.id")
        shopper.open("/index.php?route=checkout/checkout")
        shopper.starts_the_checkout()
        shopper.sees_the_truth()  # before the order ends it
        self.lines = {}
        for is_news in (True, False):
            shopper.open("/index.php?route=checkout/success")
            shopper.has_ordered(cart, is_news=is_news)
        shopper.do("add('43', 1)")
        shopper.sees_the_truth()
        shopper.reload()  # another cart is known by now, and is not ordered
        shopper.sees_the_truth()
        shopper.open(at)
        shopper.sees_the_product("40", 12_345, "JPY")


class OpenCart4(OpenCart3):
    version = 4

    def placed(self) -> str:
        return f'<div id="header-cart">{self.header()}</div>'

    def thumb(self) -> str:
        return (
            "<form method='post' data-oc-toggle='ajax'><div class='product-thumb'>"
            "<span class='price-new'>6,33€</span></div>"
            "<input type='hidden' name='product_id' value='43'></form>"
        )


class OpenCart41(OpenCart4):
    """Below a line's name is a list that begins with its model; the empty cart's notice is no paragraph."""

    version = 41
    voucher = ""  # there are none any more
    notice = '<li class="text-center p-4">Ihr Warenkorb ist leer!</li>'
    skus: ClassVar[dict[str, str]] = {"40": "40-1iimpno", "43": "43"}

    def below(self, product: str) -> str:
        option = f"<li><small> - Gravur: {SECRETS[0]}</small></li>" if product == "40" else ""
        model = f"<li><small> - Modell: Product {product}</small></li>"
        return f'<ul class="list-unstyled mb-0">{model}{option}</ul>'

    def placed(self) -> str:
        return f'<div id="cart" class="col-md-4 col-lg-3 mb-2">{self.header()}</div>'
