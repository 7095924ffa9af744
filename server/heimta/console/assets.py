"""The console's own files and what it vendors from npm: a fixed list, so no path can lead elsewhere."""

from __future__ import annotations

from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response

FILES = {
    "console.css": "console/console.css",
    "console.js": "console/console.js",
    "chart.js": "console/chart.js",
    "icon.svg": "console/icon.svg",
    "htmx.js": "vendor/htmx.js",
    "uplot.js": "vendor/uplot.js",
    "uplot.css": "vendor/uplot.css",
}


class AssetsMissing(Exception):
    """The browser side was not built. The message is for the operator."""


def find_assets(static: Path) -> dict[str, Path]:
    """Name -> file. Raises AssetsMissing."""
    found = {name: static / place for name, place in FILES.items()}
    if missing := [str(file) for file in found.values() if not file.is_file()]:
        raise AssetsMissing(f"the console needs {', '.join(missing)}; run `npm ci && npm run build`")
    return found


async def send_asset(request: Request) -> Response:
    file = request.app.state.assets.get(request.path_params["name"])
    if file is None:
        raise HTTPException(404, "There is no such file.")
    # Addresses carry a hash of the content, so a copy never has to be asked after.
    kept = "public, max-age=31536000, immutable" if "v" in request.query_params else "no-cache"
    return FileResponse(file, headers={"Cache-Control": kept})
