"""A survey: what it says in German, English and Icelandic."""

from __future__ import annotations

from heimta.rules.texts.words import Texts

DEFAULTS: dict[str, Texts] = {
    "thanks": {
        "en": "Thank you, that helps us.",
        "de": "Danke, das hilft uns weiter.",
        "is": "Takk, þetta hjálpar okkur.",
    },
    "other": {"en": "Something else", "de": "Etwas anderes", "is": "Eitthvað annað"},
    "unlikely": {
        "en": "Not at all likely",
        "de": "Ganz unwahrscheinlich",
        "is": "Mjög ólíklegt",
    },
    "likely": {"en": "Very likely", "de": "Sehr wahrscheinlich", "is": "Mjög líklegt"},
}
LABELS: dict[str, Texts] = {
    "close": {"en": "Close", "de": "Schließen", "is": "Loka"},
    "next": {"en": "Next", "de": "Weiter", "is": "Áfram"},
    "send": {"en": "Send", "de": "Absenden", "is": "Senda"},
    "skip": {"en": "Skip", "de": "Überspringen", "is": "Sleppa"},
    "back": {"en": "Back", "de": "Zurück", "is": "Til baka"},
    "of": {"en": "{n} of {of}", "de": "{n} von {of}", "is": "{n} af {of}"},
    "private": {
        "en": "Please no names, addresses or order details.",
        "de": "Bitte keine Namen, Adressen oder Bestelldaten.",
        "is": "Vinsamlegast engin nöfn, heimilisföng eða pantanaupplýsingar.",
    },
}

# What the page behind a link in a mail says, besides the labels (edge/survey_page.py).
PAGE: dict[str, Texts] = {
    "choose": {
        "en": "Please choose an answer first.",
        "de": "Bitte erst eine Antwort wählen.",
        "is": "Veldu fyrst svar.",
    },
    "already": {
        "en": "This was answered already. Thank you.",
        "de": "Das ist schon beantwortet. Vielen Dank.",
        "is": "Þessu hefur þegar verið svarað. Takk fyrir.",
    },
    "gone": {
        "en": "This survey is over",
        "de": "Diese Umfrage ist vorbei",
        "is": "Þessari könnun er lokið",
    },
    "gone_about": {
        "en": "Answers are taken for 30 days after the mail.",
        "de": "Antworten sind bis 30 Tage nach der Mail möglich.",
        "is": "Hægt er að svara í 30 daga eftir að pósturinn berst.",
    },
}
