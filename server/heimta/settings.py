"""Settings: the HEIMTA_* environment, read once at start into a value that cannot be wrong.

Every entry point calls `load(os.environ)` and hands the result down; nothing else reads the
environment. An error names the variable, its value, the rule and a way out. docs/settings.md lists
every name in NAMES (a test holds it to that).
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

import msgspec

from heimta.model.endpoint import parse_connect_to, parse_origins

MIN_TOKEN = 16
MIN_MEMORY_MB = 64
LAST_DEFAULT_PORT = 8103
REDIS_SCHEMES = ("redis", "rediss", "unix", "redis+cluster", "rediss+cluster")
NAMES = (
    "HEIMTA_REDIS_URL",
    "HEIMTA_DATA",
    "HEIMTA_HOST",
    "HEIMTA_EDGE_PORT",
    "HEIMTA_CONSOLE_PORT",
    "HEIMTA_WORKER_PORT",
    "HEIMTA_SHOP_PORT",
    "HEIMTA_EDGE_URL",
    "HEIMTA_CONSOLE_URL",
    "HEIMTA_SHOP_URL",
    "HEIMTA_PARTITIONS",
    "HEIMTA_MAX_CONNECTIONS",
    "HEIMTA_PEER_CONNECTIONS",
    "HEIMTA_SHOP_MB_PER_MINUTE",
    "HEIMTA_PUSH_ORIGINS",
    "HEIMTA_PUSH_CONNECT_TO",
    "HEIMTA_OUTSIDE_ORIGINS",
    "HEIMTA_WEBHOOK_SECRET",
    "HEIMTA_LOG",
    "HEIMTA_METRICS_TOKEN",
    "HEIMTA_APPENDFSYNC",
    "HEIMTA_MEMORY_MB",
    "HEIMTA_REDIS_WAIT_REPLICAS",
)


class SettingsError(Exception):
    """A setting is wrong. The message is for the operator, complete in itself."""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What the operator decided. Addresses have no slash at the end.

    redis_url: None means: run the embedded Valkey in `data`.
    metrics_token: what a reader of /metrics has to show; empty: readers on this machine only.
    redis_wait_replicas: how many replicas must have an event before it is acknowledged.
    appendfsync: when the embedded Valkey's log is on the disk.
    memory_mb: what the embedded Valkey may have, in millions of bytes; 0 for no limit.
    max_connections: open at once in one process. peer_connections: from one address, 0 for no limit of its
    own.
    shop_mb_per_minute: of events that one process of the edge takes for one shop, in millions of bytes.
    push_origins: origins that may receive a push besides the known push services.
    outside_origins: origins that SMS gateways, Messenger, webhooks and shops' APIs may have though private or
    without TLS.
    push_connect_to: where a push for an origin is really sent, origin -> origin; for tests and proxies.
    """

    redis_url: str | None
    data: Path
    host: str
    edge_port: int
    console_port: int
    worker_port: int
    shop_port: int
    edge_url: str
    console_url: str
    shop_url: str
    partitions: int
    max_connections: int
    peer_connections: int
    shop_mb_per_minute: int
    push_origins: tuple[str, ...]
    push_connect_to: dict[str, str]
    outside_origins: tuple[str, ...]
    webhook_secret: str
    log: Literal["json", "text"]
    metrics_token: str
    appendfsync: Literal["everysec", "always"]
    memory_mb: int
    redis_wait_replicas: int


def load(environ: Mapping[str, str]) -> Settings:
    """Read the settings, or raise SettingsError for the first that is wrong."""
    _refuse_misspelt(environ)
    env = {name: environ.get(name, "").strip() for name in NAMES}
    edge = _whole(env, "HEIMTA_EDGE_PORT", 8101, 1, 65535)
    console = _whole(env, "HEIMTA_CONSOLE_PORT", 8102, 1, 65535)
    worker = _whole(env, "HEIMTA_WORKER_PORT", 8103, 1, 65535)
    shop = _whole(env, "HEIMTA_SHOP_PORT", 8100, 1, 65535)
    return Settings(
        redis_url=_redis_url(env["HEIMTA_REDIS_URL"]),
        data=Path(env["HEIMTA_DATA"] or ".heimta"),
        host=env["HEIMTA_HOST"] or "127.0.0.1",
        edge_port=edge,
        console_port=console,
        worker_port=worker,
        shop_port=shop,
        edge_url=_origin(env, "HEIMTA_EDGE_URL", f"http://127.0.0.1:{edge}"),
        console_url=_origin(env, "HEIMTA_CONSOLE_URL", f"http://127.0.0.1:{console}"),
        shop_url=_origin(env, "HEIMTA_SHOP_URL", f"http://localhost:{shop}"),
        partitions=_whole(env, "HEIMTA_PARTITIONS", 16, 1, 256),
        max_connections=_whole(env, "HEIMTA_MAX_CONNECTIONS", 8192, 16, 1_000_000),
        peer_connections=_whole(env, "HEIMTA_PEER_CONNECTIONS", 0, 0, 1_000_000),
        shop_mb_per_minute=_whole(env, "HEIMTA_SHOP_MB_PER_MINUTE", 128, 1, 1_000_000),
        push_origins=_origins(env, "HEIMTA_PUSH_ORIGINS"),
        push_connect_to=_connect_to(env["HEIMTA_PUSH_CONNECT_TO"]),
        outside_origins=_origins(env, "HEIMTA_OUTSIDE_ORIGINS"),
        webhook_secret=env["HEIMTA_WEBHOOK_SECRET"],
        log=_log(env["HEIMTA_LOG"]),
        metrics_token=_token(env["HEIMTA_METRICS_TOKEN"]),
        appendfsync=_appendfsync(env["HEIMTA_APPENDFSYNC"]),
        memory_mb=_memory(env),
        redis_wait_replicas=_whole(env, "HEIMTA_REDIS_WAIT_REPLICAS", 0, 0, 5),
    )


def _refuse_misspelt(environ: Mapping[str, str]) -> None:
    """A near miss is an error; a name that looks like none of ours belongs to somebody else."""
    for name in sorted(environ):
        if name in NAMES or not name.startswith("HEIMTA_"):
            continue
        if near := difflib.get_close_matches(name, NAMES, n=1, cutoff=0.9):
            raise SettingsError(f"{name} is not a setting; did you mean {near[0]}? Rename or unset it.")


def _whole(env: Mapping[str, str], name: str, default: int, low: int, high: int) -> int:
    text = env[name]
    if not text:
        return default
    if text.isascii() and text.isdigit() and low <= int(text) <= high:
        return int(text)
    # Kubernetes puts HEIMTA_EDGE_PORT=tcp://… into pods when a service is called heimta-edge.
    hint = "; set enableServiceLinks: false in the pod" if text.startswith("tcp://") else ""
    raise SettingsError(
        f"{name} is {text!r}; it must be a whole number from {low} to {high}, for example {default}{hint}"
    )


def _redis_url(text: str) -> str | None:
    if not text:
        return None
    scheme, separator, rest = text.partition("://")
    if not separator or scheme not in REDIS_SCHEMES:
        raise SettingsError(
            f"HEIMTA_REDIS_URL is {_hide_password(text)!r}; it needs a scheme "
            f"({', '.join(REDIS_SCHEMES)}), for example redis://localhost:6379/0"
        )
    if scheme == "unix" and not rest.startswith("/"):
        raise SettingsError(
            f"HEIMTA_REDIS_URL is {_hide_password(text)!r}; a socket needs its whole path, for example "
            "unix:///run/valkey.sock"
        )
    if scheme != "unix" and not all(map(_host_and_port_are_good, _nodes(text))):
        raise SettingsError(
            f"HEIMTA_REDIS_URL is {_hide_password(text)!r}; it needs a host, and a port from 1 to 65535 "
            f"if it names one, for example {scheme}://localhost:6379"
        )
    if scheme in ("redis", "rediss") and not re.fullmatch(r"(/[0-9]*)?/?", urlsplit(text).path):
        raise SettingsError(
            f"HEIMTA_REDIS_URL is {_hide_password(text)!r}; behind the host stands the database, a number, "
            f"for example {scheme}://localhost:6379/0"
        )
    return text


def _nodes(url: str) -> list[str]:
    """The address of each node that a cluster's URL names; for one server, its own."""
    scheme, _, rest = url.partition("://")
    if not scheme.endswith("+cluster"):
        return [url]
    return [f"{scheme}://{node}" for node in rest.rpartition("@")[2].partition("?")[0].split(",")]


def _host_and_port_are_good(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _hide_password(url: str) -> str:
    """The address without what stands before its @, and behind `password=`: a password must not reach a
    terminal or a log.
    """
    url = re.sub(r"(?<=[?&]password=)[^&]*", "…", url)
    head, at, tail = url.rpartition("@")
    scheme, separator, _ = head.partition("://")
    return f"{scheme}{separator}…@{tail}" if at else url


def _origin(env: Mapping[str, str], name: str, default: str) -> str:
    text = (env[name] or default).rstrip("/")
    if not _is_origin(text):
        raise SettingsError(
            f"{name} is {text!r}; it must be an origin (scheme, host, perhaps a port; no path), "
            f"for example {default}"
        )
    return text


def _origins(env: Mapping[str, str], name: str) -> tuple[str, ...]:
    try:
        return parse_origins(env[name])
    except ValueError as error:
        raise SettingsError(
            f"{name}: {error}; separate several by commas, "
            "for example https://push.example.com,http://127.0.0.1:9000"
        ) from error


def _connect_to(text: str) -> dict[str, str]:
    try:
        return parse_connect_to(text)
    except ValueError as error:
        raise SettingsError(
            f"HEIMTA_PUSH_CONNECT_TO: {error}; each must be ORIGIN=ORIGIN, separated by commas, "
            "for example https://fcm.googleapis.com=http://127.0.0.1:9000"
        ) from error


def _log(text: str) -> Literal["json", "text"]:
    if text in ("", "text"):
        return "text"
    if text == "json":
        return "json"
    raise SettingsError(f"HEIMTA_LOG is {text!r}; it must be json or text")


def _token(text: str) -> str:
    if text and (len(text) < MIN_TOKEN or not text.isascii() or not text.isprintable() or " " in text):
        raise SettingsError(  # without the value: it is a secret
            f"HEIMTA_METRICS_TOKEN has {len(text)} characters; it needs {MIN_TOKEN} or more printable ASCII "
            "ones without spaces, for example what `openssl rand -hex 24` prints"
        )
    return text


def _appendfsync(text: str) -> Literal["everysec", "always"]:
    if text in ("", "everysec"):
        return "everysec"
    if text == "always":
        return "always"
    raise SettingsError(f"HEIMTA_APPENDFSYNC is {text!r}; it must be everysec or always")


def _memory(env: Mapping[str, str]) -> int:
    mb = _whole(env, "HEIMTA_MEMORY_MB", 0, 0, 100_000_000)
    if 0 < mb < MIN_MEMORY_MB:  # who means gigabytes would have a store that refuses all
        raise SettingsError(
            f"HEIMTA_MEMORY_MB is {mb}; it is in millions of bytes, {MIN_MEMORY_MB} or more, or 0 for no "
            "limit"
        )
    return mb


def _is_origin(text: str) -> bool:
    try:
        parts = urlsplit(text)
        host_is_there = bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and host_is_there and text == f"{parts.scheme}://{parts.netloc}"
