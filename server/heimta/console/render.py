"""Jinja templates: everything escaped, a missing word is an error, and assets carry their content's hash."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import jinja2
from starlette.templating import Jinja2Templates

from heimta.console import formats
from heimta.console.conditions import conditions_of
from heimta.console.describe import described

FOLDER = Path(__file__).parent / "templates"
FILTERS = (
    *("money", "moneys", "number", "percent", "signed", "whole", "decimal", "plural"),
    *("clock_time", "clock_time_or_day", "moment", "day", "iso", "sentence"),
)


def templates(assets: dict[str, Path]) -> Jinja2Templates:
    """assets: name -> file; `asset('console.css')` in a template is its address."""
    env = jinja2.Environment(
        loader=jinja2.FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    env.filters |= {name: getattr(formats, name) for name in FILTERS}
    env.filters["described"] = described
    env.filters["conditions"] = conditions_of
    env.globals["money_range"] = formats.money_range
    versions = {name: sha256(file.read_bytes()).hexdigest()[:12] for name, file in assets.items()}
    env.globals["asset"] = lambda name: f"/console/static/{name}?v={versions[name]}"
    return Jinja2Templates(env=env)
