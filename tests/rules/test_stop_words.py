"""What somebody who answers wants: heard in any language, and in doubt it is a stop."""

from __future__ import annotations

import pytest

from heimta.rules.stop_words import wish

STOPS = (
    "STOP stop Stop. STOPP StopAll UNSUBSCRIBE end Quit CANCEL Abmelden ABBESTELLEN Arrêt ARRET Désabonner "
    "ALTO BAJA Parar SAIR Cancelar FERMA Basta Afmelden AVSLUTA Avmeld Hætta HÆTTU Lopeta ZATRZYMAJ "
    "no nein Nei СТОП Отписаться Край Στοπ Διαγραφή ΌΧΙ הסר إلغاء توقف İPTAL Dur HAYIR Odhlásit Leiratkozás "
    "Odjava 退订"
)


@pytest.mark.parametrize("text", STOPS.split())
def test_a_stop_is_heard_in_every_language(text: str) -> None:
    assert wish(text) == "stop"


@pytest.mark.parametrize(
    "text",
    [
        "stop all",
        "opt-out",
        "Please STOP texting me",
        "stopp bitte",
        "STOP\n\nSent from my phone",
        "«Stop»",
        "🛑 stop 🛑",
        "СТОП, пожалуйста",
        "Stop all of this",
        "END please",
        "please opt out",
        "Please remove me from your list",
        "Can you please stop sending me messages",
        "please stop sending text messages to this number",
        "Quit texting me",
        "cancel these texts",
        "Don't text me again",
        "no more messages",
        "Ich möchte keine SMS mehr",
        "Bitte nicht mehr schreiben",
    ],
)
def test_a_stop_is_heard_in_a_few_words(text: str) -> None:
    assert wish(text) == "stop"


@pytest.mark.parametrize(
    "text",
    [
        "STOP I never asked for this and will report you to the FCC",
        "Stop!!! Bitte keine weiteren Nachrichten an diese Nummer, ich kenne Ihren Laden nicht",
        "please unsubscribe me from all the messages of your shop and delete my number",
        "STOP\n\n> Hat is kept for you: SAVE10 https://edge.example/r/abc Reply STOP to end",
    ],
)
def test_what_begins_with_a_stop_is_one_however_much_follows(text: str) -> None:
    assert wish(text) == "stop"


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("START", "start"),
        ("unstop", "start"),
        ("Byrja!", "start"),
        ("start please", ""),
        ("Hilfe, bitte", "help"),
        ("please cancel my order", ""),
        ("I never got the message", ""),
        ("I don't know my order number", ""),
        ("start the refund", ""),  # beginning again must be said by the word alone
        ("yes", ""),  # to what?
        ("ja", ""),
        ("start stop", "stop"),
        ("HELP", "help"),
        ("Hjálp", "help"),
        ("Hilfe?", "help"),
        ("can you help me with the size", ""),
        ("", ""),
        ("👍", ""),
        ("Помощь", "help"),
        ("Когда придёт мой заказ", ""),
        ("No thanks, I have ordered by telephone already", ""),
        ("Does the bus stop anywhere close to your shop in the old town?", ""),
        ("x" * 100_000, ""),
    ],
    ids=range(23),
)
def test_what_is_wished(text: str, wanted: str) -> None:
    assert wish(text) == wanted
