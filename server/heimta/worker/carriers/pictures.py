"""Which of a cart's pictures a message may show."""

from __future__ import annotations

MAX_IMAGE = 1000  # bytes of its address: a push has room for 4 kB in all


def own_picture(image: str, origins: tuple[str, ...]) -> str:
    """Its whole address if it is on one of the shop's own origins, else '': no stranger learns of the cart.

    image: as the browser told it.
    """
    if len(image.encode()) > MAX_IMAGE or not image.isprintable():
        return ""
    if image.startswith("/") and not image.startswith("//"):
        return origins[0] + image
    return image if any(image.startswith(f"{origin}/") for origin in origins) else ""
