"""Send what is for one origin to another one instead, like `curl --connect-to`. For tests only.

A real Chromium subscribes at https://jmt17.google.com even when a local push service answers it.
With HEIMTA_PUSH_CONNECT_TO=https://jmt17.google.com=http://127.0.0.1:5002 the request goes to the
local one, while everything that is signed (VAPID's `aud`) still names the real origin.
"""

from __future__ import annotations

from collections.abc import Mapping

from heimta.model.endpoint import origin_of


def mapped(url: str, pairs: Mapping[str, str]) -> str | None:
    """The address to connect to instead, or None when the endpoint's origin is not mapped."""
    origin = origin_of(url)
    target = pairs.get(origin)
    return None if target is None else target + url[len(origin) :]
