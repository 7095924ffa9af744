"""The help at the checkout: what it says in German, English and Icelandic."""

from __future__ import annotations

from heimta.rules.texts.words import Texts

DEFAULTS: dict[str, Texts] = {}
LABELS: dict[str, Texts] = {
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
}
