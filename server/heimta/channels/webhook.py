"""A webhook of the merchant's own: one signed POST for each message, for whatever Heimta has no channel for.

It may come twice, after a crash or a broken line, under the same `Heimta-Event`: the receiver keeps what it
has seen. Signed as shops sign what they tell us (rules/signature.py), so one library does both ways.
"""

from __future__ import annotations

from heimta.channels.outside import Answer, Outside
from heimta.channels.result import SENT, Delivery, failed
from heimta.model.providers.hook import Hook

_PASSING = (408, 409, 425, 429)


class Webhook:
    def __init__(self, outside: Outside) -> None:
        self._outside = outside

    async def send(self, hook: Hook, *, event: str, body: bytes, signature: str, now: int) -> Delivery:
        """event: names it for ever. signature: over the body, with its time."""
        headers = {
            "Content-Type": "application/json",
            "Heimta-Event": event,
            "Heimta-Signature": signature,
        }
        answer = await self._outside.post(hook.url, body, headers, now=now)
        if isinstance(answer, Answer):
            return judge(answer)
        # Harmless to send again: the event's name is the same.
        return failed(answer.reason, permanent=False) if answer.outcome == "unknown" else answer


def judge(answer: Answer) -> Delivery:
    """A redirect ends here: following it would lead past the check of the address."""
    if 200 <= answer.status < 300:
        return SENT
    passing = answer.status in _PASSING or answer.status >= 500
    return failed(f"http_{answer.status}", permanent=not passing, retry_after_s=answer.retry_after_s)
