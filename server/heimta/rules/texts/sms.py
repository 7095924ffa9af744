"""What an SMS and a Messenger card say besides the merchant's words: how to make it end. And what is answered
to whom asks for help.

Short: every letter is paid for. `STOP` itself is in rules/stop_words.py in every language that we hear.
"""

from __future__ import annotations

from heimta.rules.texts.words import Texts

DEFAULTS: dict[str, Texts] = {}
LABELS: dict[str, Texts] = {
    # At the end of an SMS whose sender can be answered.
    "stop": {"en": "Reply STOP to end", "de": "Ende mit STOP", "is": "Svara STOPP: hætta"},
    # Before the link to the preference centre, where the sender cannot be answered.
    "stop_at": {"en": "End:", "de": "Beenden:", "is": "Hætta:"},
    # The button beneath a Messenger card: at most 20 characters.
    "end": {"en": "Stop messages", "de": "Abbestellen", "is": "Hætta að fá boð"},
    "ended": {
        "en": "{shop}: done, no more messages. START brings them back.",
        "de": "{shop}: erledigt, keine Nachrichten mehr. START holt sie zurück.",
        "is": "{shop}: búið, engin fleiri skilaboð. START kveikir aftur.",
    },
    "begun": {
        "en": "{shop}: messages are on again. STOP ends them.",
        "de": "{shop}: Nachrichten sind wieder an. STOP beendet sie.",
        "is": "{shop}: skilaboð eru aftur á. STOPP til að hætta.",
    },
    "help": {
        "en": "{shop}: messages about your cart and orders. STOP ends them. {url}",
        "de": "{shop}: Nachrichten zu Warenkorb und Bestellungen. STOP beendet sie. {url}",
        "is": "{shop}: skilaboð um körfu og pantanir. STOPP til að hætta. {url}",
    },
}
