"""Default texts of the widgets in German, English and Icelandic. A merchant's own text goes before ours."""

from __future__ import annotations

Texts = dict[str, str]

# A popup without an offer reminds: its one button leads to the checkout.
CHECKOUT: Texts = {"en": "Go to checkout", "de": "Zur Kasse", "is": "Ganga frá kaupum"}

# What a content may leave out: widget -> field -> language -> text.
DEFAULTS: dict[str, dict[str, Texts]] = {
    "popup": {
        "accept": {"en": "Yes, please", "de": "Ja, gern", "is": "Já, takk"},
        "go": CHECKOUT,
        "decline": {"en": "No thanks", "de": "Nein danke", "is": "Nei, takk"},
    },
    "survey": {
        "thanks": {
            "en": "Thank you, that helps us.",
            "de": "Danke, das hilft uns weiter.",
            "is": "Takk, þetta hjálpar okkur.",
        },
    },
    "push": {
        "yes": {"en": "Yes, remind me", "de": "Ja, erinnern", "is": "Já, minnið mig á"},
        "no": {"en": "No thanks", "de": "Nein danke", "is": "Nei, takk"},
    },
}

# What a widget says by itself: widget -> label -> language -> text.
LABELS: dict[str, dict[str, Texts]] = {
    "popup": {
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
    },
    "survey": {
        "close": {"en": "Close", "de": "Schließen", "is": "Loka"},
        "next": {"en": "Next", "de": "Weiter", "is": "Áfram"},
        "send": {"en": "Send", "de": "Absenden", "is": "Senda"},
        "skip": {"en": "Skip", "de": "Überspringen", "is": "Sleppa"},
    },
    "checkout": {
        "missing": {
            "en": "{money} to free shipping",
            "de": "Noch {money} bis zum kostenlosen Versand",
            "is": "Vantar {money} upp á fría heimsendingu",
        },
        "reached": {
            "en": "Free shipping is yours",
            "de": "Der Versand ist kostenlos",
            "is": "Heimsendingin er frí",
        },
    },
    "push": {
        "done": {
            "en": "Done. We will only write about your cart.",
            "de": "Erledigt. Es geht immer nur um den Warenkorb.",
            "is": "Komið. Við sendum aðeins skilaboð um körfuna þína.",
        },
        "blocked": {
            "en": "Notifications are blocked. They can be allowed in the browser's settings for this site.",
            "de": "Mitteilungen sind blockiert. In den Browser-Einstellungen für diese Seite "
            "lassen sie sich erlauben.",
            "is": "Lokað er fyrir tilkynningar. Leyfa má þær í stillingum vafrans fyrir þessa síðu.",
        },
        "failed": {
            "en": "That did not work just now. Please try again later.",
            "de": "Das hat gerade nicht geklappt. Bitte später noch einmal versuchen.",
            "is": "Þetta tókst ekki núna. Reyndu aftur síðar.",
        },
    },
}
