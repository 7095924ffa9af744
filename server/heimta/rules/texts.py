"""Default texts of the widgets in German, English and Icelandic. A merchant's own text goes before ours."""

from __future__ import annotations

Texts = dict[str, str]

# What a content may leave out: widget -> field -> language -> text.
DEFAULTS: dict[str, dict[str, Texts]] = {
    "popup": {
        "accept": {"en": "Yes, please", "de": "Ja, gern", "is": "Já, takk"},
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
    "popup": {},
    "survey": {},
    "checkout": {},
    "push": {},
}
