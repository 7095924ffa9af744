"""Which addresses of other people's servers may stand in a document: asked when it is applied and at each
send (channels/outside.py, which also looks at where the name leads).

Any merchant can write one, and we post to it, so it must look exactly as all parsers read it: https, a name
and no bare address, no user, ASCII.
"""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit


def origin(url: str) -> str:
    """Scheme, host and port, as written; '' for what is no address."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return f"{parts.scheme}://{parts.netloc}"


def refused(url: str) -> str:
    """'' if the address may be asked at all, else what is wrong with it. Its name is looked up later."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return "it is no address"
    if parts.scheme != "https":
        return "it must begin with https://"
    if "@" in parts.netloc or parts.fragment:
        return "it may have no user, no password and no fragment"
    # As every parser reads it: no space, no backslash, nothing beyond ASCII.
    if not url.isascii() or not url.isprintable() or any(sign in url for sign in ' \\"<>^`{|}'):
        return "it may have ASCII letters only, without spaces and backslashes"
    # 127.1, 0x7f.1 and 2130706433 are addresses too: a public name ends with letters.
    last = host.rpartition(".")[2]
    if _is_address(host) or "." not in host or not (last.isalpha() or last.startswith("xn--")):
        return "it must name a host, such as https://shop.example"
    return ""


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
