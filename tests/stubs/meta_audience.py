"""Meta's custom audiences, as published: what is added and removed, and the faults that a test asks for.

https://developers.facebook.com/docs/marketing-api/reference/custom-audience/users: POST and DELETE to
/v25.0/{id}/users with `payload` and `session` as JSON in a form; answers `audience_id`, `session_id`,
`num_received`, `num_invalid_entries`, or `error` with HTTP 400 and a code.
Who may not leave an audience that is too small already: 200 with subcode 1870047, of which no number is told
(https://developers.facebook.com/docs/marketing-api/error-reference).
While somebody's `usersreplace` runs: 2650 with subcode 1870145, by the guide to custom audiences.
Limits, 80003 among them: https://developers.facebook.com/docs/graph-api/overview/rate-limiting
"""

from __future__ import annotations

import hmac
import json
import re
from collections import defaultdict, deque
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from aiohttp import web

from tests.stubs.faulty import packed

TOKEN = "EAAB-ads"
APP_SECRET = "ads-app"
PROOF = hmac.new(APP_SECRET.encode(), TOKEN.encode(), sha256).hexdigest()
HASH = re.compile(r"[0-9a-f]{64}\Z")


@dataclass(frozen=True)
class Fault:
    """What the next request is answered instead. taken: the people were taken all the same."""

    status: int
    body: str
    headers: dict[str, str] = field(default_factory=dict)
    taken: bool = False


def error(code: int, subcode: int = 0, *, status: int = 400, **more: Any) -> Fault:
    told = {"message": "…", "type": "OAuthException", "code": code, "error_subcode": subcode, **more}
    return Fault(status, json.dumps({"error": told}))


def limited(minutes: int) -> Fault:
    """Too many calls, and when Meta listens again."""
    use = {"type": "custom_audience", "call_count": 100, "estimated_time_to_regain_access": minutes}
    told = error(80_003)
    return Fault(400, told.body, {"X-Business-Use-Case-Usage": json.dumps({"1234567": [use]})})


class MetaStub:
    """audiences: who is in, by id: (`e` or `p`, hash). asked: each request as (verb, id, rows)."""

    def __init__(self, *audiences: str) -> None:
        self.members: dict[str, set[str]] = {name: set() for name in audiences}
        self.asked: list[tuple[str, str, int]] = []
        self.faults: deque[Fault] = deque()
        self.sessions: dict[int, list[dict[str, Any]]] = defaultdict(list)
        self.wants_proof = False  # the app's setting "Require app secret"
        self.least = 0  # with fewer than that in it, an audience lets nobody go
        self.wrong: list[str] = []  # what no request may be

    def app(self) -> web.Application:
        app = web.Application(client_max_size=8 * 2**20, middlewares=[packed])
        app.router.add_route("*", "/v25.0/{audience}/users", self._users)
        return app

    async def _users(self, request: web.Request) -> web.Response:
        form = await request.post()
        payload, session = json.loads(str(form["payload"])), json.loads(str(form["session"]))
        audience = request.match_info["audience"]
        self.asked.append((request.method, audience, len(payload["data"])))
        self._check(request, payload, session)
        fault = self.faults.popleft() if self.faults else None
        if fault is None and form["access_token"] != TOKEN:
            fault = error(190)
        if fault is None and form.get("appsecret_proof", "" if self.wants_proof else PROOF) != PROOF:
            fault = error(100)
        if fault is None and audience not in self.members:
            fault = error(100, 33)
        if fault is None and request.method == "DELETE" and len(self.members[audience]) < self.least:
            fault = error(200, 1_870_047)
        if fault is None or fault.taken:
            invalid = self._take(request.method, audience, payload["data"])
        if fault is not None:
            return web.Response(
                status=fault.status, text=fault.body, headers=fault.headers, content_type="application/json"
            )
        told = {
            "audience_id": audience,
            "session_id": str(session["session_id"]),
            "num_received": len(payload["data"]),
            "num_invalid_entries": invalid,
            "invalid_entry_samples": {},
        }
        return web.json_response(told)

    def _check(self, request: web.Request, payload: dict[str, Any], session: dict[str, Any]) -> None:
        before = self.sessions[session["session_id"]]
        if request.query_string:
            self.wrong.append("a token or person in the address")
        if payload["schema"] != ["EMAIL", "PHONE"] or not 0 < len(payload["data"]) <= 10_000:
            self.wrong.append("schema or number of rows")
        if not 0 < session["session_id"] < 2**63 or session["batch_seq"] != len(before) + 1:
            self.wrong.append("session")
        if before and before[-1]["last_batch_flag"]:
            self.wrong.append("a batch after the last")
        before.append(session)

    def _take(self, method: str, audience: str, rows: list[list[str]]) -> int:
        invalid = 0
        for email, phone in rows:
            if not HASH.match(email or phone):
                invalid += 1
                continue
            key = f"e{email}" if email else f"p{phone}"
            if method == "POST":
                self.members[audience].add(key)
            else:
                self.members[audience].discard(key)
        return invalid
