"""What a restore link says that brings nothing back, and any link while the store is away
(edge/restore_page.py).
"""

from __future__ import annotations

from heimta.rules.texts.words import Texts

PAGE: dict[str, Texts] = {
    "expired": {
        "en": "This link has expired",
        "de": "Dieser Link ist abgelaufen",
        "is": "Þessi hlekkur er útrunninn",
    },
    "expired_about": {
        "en": "It was good for 7 days. In the browser that you filled it in, your cart may still be there.",
        "de": "Er galt 7 Tage. Im Browser, in dem du den Warenkorb gefüllt hast, ist er vielleicht noch da.",
        "is": "Hann gilti í 7 daga. Karfan gæti enn verið í vafranum sem þú fylltir hana í.",
    },
    "broken": {
        "en": "This link does not work",
        "de": "Dieser Link funktioniert nicht",
        "is": "Þessi hlekkur virkar ekki",
    },
    "broken_about": {
        "en": "It may have been cut off when it was copied.",
        "de": "Vielleicht wurde er beim Kopieren abgeschnitten.",
        "is": "Ef til vill vantaði hluta af honum þegar hann var afritaður.",
    },
    "later": {"en": "One moment, please", "de": "Einen Moment, bitte", "is": "Augnablik"},
    "later_about": {
        "en": "This cannot be opened just now. Please try the link again in a minute.",
        "de": "Das lässt sich gerade nicht öffnen. Versuch den Link bitte in einer Minute noch einmal.",
        "is": "Ekki er hægt að opna þetta núna. Prófaðu hlekkinn aftur eftir mínútu.",
    },
    "to_cart": {"en": "To the cart", "de": "Zum Warenkorb", "is": "Í körfuna"},
}
