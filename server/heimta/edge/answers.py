"""What the edge answers: one shape for every error, CORS by hand, nothing that would need a preflight."""

from __future__ import annotations

from collections.abc import Mapping

import orjson
from starlette.responses import Response


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
    status: int, code: str, message: str, *, origin: str = "", retry_after_s: int | None = None
) -> Response:
    """An error: a word for programs, a sentence for people, when to come back if that helps."""
    headers = {} if retry_after_s is None else {"Retry-After": str(retry_after_s)}
    return answer(status, {"error": {"code": code, "message": message}}, origin=origin, headers=headers)
