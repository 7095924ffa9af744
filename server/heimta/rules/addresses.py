"""A shop's own path on the edge, and the domain it shares with it: what may be chosen, what it stands for.

A blocker's list may know `/s/my-shop` or `/w/popup…`; nobody's list knows the path a merchant makes up. Where
the document says `own_path: /assets/k7`, the edge answers there as well:

    GET  /assets/k7.js           the snippet         GET  /assets/k7/{file}    stage, widgets: by hash alone
    POST /assets/k7              batches             POST /assets/k7/claim, …  what belongs to /s/{shop}/
    GET  /assets/k7/r/{token}    a restore link

So no path of the edge's own may begin like it, and none may lie under another shop's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

from heimta.model.documents import ShopDoc

# First parts of the edge's addresses (a test reads its routes), and the console's, which may share its host.
RESERVED = frozenset({"s", "w", "r", "u", "a", "c", "hooks", "healthz", "readyz", "metrics", "console"})
# What lies under /s/{shop}/; all else under an own path is a file.
POSTS = frozenset({"claim", "push", "preferences", "messenger", "answered"})


def stands_for(path: str, shops: Mapping[str, str]) -> str | None:
    """The edge's own address for an address under a shop's path; None when it is under nobody's.

    shops: own path -> shop.
    """
    if (shop := shops.get(path)) is not None:
        return f"/s/{shop}"
    stem, dot, end = path.rpartition(".")
    if dot and end in ("js", "json", "map") and (shop := shops.get(stem.removesuffix(".js"))) is not None:
        return f"/s/{shop}{path[len(stem.removesuffix('.js')) :]}"
    folder, _, last = path.rpartition("/")
    if (shop := shops.get(folder)) is not None:
        return f"/s/{shop}/{last}" if last in POSTS else f"/w/{last}"
    if folder.endswith("/r") and folder[:-2] in shops:
        return f"/r/{last}"
    return None


def path_faults(shop: ShopDoc) -> list[str]:
    """What is wrong with a shop's own path, taken alone."""
    if shop.own_path is None or (first := shop.own_path.split("/")[1]) not in RESERVED:
        return []
    taken = ", ".join(f"/{name}" for name in sorted(RESERVED))
    return [
        f"own_path is {shop.own_path!r}; /{first} is Heimta's own (so are {taken}): begin with another word"
    ]


def path_clashes(shops: Iterable[ShopDoc]) -> list[str]:
    """Own paths of different shops that are the same, or lie one under the other."""
    chosen = sorted((shop.own_path, shop.id) for shop in shops if shop.own_path is not None)
    faults = []
    for at, (path, shop) in enumerate(chosen):
        for other, of in chosen[:at]:
            if f"{path}/".startswith(f"{other}/"):
                faults.append(
                    f"shop {shop!r}: own_path is {path!r}, but {other!r} is that of shop {of!r} "
                    "and all under it; choose another"
                )
    return faults


def shared_origins(chosen: Iterable[ShopDoc], shops: Iterable[ShopDoc]) -> list[str]:
    """Warnings: origins of the chosen shops that another shop has as well, be it chosen or there.

    A browser keeps one record and outbox for an origin (snippet/src/storage.ts, shelf.ts): carts, orders and
    consent of one shop would be those of the other, and events go to whichever page sends next.
    """
    owners: dict[str, list[str]] = {}
    for shop in sorted(shops, key=lambda one: one.id):
        for origin in {one.lower() for one in shop.origins}:
            owners.setdefault(origin, []).append(shop.id)
    found = []
    for shop in chosen:
        for origin in dict.fromkeys(one.lower() for one in shop.origins):
            others = [repr(name) for name in owners.get(origin, ()) if name != shop.id]
            if others:
                found.append(
                    f"shop {shop.id!r} shares the origin {origin!r} with {', '.join(others)}: browsers "
                    "mix their carts, orders and consent; make them one shop, or give each a host of its own"
                )
    return found


def cookie_faults(shop: ShopDoc) -> list[str]:
    """Pages that are not on the domain would send their shoppers' batches with somebody else's cookies."""
    domain = shop.cookie_domain
    if domain is None:
        return []
    return [
        f"cookie_domain is {domain!r}, but the origin {origin!r} is not on it; "
        "name the domain that all origins and the edge share, or leave it out"
        for origin in shop.origins
        if not f".{urlsplit(origin).hostname}".endswith(f".{domain}")
    ]
