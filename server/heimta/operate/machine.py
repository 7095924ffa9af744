"""What `heimta doctor` asks of this machine: disk, open files, our own servers, and what was built."""

from __future__ import annotations

import http.client
import json
import resource
import shutil
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from heimta.operate.doctor import Finding, Level, ok

DISK_WARN, DISK_FAIL = 2 * 2**30, 256 * 2**20  # bytes
SPARE_FILES = 256  # the store, pushes on the wire, files
LOCAL = ("localhost", "127.0.0.1", "::1")


def disk(data: Path, *, is_embedded: bool) -> Finding:
    """data: where the embedded store, logs and perhaps backups are."""
    folder = next(part for part in (data.absolute(), *data.absolute().parents) if part.exists())
    free = shutil.disk_usage(folder).free
    words = f"{free / 2**30:.1f} GiB free at {folder}"
    if not is_embedded:
        return ok("disk", f"{words}; the store's own disk is elsewhere")
    level: Level = "FAIL" if free < DISK_FAIL else "WARN" if free < DISK_WARN else "OK"
    mend = "free some, or move HEIMTA_DATA to a larger disk; a full disk makes the store refuse events"
    return Finding("disk", level, words, "" if level == "OK" else mend)


def open_files(connections: int, *, hard: int | None = None) -> Finding:
    """connections: HEIMTA_MAX_CONNECTIONS. hard: the limit, if it is not to be asked for."""
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1] if hard is None else hard
    if limit == resource.RLIM_INFINITY or limit >= connections + SPARE_FILES:
        return ok("open files", "no limit" if limit == resource.RLIM_INFINITY else str(limit))
    words = f"the hard limit is {limit}, too few for HEIMTA_MAX_CONNECTIONS={connections}"
    return Finding(
        "open files", "WARN", words, "LimitNOFILE= in the unit, or `ulimit -Hn`, or fewer connections"
    )


def address(name: str, url: str) -> Finding:
    """name: the setting that holds it."""
    parts = urlsplit(url)
    if parts.scheme == "https":
        return ok(name, url)
    if parts.hostname in LOCAL:
        return ok(name, f"{url}; fine on this machine, shops need https")
    mend = f"put TLS in front and set {name}=https://{parts.hostname}"
    return Finding(name, "FAIL", f"{url} is not https: browsers refuse it on https pages", mend)


def server(name: str, host: str, port: int, *, must_run: bool, timeout_s: float = 5) -> Finding:
    """Ask /readyz. must_run: it belongs on this machine, since the store does."""
    where = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    connection = http.client.HTTPConnection(host, port, timeout=timeout_s)
    try:
        connection.request("GET", "/readyz")
        answer = connection.getresponse()
        body = answer.read()
    except (OSError, http.client.HTTPException) as error:
        words = f"nobody answers at {where} ({error})"
        mend = f"start `heimta {name}`, or ignore this if it runs on another machine"
        return Finding(name, "FAIL" if must_run else "WARN", words, mend)
    finally:
        connection.close()
    if answer.status == 200:
        return ok(name, f"ready at {where}")
    return Finding(
        name, "FAIL", f"not ready at {where}: {_why(body, answer.status)}", "see the findings above"
    )


def bundles(static: Path, problem: str) -> Finding:
    """problem: what loading them said, '' if it went well."""
    if problem:
        return Finding("bundles", "FAIL", problem, "build them with `make dev`, or use the image")
    return ok("bundles", f"built in {static}")


def _why(body: bytes, status: int) -> str:
    try:
        told = json.loads(body)
    except ValueError:
        return f"status {status}"
    return str(told.get("why", f"status {status}")) if isinstance(told, Mapping) else f"status {status}"
