"""Which of a cart's pictures a message may show."""

from __future__ import annotations

from urllib.parse import quote

MAX_IMAGE = 1000  # bytes of its address: a push has room for 4 kB in all
_AS_IT_IS = "!#$%&'()*+,/:;=?@[]~"  # what is escaped already stays so


def own_picture(image: str, origins: tuple[str, ...]) -> str:
    """Its whole address if it is on one of the shop's own origins, else '': no stranger learns of the cart.

    image: as the browser told it, perhaps with letters that a page may have and a link may not: Meta refuses
    the message for a space, and an SMS ends the link there.
    """
    if not image.isprintable():
        return ""
    if image.startswith("/") and not image.startswith("//"):
        image = origins[0] + image
    for origin in origins:
        if image.startswith(f"{origin}/"):
            whole = origin + quote(image[len(origin) :], safe=_AS_IT_IS)
            return whole if len(whole.encode()) <= MAX_IMAGE else ""
    return ""
