"""What asks an address to confirm a yes to e-mail: the mail, and the page behind its link (edge/confirm.py).

No word of what there is to buy, and no code: who gets it has perhaps never heard of the shop. VERSION goes
with the proof (`confirm-1.de`): raise it whenever a sentence changes its meaning.
"""

from __future__ import annotations

from heimta.rules.texts.words import Texts

VERSION = "confirm-1"

MAIL: dict[str, Texts] = {
    "title": {
        "en": "Please confirm your e-mail address",
        "de": "Bitte bestätige deine E-Mail-Adresse",
        "is": "Staðfestu netfangið þitt",
    },
    "body": {
        "en": "This address was entered at {shop}, with a yes to e-mails.\n\n"
        "Was that you? Then please confirm it: before that we do not write. The link is good for 7 days.\n\n"
        "If it was not you, there is nothing to do. Without a confirmation no e-mails come.",
        "de": "Diese Adresse wurde bei {shop} eingegeben, mit einem Ja zu E-Mails.\n\n"
        "Warst du das? Dann bestätige es bitte: Vorher schreiben wir dir nicht. Der Link gilt 7 Tage.\n\n"
        "Warst du es nicht, ist nichts zu tun. Ohne Bestätigung kommen keine E-Mails.",
        "is": "Þetta netfang var slegið inn hjá {shop} og samþykkt að fá tölvupóst.\n\n"
        "Varst það þú? Staðfestu það þá: við skrifum þér ekki fyrr. Hlekkurinn gildir í 7 daga.\n\n"
        "Ef það varst ekki þú þarf ekkert að gera. Án staðfestingar berst enginn póstur.",
    },
    "button": {"en": "Confirm the address", "de": "Adresse bestätigen", "is": "Staðfesta netfangið"},
    "foot": {
        "en": "This came since the address was entered in the shop; it is no advertising.",
        "de": "Das kommt, weil die Adresse im Shop eingegeben wurde; es ist keine Werbung.",
        "is": "Þetta barst af því að netfangið var slegið inn í versluninni; þetta er ekki auglýsing.",
    },
}

PAGE: dict[str, Texts] = {
    "title": {"en": "E-mails from {shop}", "de": "E-Mails von {shop}", "is": "Tölvupóstur frá {shop}"},
    "about": {
        "en": "Your address was entered in the shop, with a yes to e-mails. Was that you? Then confirm it.",
        "de": "Deine Adresse wurde im Shop eingegeben, mit einem Ja zu E-Mails. Warst du das? Dann bestätige "
        "es.",
        "is": "Netfangið þitt var slegið inn í versluninni og samþykkt að fá tölvupóst. Varst það þú? "
        "Staðfestu það þá.",
    },
    "yes": {"en": "Yes, write to me", "de": "Ja, schreibt mir", "is": "Já, skrifið mér"},
    "otherwise": {
        "en": "If it was not you, close this page: nothing will come.",
        "de": "Warst du es nicht, schließe diese Seite: Es kommt nichts.",
        "is": "Ef það varst ekki þú skaltu loka þessari síðu: þá berst ekkert.",
    },
    "done": {"en": "Confirmed", "de": "Bestätigt", "is": "Staðfest"},
    "done_about": {
        "en": "Thank you. Each e-mail has a link to unsubscribe.",
        "de": "Danke. In jeder E-Mail steht ein Link zum Abbestellen.",
        "is": "Takk fyrir. Í hverjum pósti er hlekkur til að afskrá sig.",
    },
    "expired": {
        "en": "This link has expired",
        "de": "Dieser Link ist abgelaufen",
        "is": "Þessi hlekkur er útrunninn",
    },
    "expired_about": {
        "en": "It was good for 7 days, or until somebody unsubscribed. Enter the address in the shop once "
        "more, and a new one comes.",
        "de": "Er galt 7 Tage, oder bis zum Abbestellen. Gib die Adresse im Shop noch einmal ein, dann kommt "
        "ein neuer.",
        "is": "Hann gilti í 7 daga, eða fram að afskráningu. Sláðu netfangið aftur inn í versluninni og þá "
        "kemur nýr.",
    },
    "broken": {
        "en": "This link does not work",
        "de": "Dieser Link funktioniert nicht",
        "is": "Þessi hlekkur virkar ekki",
    },
    "broken_about": {
        "en": "It may have been cut off when it was copied. Open it in the e-mail itself.",
        "de": "Vielleicht wurde er beim Kopieren abgeschnitten. Öffne ihn in der E-Mail selbst.",
        "is": "Ef til vill vantaði hluta af honum þegar hann var afritaður. Opnaðu hann í póstinum sjálfum.",
    },
}
