"""Drafts: what was never on, its first version, and off. Nobody has met it, so it can go without leaving
figures or shoppers behind; the last that went is kept, to be brought back.
"""

from __future__ import annotations

from heimta.model.documents import AnyDocument, ShopDoc
from heimta.store import keys
from heimta.store.connect import Client
from heimta.store.documents import GONE, Stored, Unread, name_of, read_stored
from heimta.store.script import Script

# KEYS documents, revision, older versions · ARGV name, the document as it was read, what it is kept under.
# Answers 1, or 0 when it is not what was read: nothing was written then.
_REMOVE = Script("""
if (redis.call('HGET', KEYS[1], ARGV[1]) or '') ~= ARGV[2] then return 0 end
redis.call('HSET', KEYS[3], ARGV[3], ARGV[2])
redis.call('HDEL', KEYS[1], ARGV[1])
redis.call('INCR', KEYS[2])
return 1
""")


class NoDraft(ValueError):
    """It is on, or was: shoppers may have met it."""


async def remove_draft(redis: Client, shop: str, kind: str, name: str) -> AnyDocument:
    """Returns what went. KeyError if there is none such, NoDraft if it is more than that."""
    while True:
        raw = await redis.hget(keys.documents(shop), f"{kind}:{name}")
        if raw is None or kind == "shop":
            raise KeyError(f"{kind} {name!r} of shop {shop!r}")
        stored = read_stored(raw, f"{kind}:{name}", shop)
        if not is_draft(stored):
            raise NoDraft(name)
        mine = await _REMOVE(
            redis,
            [keys.documents(shop), keys.revision(shop), keys.older(shop)],
            [f"{kind}:{name}", raw, GONE],
        )
        if mine:  # else somebody switched it on in between, or deleted it: read again, it says which
            return stored.document


async def gone_draft(redis: Client, shop: str) -> AnyDocument | None:
    """The draft that went last, while its name is free."""
    document = await last_gone(redis, shop)
    is_back = document is not None and await redis.hexists(keys.documents(shop), name_of(document))
    return None if is_back else document


async def last_gone(redis: Client, shop: str) -> AnyDocument | None:
    """The draft that went last, also where its name is taken again."""
    raw = await redis.hget(keys.older(shop), GONE)
    try:
        return None if raw is None else read_stored(raw, "draft:deleted", shop).document
    except Unread:  # nobody misses it but who would bring it back
        return None


def is_draft(stored: Stored) -> bool:
    document = stored.document
    return stored.version == 1 and not isinstance(document, ShopDoc) and not document.live
