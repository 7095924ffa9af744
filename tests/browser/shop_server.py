"""The HTTP server of the tests' shops."""

from __future__ import annotations

from http.server import ThreadingHTTPServer


class ShopServer(ThreadingHTTPServer):
    """Takes as many connections as browsers open at once: a queue of five, the library's own, drops some, and
    the browser asks again a second later.
    """

    request_queue_size = 128
