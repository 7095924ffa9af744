"""The push question: what it says in German, English and Icelandic."""

from __future__ import annotations

from heimta.rules.texts.words import Texts

DEFAULTS: dict[str, Texts] = {
    "yes": {"en": "Yes, remind me", "de": "Ja, erinnern", "is": "Já, minnið mig á"},
    "no": {"en": "No thanks", "de": "Nein danke", "is": "Nei, takk"},
}
LABELS: dict[str, Texts] = {
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
}
