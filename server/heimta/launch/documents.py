"""Sets the demo shop up: its shop document, campaigns and journeys, through the public commands.

The documents are installed once for a store and a set of texts. After that they belong to whoever
uses the console: a campaign that was switched off stays off at the next start.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from hashlib import sha256
from pathlib import Path

import msgspec

from heimta.launch.lock import LaunchError
from heimta.launch.run import run_heimta

# heimta.demo talks HTTP only and is never imported; its documents are read as files.
SOURCES = Path(__file__).parents[1] / "demo" / "documents"


class CreatedShop(msgspec.Struct, frozen=True):
    """What `heimta shop create ID --json` prints."""

    shop: str
    webhook_secret: str
    vapid_public: str


def create_shop(shop: str, environ: Mapping[str, str], pause: Callable[[float], None]) -> CreatedShop:
    printed = run_heimta(("shop", "create", shop, "--json", "--if-missing"), environ, pause)
    try:
        return msgspec.json.decode(printed, type=CreatedShop)
    except msgspec.MsgspecError as error:
        raise LaunchError(f"`heimta shop create --json` printed something unreadable: {error}") from error


def install(
    shop: CreatedShop, data: Path, shop_url: str, environ: Mapping[str, str], pause: Callable[[float], None]
) -> bool:
    """Write the documents with this machine's shop address into the data folder and apply them.

    Returns False if this store has them already.
    """
    folder = data / "documents"
    folder.mkdir(parents=True, exist_ok=True)
    files: list[Path] = []
    for source in sorted(SOURCES.glob("*.yaml")):
        file = folder / source.name
        file.write_text(render(source.read_text(), shop_url))
        files.append(file)
    if not files:
        raise LaunchError(f"the demo's documents are missing from {SOURCES}; clone Heimta again")
    applied = folder / "applied"
    # The secret is made with the shop, so another one means another (or an emptied) store.
    fingerprint = sha256(
        "\n".join([shop.webhook_secret, *(f.read_text() for f in files)]).encode()
    ).hexdigest()
    if applied.exists() and applied.read_text() == fingerprint:
        return False
    run_heimta(("apply", *map(str, files)), environ, pause)
    applied.write_text(fingerprint)
    return True


def render(text: str, shop_url: str) -> str:
    """Put the shop's address in. Nothing else in a document depends on the machine."""
    return text.replace("${SHOP_URL}", shop_url)
