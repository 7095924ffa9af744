"""The built bundles: what the edge serves to browsers. Read once at start from static/dist."""

from __future__ import annotations

from pathlib import Path

import msgspec
from msgspec import Struct


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

    def snippet(self, adapter: str) -> str:
        return self._code[f"snippet-{adapter}"].decode()

    def code(self, name: str) -> bytes:
        return self._code[name]

    def source_map(self, file: str) -> bytes | None:
        return self._maps.get(file)

    def widgets(self) -> dict[str, tuple[str, str]]:
        """name -> (path on the edge, SRI) of everything that may be loaded on demand."""
        return {
            name: (f"/w/{bundle.file}", bundle.sri)
            for name, bundle in self._files.items()
            if not name.startswith("snippet-") and name != "sw"
        }
