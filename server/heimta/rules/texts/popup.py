"""A popup: what it says in German, English and Icelandic."""

from __future__ import annotations

from heimta.rules.texts.words import Texts

# A popup without an offer reminds: its one button leads to the checkout.
CHECKOUT: Texts = {"en": "Go to checkout", "de": "Zur Kasse", "is": "Ganga frá kaupum"}

DEFAULTS: dict[str, Texts] = {
    "accept": {"en": "Yes, please", "de": "Ja, gern", "is": "Já, takk"},
    "go": CHECKOUT,
    "spin": {"en": "Turn the wheel", "de": "Am Rad drehen", "is": "Snúa hjólinu"},
    "news": {"en": "Sign up", "de": "Anmelden", "is": "Skrá mig"},
    "cart": {"en": "Send me my cart", "de": "Warenkorb zusenden", "is": "Sendið mér körfuna"},
    "email": {"en": "E-mail address", "de": "E-Mail-Adresse", "is": "Netfang"},
    "phone": {"en": "Phone number", "de": "Telefonnummer", "is": "Símanúmer"},
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
    "thanks": {
        "en": "Thank you, your details are saved.",
        "de": "Danke, die Angaben sind gespeichert.",
        "is": "Takk, upplýsingarnar eru vistaðar.",
    },
    "over": {
        "en": "This code has expired",
        "de": "Dieser Code ist abgelaufen",
        "is": "Þessi kóði er útrunninn",
    },
    "agree": {
        "en": "Please tick the box above, so that we may write to you.",
        "de": "Bitte das Kästchen ankreuzen, damit wir schreiben dürfen.",
        "is": "Hakaðu í reitinn svo að við megum skrifa þér.",
    },
    "email": {
        "en": "Please enter an e-mail address such as name@example.com.",
        "de": "Bitte eine E-Mail-Adresse wie name@example.com eingeben.",
        "is": "Sláðu inn netfang, til dæmis nafn@example.com.",
    },
    "phone": {
        "en": "Please enter a phone number such as +49 170 1234567.",
        "de": "Bitte eine Telefonnummer wie +49 170 1234567 eingeben.",
        "is": "Sláðu inn símanúmer, til dæmis +354 555 1234.",
    },
    "odds": {"en": "Chance", "de": "Chance", "is": "Líkur"},
}

# What an offer is worth; {value}: the percent or the amount of money.
WORTH: dict[str, Texts] = {
    "percent": {"en": "{value} off", "de": "{value} Rabatt", "is": "{value} afsláttur"},
    "amount": {"en": "{value} off", "de": "{value} Rabatt", "is": "{value} afsláttur"},
    "free_shipping": {"en": "Free shipping", "de": "Kostenloser Versand", "is": "Frí heimsending"},
}

LEAST: Texts = {
    "en": "{worth} from {minimum}",
    "de": "{worth} ab {minimum}",
    "is": "{worth} frá {minimum}",
}

# Why there is no code, where trying again would change nothing; by the word of the claim's answer.
REFUSED: dict[str, Texts] = {
    "held": {
        "en": "There is a code already: it came with a message and is still good.",
        "de": "Es gibt schon einen Code: Er kam mit einer Nachricht und gilt noch.",
        "is": "Þú átt nú þegar kóða: hann kom með skilaboðum og er enn í gildi.",
    },
    "limit": {
        "en": "The code for this offer was handed out here before; there is no second one.",
        "de": "Der Code zu diesem Angebot wurde hier schon ausgegeben; einen weiteren gibt es nicht.",
        "is": "Kóðinn fyrir þetta tilboð var afhentur hér áður; fleiri eru ekki í boði.",
    },
    "spent": {
        "en": "All codes for this offer are gone.",
        "de": "Alle Codes zu diesem Angebot sind vergeben.",
        "is": "Allir kóðar fyrir þetta tilboð eru búnir.",
    },
    "redeemed": {
        "en": "The code for this offer was used already.",
        "de": "Der Code zu diesem Angebot wurde schon eingelöst.",
        "is": "Kóðinn fyrir þetta tilboð hefur þegar verið notaður.",
    },
    "expired": {
        "en": "The code for this offer was not used in time and has expired.",
        "de": "Der Code zu diesem Angebot wurde nicht rechtzeitig eingelöst und ist abgelaufen.",
        "is": "Kóðinn fyrir þetta tilboð var ekki notaður í tæka tíð og er útrunninn.",
    },
    "ordered": {
        "en": "This cart was ordered already.",
        "de": "Dieser Warenkorb ist schon bestellt.",
        "is": "Þessi karfa hefur þegar verið pöntuð.",
    },
    "no_offer": {
        "en": "This offer is over.",
        "de": "Dieses Angebot ist vorbei.",
        "is": "Þessu tilboði er lokið.",
    },
}
REFUSED["empty"] = REFUSED["spent"]  # for the shopper it is the same
