"""Default texts of the widgets in German, English and Icelandic. A merchant's own text goes before ours."""

from __future__ import annotations

from heimta.rules.texts import checkout, popup, push, survey
from heimta.rules.texts.words import Texts

_ROOMS = {"popup": popup, "survey": survey, "checkout": checkout, "push": push}

# What a content may leave out: widget -> field -> language -> text.
DEFAULTS: dict[str, dict[str, Texts]] = {widget: room.DEFAULTS for widget, room in _ROOMS.items()}
# What a widget says by itself: widget -> label -> language -> text.
LABELS: dict[str, dict[str, Texts]] = {widget: room.LABELS for widget, room in _ROOMS.items()}
