"""What the edge answers: one shape for every error, CORS by hand, nothing that would need a preflight."""

from __future__ import annotations

from collections.abc import Mapping

import orjson
from starlette.responses import Response

from heimta.model.document import Text


def cors(origin: str) -> dict[str, str]:
    """The Origin echoed, never with credentials: the edge's public routes know no cookies."""
    if not origin:
        return {}
    return {
        "Access-Control-Allow-Origin": origin,
        "Access-Control-Expose-Headers": "Retry-After",
        "Vary": "Origin",
    }


def answer(
    status: int, body: object, *, origin: str = "", headers: Mapping[str, str] | None = None
) -> Response:
    return Response(
        orjson.dumps(body),
        status,
        {**cors(origin), "Cache-Control": "no-store", **(headers or {})},
        "application/json",
    )


def refuse(
    status: int,
    code: str,
    message: str,
    *,
    origin: str = "",
    retry_after_s: int | None = None,
    said: Text | None = None,
) -> Response:
    """An error: a word for programs, a sentence for whoever reads it, when to come back if that helps.

    said: what the shopper is told on the page, in the shop's languages.
    """
    headers = {} if retry_after_s is None else {"Retry-After": str(retry_after_s)}
    error = {"code": code, "message": message} | ({} if said is None else {"said": said})
    return answer(status, {"error": error}, origin=origin, headers=headers)
