"""A popup: what it says in German, English and Icelandic."""

from __future__ import annotations

from heimta.rules.texts.words import Texts

# A popup without an offer reminds: its one button leads to the checkout.
CHECKOUT: Texts = {"en": "Go to checkout", "de": "Zur Kasse", "is": "Ganga frá kaupum"}

DEFAULTS: dict[str, Texts] = {
    "accept": {"en": "Yes, please", "de": "Ja, gern", "is": "Já, takk"},
    "go": CHECKOUT,
    "decline": {"en": "No thanks", "de": "Nein danke", "is": "Nei, takk"},
}
LABELS: dict[str, Texts] = {
    "close": {"en": "Close", "de": "Schließen", "is": "Loka"},
    "total": {"en": "Total", "de": "Summe", "is": "Samtals"},
    "more": {"en": "and {n} more", "de": "und {n} weitere", "is": "og {n} til viðbótar"},
    "working": {"en": "One moment …", "de": "Einen Moment …", "is": "Augnablik …"},
    "failed": {
        "en": "That did not work just now. Your cart is safe: try again, or go on to the checkout.",
        "de": "Das hat gerade nicht geklappt. Der Warenkorb ist sicher: "
        "noch einmal versuchen oder weiter zur Kasse.",
        "is": "Þetta tókst ekki núna. Karfan er á sínum stað: reyndu aftur eða gakktu frá kaupum.",
    },
    "applied": {
        "en": "Your discount is in the cart",
        "de": "Der Rabatt ist im Warenkorb",
        "is": "Afslátturinn er kominn í körfuna",
    },
    "not_applied": {
        "en": "Enter this code at checkout",
        "de": "Diesen Code an der Kasse eingeben",
        "is": "Sláðu þennan kóða inn þegar þú greiðir",
    },
    "expires": {"en": "Valid until {time}", "de": "Gültig bis {time}", "is": "Gildir til {time}"},
    "copy": {"en": "Copy", "de": "Kopieren", "is": "Afrita"},
    "copied": {"en": "Copied", "de": "Kopiert", "is": "Afritað"},
    "checkout": CHECKOUT,
}
