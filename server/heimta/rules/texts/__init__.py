"""Default texts of the widgets in German, English and Icelandic. A merchant's own text goes before ours."""

from __future__ import annotations

from heimta.rules.texts import checkout, confirm, mail, popup, preferences, push, restore, sms, survey
from heimta.rules.texts.words import Texts

_ROOMS = {"popup": popup, "survey": survey, "checkout": checkout, "push": push, "sms": sms}

# What a content may leave out: widget -> field -> language -> text.
DEFAULTS: dict[str, dict[str, Texts]] = {widget: room.DEFAULTS for widget, room in _ROOMS.items()}
# What a widget says by itself: widget -> label -> language -> text.
LABELS: dict[str, dict[str, Texts]] = {widget: room.LABELS for widget, room in _ROOMS.items()}


def all_words() -> dict[str, Texts]:
    """Everything that is said where a merchant says nothing, by the key that ShopDoc.words has for it."""
    said = {f"{widget}.{name}": texts for widget, known in DEFAULTS.items() for name, texts in known.items()}
    said |= {
        f"{widget}.label.{name}": texts for widget, known in LABELS.items() for name, texts in known.items()
    }
    said |= {f"popup.worth.{kind}": texts for kind, texts in popup.WORTH.items()}
    said["popup.worth.least"] = popup.LEAST
    said |= {f"popup.refused.{code}": texts for code, texts in popup.REFUSED.items()}
    said |= {f"survey.page.{name}": texts for name, texts in survey.PAGE.items()}
    said |= {f"restore.{name}": texts for name, texts in restore.PAGE.items()}
    said |= {f"mail.{name}": texts for name, texts in mail.WORDS.items()}
    said |= {f"confirm.mail.{name}": texts for name, texts in confirm.MAIL.items()}
    said |= {f"confirm.page.{name}": texts for name, texts in confirm.PAGE.items()}
    return said | {f"{preferences.KEY}{name}": texts for name, texts in preferences.ALL.items()}
