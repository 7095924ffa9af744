"""What an e-mail says by itself, around the merchant's own words."""

from __future__ import annotations

from heimta.rules.texts.words import Texts

WORDS: dict[str, Texts] = {
    "to_cart": {"en": "Back to your cart", "de": "Zum Warenkorb", "is": "Aftur í körfuna"},
    "to_shop": {"en": "To the shop", "de": "Zum Shop", "is": "Í verslunina"},
    "to_parcel": {"en": "See where it is", "de": "Sendung verfolgen", "is": "Sjá hvar sendingin er"},
    "answer": {"en": "Answer", "de": "Antworten", "is": "Svara"},
    "total": {"en": "Total", "de": "Summe", "is": "Samtals"},
    "more": {"en": "and {count} more", "de": "und {count} weitere", "is": "og {count} í viðbót"},
    "order": {"en": "Order {order}", "de": "Bestellung {order}", "is": "Pöntun {order}"},
    "code": {"en": "Your code", "de": "Dein Code", "is": "Kóðinn þinn"},
    "until": {"en": "Good until {date}", "de": "Gültig bis {date}", "is": "Gildir til {date}"},
    "why": {
        "en": "You get this e-mail because you allowed {shop} to write to you.",
        "de": "Diese E-Mail kommt, weil du {shop} erlaubt hast, dir zu schreiben.",
        "is": "Þú færð þennan póst vegna þess að þú leyfðir {shop} að skrifa þér.",
    },
    "settings": {
        "en": "Choose what you get, or unsubscribe",
        "de": "Auswählen, was kommt, oder abbestellen",
        "is": "Velja hvað berst eða afskrá",
    },
    "service": {
        "en": "This is about something you ordered or asked for; it is no advertising.",
        "de": "Hier geht es um etwas, das du bestellt oder erbeten hast; es ist keine Werbung.",
        "is": "Þetta varðar eitthvað sem þú pantaðir eða baðst um; þetta er ekki auglýsing.",
    },
}
