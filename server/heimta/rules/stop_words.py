"""What somebody who answers an SMS or a chat wants: to stop, to begin again, help. Pure.

Written in whatever language they speak, not the shop's: so all languages are heard at once. In doubt it is a
stop: one message fewer costs less than one too many. Beginning again must be said by the word alone.

Sources: CTIA Messaging Principles section 5.1.3 and Twilio's default words (stop, stopall, unsubscribe,
cancel, end, quit, revoke, optout; start, unstop; help, info); 47 CFR 64.1200(a)(10), in force since April
2025: whatever a reasonable person takes for a stop is one, with more words around it too; other languages as
MessageBird and AWS hear them, and as native speakers write.
"""

from __future__ import annotations

import re
import unicodedata
from itertools import pairwise
from typing import Literal

Wish = Literal["", "stop", "start", "help"]

_LETTERS = str.maketrans(
    {
        "ß": "ss",
        "ø": "o",
        "æ": "ae",
        "ð": "d",
        "þ": "th",
        "ł": "l",
        "œ": "oe",
        "\N{LATIN SMALL LETTER DOTLESS I}": "i",
    }
)


def _letters(text: str) -> list[str]:
    """Small letters without accents, of any script: ARRÊT is arret, Hætta haetta, ΌΧΙ οχι."""
    bare = unicodedata.normalize("NFKD", text.casefold().translate(_LETTERS))
    return re.findall(r"[^\W_]+", "".join(letter for letter in bare if not unicodedata.combining(letter)))


def _words_of(*lines: str) -> frozenset[str]:
    return frozenset(word for line in lines for word in _letters(line))


# Unmistakable: at the beginning of any message, and anywhere in a short one, "please stop texting me" too.
_STOP = _words_of(
    "stop stopp stopall stoppall unsubscribe optout removeme revoke",  # English
    "abmelden abbestellen stoppen austragen",  # German
    "arret arreter desabonner desinscrire desinscription",  # French
    "alto detener baja desuscribir desuscribirse",  # Spanish
    "parar sair descadastrar remover",  # Portuguese
    "ferma fermare disiscrivi disiscrivimi cancellami",  # Italian
    "afmelden uitschrijven",  # Dutch
    "avsluta avanmal avregistrera avmeld avmelding afmeld frameld",  # Swedish, Norwegian, Danish
    "haetta haettu afskra",  # Icelandic
    "peruuta lopeta poista",  # Finnish
    "zatrzymaj wypisz anuluj rezygnuje",  # Polish
    "odhlasit zrusit leiratkozas leiratkozom dezabonare odjava odjavi iptal",  # Czech to Turkish
    "стоп отписаться отписка отпишись відписатися зупинити спри спрете одјава",  # Russian to Serbian
    "στοπ διαγραφη διακοπη",  # Greek
    "הסר הסרה הפסק סטופ",  # Hebrew
    "توقف توقفوا الغاء ايقاف",  # Arabic
)
# A stop where it is the whole message; elsewhere words like any other.
_STOP_ALONE = _words_of(
    "cancel end quit remove no off ende halt aus nein schluss fin annuler non cancelar fim nao basta fine",
    "annulla einde nee slut sluta nej nei lok loppu ei koniec nie td konec ne vege nem nu dur ret hayir",
    "нет отмена хватит не край кінець ні οχι τελος די לא لا قف 停止 退订 退訂 取消",
)
# A stop together, in a short message: "cancel these texts", "keine weiteren SMS". Alone they may be about an
# order.
_NO_MORE = re.compile(
    r"\b(cancel|quit|no more|do not|don ?t|keine|nicht mehr)( \w+)? "
    r"(texts?|texting|messages?|messaging|msgs?|sms|send|contact|nachrichten|schreiben|schicken|senden)\b"
)
_PLEASE = _words_of("please pls thanks thx bitte danke")
# No `yes`: it may answer a question of somebody's, and nobody agrees to advertising by that.
_START = _words_of(
    "start unstop begin resume subscribe anmelden beginnen commencer reprendre iniciar comenzar comecar",
    "inizia avvia aanmelden starta anmal tilmeld pameld byrja skra aloita zacznij старт",
)
_HELP = _words_of(
    "help info hilfe aide ayuda ajuda aiuto hulp hjalp hjaelp hjelp adstod apua pomoc pomocy yardim",
    "помощь помощ βοηθεια עזרה",
)
_TO_ANSWER = re.compile(r"\bSTOPP?\b")
_SHORT = 10  # words; a longer message is a letter to the shop, unless it begins with a stop


def wish(text: str) -> Wish:
    """text: as it came, of any length."""
    told = _letters(text[:200])
    words = [word for word in told if word not in _PLEASE]
    if words and words[0] in _STOP:
        return "stop"
    if not words or len(words) > _SHORT:
        return ""
    whole = "".join(words)
    pairs = (first + second for first, second in pairwise(words))  # `opt out`, `remove me`
    if whole in _STOP_ALONE or not _STOP.isdisjoint((*words, *pairs)) or _NO_MORE.search(" ".join(words)):
        return "stop"
    if "".join(told) in _START:
        return "start"
    return "help" if whole in _HELP else ""


def says_stop(text: str) -> bool:
    """Whether a text of the merchant's says how to end messages: with the word in capitals, as everybody
    writes one to answer with. `Stop by today` is no such text.
    """
    return _TO_ANSWER.search(text) is not None
