"""Where a message leads: back to the cart, to the parcel, to the product, or home."""

from __future__ import annotations

from typing import Literal

from heimta.worker.carriers.job import Job
from heimta.worker.carriers.pictures import own_picture
from heimta.worker.carriers.texts import words_of

Where = Literal["to_cart", "to_parcel", "to_product", "to_shop"]


def way(job: Job) -> tuple[str, Where]:
    """The address and what is there. What a browser told is on one of the shop's own origins, or left out."""
    if job.links.restore:
        return job.links.restore, "to_cart"
    words = words_of(job)
    parcel = words.get("tracking", "")
    if parcel.startswith("https://") and parcel.isprintable():  # the shop's back end told it
        return parcel, "to_parcel"
    shop = job.shop.origins
    product = own_picture(words.get("url", ""), shop)
    return (product, "to_product") if product else (f"{shop[0]}/", "to_shop")
