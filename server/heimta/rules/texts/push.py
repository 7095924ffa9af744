"""The push question: what it says in German, English and Icelandic.

What is promised here has to be true whatever a shop's journeys write about. `Add to Home Screen` is as iOS
has it in each language; it speaks no Icelandic.
"""

from __future__ import annotations

from heimta.rules.texts.words import Texts

DEFAULTS: dict[str, Texts] = {
    "title": {
        "en": "Shall we keep your cart in mind?",
        "de": "Sollen wir an den Warenkorb erinnern?",
        "is": "Eigum við að minna á körfuna?",
    },
    "body": {
        "en": "A short message if something is left in it. It can be changed or stopped at any time.",
        "de": "Eine kurze Mitteilung, falls etwas darin liegen bleibt. Jederzeit zu ändern oder zu beenden.",
        "is": "Stutt skilaboð ef eitthvað verður eftir í henni. Þessu má breyta eða hætta hvenær sem er.",
    },
    "yes": {"en": "Yes, remind me", "de": "Ja, erinnern", "is": "Já, minnið mig á"},
    "no": {"en": "No thanks", "de": "Nein danke", "is": "Nei, takk"},
}
LABELS: dict[str, Texts] = {
    "done": {
        "en": "Done. This can be changed or stopped at any time.",
        "de": "Erledigt. Das lässt sich jederzeit ändern oder beenden.",
        "is": "Komið. Þessu má breyta eða hætta hvenær sem er.",
    },
    "blocked": {
        "en": "Notifications are not allowed. They can be allowed in the browser's settings for this site.",
        "de": "Mitteilungen sind nicht erlaubt. In den Browser-Einstellungen für diese Seite "
        "lassen sie sich erlauben.",
        "is": "Tilkynningar eru ekki leyfðar. Leyfa má þær í stillingum vafrans fyrir þessa síðu.",
    },
    "failed": {
        "en": "That did not work just now. Please try again later.",
        "de": "Das hat gerade nicht geklappt. Bitte später noch einmal versuchen.",
        "is": "Þetta tókst ekki núna. Reyndu aftur síðar.",
    },
    "home": {
        "en": "On this device it takes one step more: the shop on the Home Screen.",
        "de": "Auf diesem Gerät braucht es einen Schritt mehr: den Shop auf dem Home-Bildschirm.",
        "is": "Í þessu tæki þarf eitt skref enn: verslunina á heimaskjáinn.",
    },
    "share": {
        "en": "Tap {icon} Share, on newer devices behind “…”",
        "de": "{icon} Teilen antippen, auf neueren Geräten hinter „…“",
        "is": "Snertu {icon} Share, á nýrri tækjum undir „…“",
    },
    "add": {
        "en": "Choose “Add to Home Screen”",
        "de": "„Zum Home-Bildschirm“ wählen",
        "is": "Veldu „Add to Home Screen“",
    },
    "open": {
        "en": "Open the shop from there",
        "de": "Den Shop von dort öffnen",
        "is": "Opnaðu verslunina þaðan",
    },
    "got": {"en": "Got it", "de": "Verstanden", "is": "Skil"},
}
