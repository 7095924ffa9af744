"""A survey: what it says in German, English and Icelandic."""

from __future__ import annotations

from heimta.rules.texts.words import Texts

DEFAULTS: dict[str, Texts] = {
    "thanks": {
        "en": "Thank you, that helps us.",
        "de": "Danke, das hilft uns weiter.",
        "is": "Takk, þetta hjálpar okkur.",
    },
}
LABELS: dict[str, Texts] = {
    "close": {"en": "Close", "de": "Schließen", "is": "Loka"},
    "next": {"en": "Next", "de": "Weiter", "is": "Áfram"},
    "send": {"en": "Send", "de": "Absenden", "is": "Senda"},
    "skip": {"en": "Skip", "de": "Überspringen", "is": "Sleppa"},
}
