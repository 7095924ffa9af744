"""The help at the checkout: what it says in German, English and Icelandic.

{field} is the field's label as the shop has it, so no text needs its gender.
"""

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
    # What is wrong with a field: its name, the fault, the next step.
    "field": {"en": "This field", "de": "Dieses Feld", "is": "Þessi reitur"},
    "lacks_email": {
        "en": "{field} is empty. Fill it in so that the confirmation can reach you.",
        "de": "{field}: noch leer. Bitte ausfüllen, damit die Bestätigung ankommt.",
        "is": "{field}: autt. Fylltu út svo staðfestingin berist þér.",
    },
    "lacks_phone": {
        "en": "{field} is empty. Fill it in for questions about the delivery.",
        "de": "{field}: noch leer. Bitte ausfüllen, für Rückfragen zur Lieferung.",
        "is": "{field}: autt. Fylltu út vegna spurninga um afhendingu.",
    },
    "lacks_name": {
        "en": "{field} is empty. Fill it in as it stands on the doorbell.",
        "de": "{field}: noch leer. Bitte ausfüllen, so wie es an der Klingel steht.",
        "is": "{field}: autt. Fylltu út eins og stendur við dyrabjölluna.",
    },
    "lacks_street": {
        "en": "{field} is empty. Fill in the street with its number.",
        "de": "{field}: noch leer. Bitte Straße mit Hausnummer eintragen.",
        "is": "{field}: autt. Skrifaðu götu og húsnúmer.",
    },
    "lacks_zip": {
        "en": "{field} is empty. Please fill it in.",
        "de": "{field}: noch leer. Bitte eintragen.",
        "is": "{field}: autt. Sláðu það inn.",
    },
    "lacks_city": {
        "en": "{field} is empty. Please fill it in.",
        "de": "{field}: noch leer. Bitte eintragen.",
        "is": "{field}: autt. Skrifaðu staðinn.",
    },
    "lacks_country": {
        "en": "{field} is not chosen. Pick one from the list.",
        "de": "{field}: noch nicht gewählt. Bitte aus der Liste wählen.",
        "is": "{field}: ekkert valið. Veldu úr listanum.",
    },
    "lacks_other": {
        "en": "{field} is empty. Fill it in to go on.",
        "de": "{field}: noch leer. Bitte ausfüllen, dann geht es weiter.",
        "is": "{field}: autt. Fylltu út til að halda áfram.",
    },
    "wrong_email": {
        "en": "{field} is not complete. An address looks like this: name@example.com",
        "de": "{field}: nicht vollständig. Eine Adresse sieht so aus: name@beispiel.de",
        "is": "{field}: ekki heilt. Netfang lítur svona út: nafn@daemi.is",
    },
    "wrong_phone": {
        "en": "{field} is not a number yet. Use digits, for example +49 30 123456",
        "de": "{field}: noch keine Nummer. Bitte Ziffern eingeben, zum Beispiel +49 30 123456",
        "is": "{field}: ekki enn númer. Sláðu inn tölustafi, til dæmis +354 555 1234",
    },
    "wrong_zip": {
        "en": "{field} does not fit. Check its digits and the country. {why}",
        "de": "{field}: passt nicht. Bitte die Ziffern und das Land prüfen. {why}",
        "is": "{field}: passar ekki. Athugaðu tölustafina og landið. {why}",
    },
    "wrong_other": {
        "en": "{field} does not fit. Please check it once more. {why}",
        "de": "{field}: passt nicht. Bitte noch einmal prüfen. {why}",
        "is": "{field}: passar ekki. Athugaðu aftur. {why}",
    },
    "tick": {
        "en": "A tick is missing here. Set it to go on.",
        "de": "Hier fehlt ein Häkchen. Bitte setzen, dann geht es weiter.",
        "is": "Hér vantar hak. Hakaðu við til að halda áfram.",
    },
    "short": {
        "en": "{field} is too short. It takes at least {n} characters.",
        "de": "{field}: zu kurz. Es braucht mindestens {n} Zeichen.",
        "is": "{field}: of stutt. Þarf að minnsta kosti {n} stafi.",
    },
    "long": {
        "en": "{field} is too long. It takes at most {n} characters.",
        "de": "{field}: zu lang. Es sind höchstens {n} Zeichen möglich.",
        "is": "{field}: of langt. Mest {n} stafir.",
    },
    "said": {"en": "{field}: {why}", "de": "{field}: {why}", "is": "{field}: {why}"},
    # The box under the address.
    "remember": {
        "en": "Fill this in for me next time",
        "de": "Beim nächsten Mal ausfüllen",
        "is": "Fylla þetta út næst",
    },
    "remember_how": {
        "en": "Kept in this browser only, never sent to anyone. Untick it and it is deleted.",
        "de": "Bleibt nur in diesem Browser und wird nie verschickt. Häkchen weg, und es ist gelöscht.",
        "is": "Geymt aðeins í þessum vafra og aldrei sent. Taktu hakið af og því er eytt.",
    },
    "remembered": {
        "en": "Filled in from this browser. Please check that it is still right. Untick it to delete it.",
        "de": "Aus diesem Browser ausgefüllt. Bitte prüfen, ob noch alles stimmt. "
        "Häkchen weg, und es ist gelöscht.",
        "is": "Fyllt út úr þessum vafra. Athugaðu hvort allt er enn rétt. Taktu hakið af til að eyða því.",
    },
    "forgotten": {
        "en": "Deleted. Nothing is kept.",
        "de": "Gelöscht. Es bleibt nichts gespeichert.",
        "is": "Eytt. Ekkert er geymt.",
    },
    # The day it arrives.
    "arrives": {
        "en": "Arrives {date}",
        "de": "Lieferung {date}",
        "is": "Kemur {date}",
    },
    "within": {
        "en": "if ordered within {time}",
        "de": "bei Bestellung in den nächsten {time}",
        "is": "ef pantað er innan {time}",
    },
    "order": {"en": "Your order", "de": "Die Bestellung", "is": "Pöntunin"},
    "coupon": {"en": "Have a code?", "de": "Code einlösen?", "is": "Ertu með kóða?"},
}
