"""`python -m heimta.launch.health PORT`: ends with 0 if the server there is healthy.

For a container's health check, so that the image needs no curl.
"""

from __future__ import annotations

import http.client
import sys


def is_healthy(host: str, port: int, *, timeout_s: float = 2) -> bool:
    """True if GET /healthz answers 200. Never raises; a server that is not there is not healthy."""
    connection = http.client.HTTPConnection(host, port, timeout=timeout_s)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


if __name__ == "__main__":
    # HEIMTA_HOST may be `::`, which is IPv6 alone.
    sys.exit(0 if any(is_healthy(host, int(sys.argv[1])) for host in ("127.0.0.1", "::1")) else 1)
