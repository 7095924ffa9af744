"""The preference centre, in the shop and behind the link in each message. And how its words are known by.

VERSION goes with every proof (`preferences-2.de`): raise it whenever a sentence changes its meaning. A shop's
own words go before these (rules/preference_words.py).
"""

from __future__ import annotations

from heimta.model.channel import Channel
from heimta.rules.texts.words import Texts

VERSION = "preferences-2"

# The button of a notification: short, since platforms cut it off.
ACTION: Texts = {"en": "Settings or stop", "de": "Ändern oder beenden", "is": "Breyta eða hætta"}

# Topic -> what it is called, and what it means.
TOPICS: dict[str, tuple[Texts, Texts]] = {
    "cart": (
        {"en": "Cart reminders", "de": "Warenkorb-Erinnerungen", "is": "Áminningar um körfuna"},
        {
            "en": "When something was left in the cart",
            "de": "Wenn etwas im Warenkorb geblieben ist",
            "is": "Þegar eitthvað varð eftir í körfunni",
        },
    ),
    "offers": (
        {"en": "Offers", "de": "Angebote", "is": "Tilboð"},
        {
            "en": "Discounts and other advantages",
            "de": "Rabatte und andere Vorteile",
            "is": "Afslættir og önnur kjör",
        },
    ),
    "stock": (
        {"en": "Back in stock, new price", "de": "Wieder da, neuer Preis", "is": "Aftur til, nýtt verð"},
        {
            "en": "About products that were looked at",
            "de": "Zu Produkten, die angesehen wurden",
            "is": "Um vörur sem voru skoðaðar",
        },
    ),
    "news": (
        {"en": "News", "de": "Neuigkeiten", "is": "Fréttir"},
        {
            "en": "New products and what is going on in the shop",
            "de": "Neue Produkte und was im Shop los ist",
            "is": "Nýjar vörur og hvað er um að vera í versluninni",
        },
    ),
}

# Channel -> what it is called. Asked is where there is more than one.
CHANNELS: dict[Channel, Texts] = {
    "push": {"en": "In this browser", "de": "In diesem Browser", "is": "Í þessum vafra"},
    "email": {"en": "By e-mail", "de": "Per E-Mail", "is": "Með tölvupósti"},
    "sms": {"en": "By SMS", "de": "Per SMS", "is": "Með SMS"},
    "messenger": {"en": "In Messenger", "de": "Im Messenger", "is": "Í Messenger"},
}

WORDS: dict[str, Texts] = {
    "title": {"en": "Notifications", "de": "Mitteilungen", "is": "Tilkynningar"},
    "about": {
        "en": "For the browser that received the notification.",
        "de": "Für den Browser, in dem die Mitteilung ankam.",
        "is": "Fyrir vafrann sem fékk tilkynninguna.",
    },
    "about_all": {
        "en": "For all messages of this shop.",
        "de": "Für alle Mitteilungen dieses Shops.",
        "is": "Fyrir öll skilaboð þessarar verslunar.",
    },
    "by": {"en": "Where?", "de": "Wo?", "is": "Hvar?"},
    "what": {"en": "What about?", "de": "Worüber?", "is": "Um hvað?"},
    "often": {"en": "How often?", "de": "Wie oft?", "is": "Hversu oft?"},
    "normal": {
        "en": "Whenever there is a reason",
        "de": "Wann immer es einen Anlass gibt",
        "is": "Þegar tilefni er til",
    },
    "less": {
        "en": "Less: once a week at most",
        "de": "Weniger: höchstens einmal pro Woche",
        "is": "Sjaldnar: í mesta lagi einu sinni í viku",
    },
    "pause": {"en": "Pause for 30 days", "de": "30 Tage Pause", "is": "Hlé í 30 daga"},
    "paused": {"en": "Paused until {date}", "de": "Pause bis {date}", "is": "Hlé til {date}"},
    "save": {"en": "Save", "de": "Speichern", "is": "Vista"},
    "stop": {"en": "Stop all", "de": "Alles beenden", "is": "Hætta alveg"},
    "stop_about": {
        "en": "Takes effect at once, for what is already planned too.",
        "de": "Gilt sofort, auch für schon Geplantes.",
        "is": "Tekur gildi strax, líka fyrir það sem þegar er á dagskrá.",
    },
    "saved": {"en": "Saved.", "de": "Gespeichert.", "is": "Vistað."},
    "off": {
        "en": "Notifications are off. Nothing more will be sent to this browser.",
        "de": "Die Mitteilungen sind aus. An diesen Browser wird nichts mehr gesendet.",
        "is": "Slökkt er á tilkynningum. Ekkert verður sent í þennan vafra.",
    },
    "off_all": {
        "en": "Notifications are off. Nothing more will be sent.",
        "de": "Die Mitteilungen sind aus. Es wird nichts mehr gesendet.",
        "is": "Slökkt er á tilkynningum. Ekkert verður sent.",
    },
    "off_about": {
        "en": "They can be allowed again in the shop at any time.",
        "de": "Im Shop lassen sie sich jederzeit wieder erlauben.",
        "is": "Hægt er að leyfa þær aftur í versluninni hvenær sem er.",
    },
    "off_elsewhere": {
        "en": "Other devices where this address was given may still get some.",
        "de": "Andere Geräte, auf denen diese Adresse angegeben wurde, bekommen vielleicht noch welche.",
        "is": "Önnur tæki þar sem þetta netfang var gefið upp gætu enn fengið þær.",
    },
    "on": {"en": "Turn on", "de": "Einschalten", "is": "Kveikja"},
    "on_here": {
        "en": "Turn on in this browser too",
        "de": "Auch in diesem Browser einschalten",
        "is": "Kveikja líka í þessum vafra",
    },
    "back": {"en": "Back to {shop}", "de": "Zu {shop}", "is": "Til {shop}"},
    "close": {"en": "Close", "de": "Schließen", "is": "Loka"},
    "failed": {
        "en": "That did not work just now. Please try again.",
        "de": "Das hat gerade nicht geklappt. Bitte noch einmal versuchen.",
        "is": "Þetta tókst ekki núna. Vinsamlegast reyndu aftur.",
    },
    "broken": {
        "en": "This link does not work. It may have been cut off when it was copied.",
        "de": "Dieser Link funktioniert nicht. Vielleicht wurde er beim Kopieren abgeschnitten.",
        "is": "Þessi tengill virkar ekki. Hann kann að hafa skorist af við afritun.",
    },
}
LANGUAGES = frozenset(WORDS["title"])

# All of it by one name each, as ShopDoc.words has it behind `preferences.`: `title`, `topic.cart`,
# `topic.cart_about`, `channel.push`, `action`.
KEY = "preferences."
ALL: dict[str, Texts] = WORDS | {"action": ACTION}
ALL |= {f"channel.{channel}": texts for channel, texts in CHANNELS.items()}
for _topic, (_name, _about) in TOPICS.items():
    ALL |= {f"topic.{_topic}": _name, f"topic.{_topic}_about": _about}
