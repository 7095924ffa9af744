"""An ASGI extension: a whole answer in one call, for the one endpoint that answers thousands a second.

By the ordinary way an answer is two messages, each awaited; every header of it is searched for what may not
be in one; and it is written in two parts. `scope["extensions"]["heimta.reply"]` takes the finished head and
body, made once by the endpoint, and does the rest of what uvicorn's `send` does. Who does not know it, or
must wait for a slow reader, uses `send`.
(ASGI specification, "Extensions": a server may offer more through `scope["extensions"]`.)
"""

from __future__ import annotations

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, RequestResponseCycle

EXTENSION = "heimta.reply"


def reply(cycle: RequestResponseCycle, status: int, head: bytes, body: bytes) -> bool:
    """Answer a request. False when nothing was done and `send` must.

    head: header lines, each with its CR LF, Content-Length of the body among them.
    """
    if cycle.response_started or cycle.flow.write_paused:
        return False
    cycle.response_started = cycle.response_complete = True
    if cycle.disconnected:
        return True
    cycle.waiting_for_100_continue = False
    told = b"".join([b"%s: %s\r\n" % pair for pair in cycle.default_headers])
    close = b"" if cycle.keep_alive else b"connection: close\r\n"
    cycle.transport.write(b"%s%s%s%s\r\n%s" % (STATUS_LINE[status], told, head, close, body))
    cycle.message_event.set()
    if not cycle.keep_alive:
        cycle.transport.close()
    cycle.on_response()
    return True
