"""Which push endpoints a stranger may hand us, and what their origin is.

Any visitor can register an endpoint, and we later POST to it, so this is the door that
keeps the server from being pointed at its own network (SSRF). Both the edge, when a
subscription is saved, and the channel, when a push is sent, ask here.

It is strict instead of clever: an endpoint must look exactly as a browser serialises a URL
(lower-case host, no port because 443 is the default, no userinfo, no fragment, ASCII).
What passes contains nothing that two URL parsers could read differently.
"""

from __future__ import annotations

import re
from collections.abc import Collection

MAX_ENDPOINT = 1000  # characters; the longest seen, Windows, is about 400

# Chromium hands out both Google names. Exact hosts, never "ends with google.com".
HOSTS = frozenset({"fcm.googleapis.com", "jmt17.google.com", "updates.push.services.mozilla.com"})
# The host must be a name below one of these: the dot is part of the rule.
SUFFIXES = (".push.services.mozilla.com", ".notify.windows.com", ".push.apple.com")

_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_HOST = rf"{_LABEL}(?:\.{_LABEL})*"
_PATH = r"/[A-Za-z0-9._~!$&'()*+,;=:@/%?-]*"
# \Z, not $: $ also matches before a final line break.
_URL = re.compile(rf"(?P<origin>(?P<scheme>https?)://(?P<host>{_HOST})(?P<port>:[0-9]{{1,5}})?){_PATH}\Z")
_ORIGIN = re.compile(rf"https?://{_HOST}(?::[0-9]{{1,5}})?\Z")


def check_endpoint(url: str, *, extra_origins: Collection[str] = ()) -> str | None:
    """Why this endpoint is refused, or None when it is good.

    extra_origins: origins the operator trusts besides the known push services, written as
        in HEIMTA_PUSH_ORIGINS (`https://push.example`, `http://127.0.0.1:5001`). Compared whole.
    """
    if len(url) > MAX_ENDPOINT:
        return f"the endpoint is {len(url)} characters long; at most {MAX_ENDPOINT} are allowed"
    found = _URL.match(url)
    if found is None:
        return "the endpoint is not a plain https address as browsers write them"
    if found["origin"] in extra_origins:
        return None
    if found["scheme"] != "https":
        return "the endpoint is not https"
    if found["port"] is not None:
        return "the endpoint names a port; push services use 443, which is left out"
    host = found["host"]
    if host not in HOSTS and not host.endswith(SUFFIXES):
        return "the endpoint is not at a known push service; HEIMTA_PUSH_ORIGINS can add an origin"
    return None


def origin_of(url: str) -> str:
    """Scheme, host and port of an endpoint, as VAPID's `aud` wants it (RFC 8292 section 2)."""
    found = _URL.match(url)
    if found is None:
        raise ValueError("not an endpoint that check_endpoint accepts")
    return found["origin"]


def parse_origins(text: str) -> tuple[str, ...]:
    """Read HEIMTA_PUSH_ORIGINS: origins separated by commas. ValueError names the bad one."""
    origins = tuple(part.strip() for part in text.split(",") if part.strip())
    for origin in origins:
        if not is_origin(origin):
            raise ValueError(f"{origin!r} is not an origin; write it as https://push.example, without a path")
    return origins


def parse_connect_to(text: str) -> dict[str, str]:
    """Read HEIMTA_PUSH_CONNECT_TO, `origin=origin,origin=origin`. ValueError says what is wrong and where."""
    pairs: dict[str, str] = {}
    for part in (part.strip() for part in text.split(",")):
        if not part:
            continue
        source, equals, target = (side.strip() for side in part.partition("="))
        if not equals:
            raise ValueError(f"{part!r} has no '='; write https://push.example=http://127.0.0.1:5002")
        for side in (source, target):
            if not is_origin(side):
                raise ValueError(f"{side!r} in {part!r} is not an origin (scheme://host[:port], no path)")
        if source in pairs:
            raise ValueError(f"{source!r} is mapped twice")
        pairs[source] = target
    return pairs


def is_origin(text: str) -> bool:
    """True for `scheme://host[:port]` in lower case and nothing after it."""
    return _ORIGIN.match(text) is not None
