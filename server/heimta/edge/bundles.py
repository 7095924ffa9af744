"""The built bundles: what the edge serves to browsers. Read once at start from static/dist."""

from __future__ import annotations

import asyncio
import hashlib
import threading
from base64 import b64encode
from collections.abc import Iterable, Iterator
from pathlib import Path

import brotli
import msgspec
import structlog
from msgspec import Struct

log = structlog.get_logger()


class Bundle(Struct, frozen=True):
    file: str
    sri: str
    bytes: int
    brotli: int


class Manifest(Struct, frozen=True):
    fingerprint: str
    files: dict[str, Bundle]


class Bundles:
    """Raises FileNotFoundError with the way out when nothing was built."""

    def __init__(self, dist: Path) -> None:
        manifest = dist / "manifest.json"
        if not manifest.exists():
            raise FileNotFoundError(f"{manifest} is missing; build the browser's files with `npm run build`")
        self._files = msgspec.json.decode(manifest.read_bytes(), type=Manifest).files
        self._code = {name: (dist / bundle.file).read_bytes() for name, bundle in self._files.items()}
        self._maps = {
            f"{bundle.file}.map": (dist / f"{bundle.file}.map").read_bytes()
            for bundle in self._files.values()
        }
        self.by_file = {bundle.file: self._code[name] for name, bundle in self._files.items()}
        # Under a shop's own path a file is named by its hash alone: `popup` is a word that blockers look for.
        self.by_file |= {_bare(file): code for file, code in self.by_file.items()}
        self._maps |= {_bare(file): found for file, found in self._maps.items()}
        self._packed: dict[bytes, bytes] = {}  # code -> as Brotli has it
        self._packing = threading.Lock()

    def snippet(self, adapter: str) -> tuple[str, bytes]:
        """The snippet of a cart adapter, with __HEIMTA_CONFIG__ still in it, and its source map.

        Without one: the plain one, so that the shop keeps all but its cart.
        """
        name = f"snippet-{adapter}"
        if name not in self._code:
            log.error("cart adapter was not built", adapter=adapter, mend="npm run build, then restart")
            name = "snippet-api"
        return self._code[name].decode(), self._maps[f"{self._files[name].file}.map"]

    def faults(self, adapters: Iterable[str]) -> Iterator[str]:
        """What no shopper would get: what was not built, what browsers refuse by its hash."""
        for adapter in adapters:
            if f"snippet-{adapter}" not in self._files:
                yield f"snippet-{adapter} was not built"
        for name, bundle in self._files.items():
            if bundle.sri != f"sha384-{b64encode(hashlib.sha384(self._code[name]).digest()).decode()}":
                yield f"{bundle.file} is not what was built"

    def code(self, name: str) -> bytes:
        return self._code[name]

    async def packed(self, code: bytes) -> bytes:
        """Code of ours as Brotli at its best has it: made once, in a thread, since it takes up to 30 ms."""
        packed = self._packed.get(code)
        return await asyncio.to_thread(self._pack, code) if packed is None else packed

    def _pack(self, code: bytes) -> bytes:
        with self._packing:  # who asks at the same time waits, and finds it
            if code not in self._packed:
                self._packed[code] = brotli.compress(code, quality=11)
            return self._packed[code]

    def source_map(self, file: str) -> bytes | None:
        return self._maps.get(file)

    def widgets(self, own_path: str | None = None) -> dict[str, tuple[str, str]]:
        """name -> (path on the edge, SRI) of everything that may be loaded on demand."""
        return {
            name: (f"{own_path}/{_bare(bundle.file)}" if own_path else f"/w/{bundle.file}", bundle.sri)
            for name, bundle in self._files.items()
            if not name.startswith("snippet-") and name != "sw"
        }


def _bare(file: str) -> str:
    """`popup.0123456789ab.js` -> `0123456789ab.js`."""
    return file.partition(".")[2]
