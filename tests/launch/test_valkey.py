"""The embedded store: real, durable, and gone with its parent."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import pytest
import redis

from heimta.launch import lifeline, valkey
from heimta.launch.lock import LaunchError
from tests.launch.processes import eventually, first_line, kill, python

HOLD = """
from pathlib import Path
from heimta.launch.valkey import Valkey
server = Valkey(Path(sys.argv[1])); server.start()
print(server.process.pid, flush=True)
sys.stdin.read()
"""


def ask(url: str, *command: str | int) -> object:
    client = redis.Redis.from_url(url, decode_responses=True)
    try:
        return client.execute_command(*command)
    finally:
        client.close()


def test_it_keeps_its_data_between_runs(data: Path) -> None:
    with valkey.embedded(data) as url:
        ask(url, "SET", "cart", "kept")
    with valkey.embedded(data) as url:
        assert ask(url, "GET", "cart") == "kept"


def test_another_user_of_the_machine_reads_none_of_it(data: Path) -> None:
    """A shop on the same machine, say: its files may be read by all, whatever the umask and who began it."""
    folder = data / "valkey"
    folder.mkdir(parents=True, mode=0o755)
    with valkey.embedded(data) as url:
        ask(url, "SET", "secret", "x")
        assert folder.stat().st_mode & 0o777 == 0o700
        kept = [file for file in data.rglob("*") if file.is_file() and b"secret" in file.read_bytes()]
        assert kept and all(folder in file.parents for file in kept)


def test_it_never_forgets_to_make_room_and_writes_every_command_down(data: Path) -> None:
    with valkey.embedded(data) as url:
        assert ask(url, "CONFIG", "GET", "appendonly") == {"appendonly": "yes"}
        assert ask(url, "CONFIG", "GET", "maxmemory-policy") == {"maxmemory-policy": "noeviction"}
        assert ask(url, "CONFIG", "GET", "port") == {"port": "0"}


def test_beyond_its_limit_of_memory_it_refuses_and_forgets_nothing(data: Path) -> None:
    with valkey.embedded(data) as url:
        assert ask(url, "CONFIG", "GET", "maxmemory") == {"maxmemory": "0"}
        ask(url, "SET", "cart", "x" * 80_000_000)
    with valkey.embedded(data, memory_mb=64) as url:
        assert ask(url, "CONFIG", "GET", "maxmemory") == {"maxmemory": "64000000"}
        with pytest.raises(redis.OutOfMemoryError):
            ask(url, "SET", "more", "x")
        assert ask(url, "STRLEN", "cart") == 80_000_000


def test_what_it_answered_survives_kill_9(data: Path) -> None:
    server = valkey.Valkey(data)
    server.start()
    assert server.process is not None
    ask(server.url, "SET", "order", "1001")
    server.process.kill()
    server.process.wait()
    assert not server.is_alive()
    with valkey.embedded(data) as url:
        assert ask(url, "GET", "order") == "1001"


def test_a_path_too_long_for_a_socket_is_no_trouble(data: Path) -> None:
    deep = data / ("x" * 120)
    with valkey.embedded(deep) as url:
        socket = Path(url.removeprefix("unix://"))
        assert len(str(socket)) < valkey.MAX_SOCKET_PATH
        assert socket.parent.stat().st_mode & 0o777 == 0o700
        assert ask(url, "PING") is True
    assert not socket.parent.exists()


def test_a_start_that_failed_leaves_the_next_one_its_short_path(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As while the disk is full: `heimta serve` tries until it starts."""

    def full(*args: object, **more: object) -> None:
        raise OSError("No space left on device")

    server = valkey.Valkey(data / ("x" * 120))
    with monkeypatch.context() as while_full:
        while_full.setattr(lifeline, "write_record", full)
        with pytest.raises(OSError, match="No space"):
            server.start()
    server.start()
    try:
        assert ask(server.url, "PING") is True
    finally:
        server.stop()
    assert not server.socket.parent.exists()


def test_it_dies_with_a_parent_that_is_killed(data: Path) -> None:
    parent = python(HOLD, data, stdin=subprocess.PIPE)
    pid = int(first_line(parent))
    assert lifeline.identity(pid) is not None
    kill(parent)
    assert eventually(lambda: lifeline.identity(pid) is None)
    with valkey.embedded(data) as url:
        assert ask(url, "PING") is True


def test_a_server_left_over_from_a_killed_run_is_stopped_at_the_next_start(data: Path) -> None:
    """As on systems without a parent-death signal: it runs on, and only its record knows it."""
    with valkey.embedded(data) as url:
        ask(url, "SET", "cart", "kept")
    left_over = subprocess.Popen(
        [str(valkey._binary()), "--port", "0", "--dir", str(data / "valkey"), "--appendonly", "yes",
         "--unixsocket", str(data / "valkey/valkey.sock"), "--set-proc-title", "no"],
        stdout=subprocess.DEVNULL,
    )  # fmt: skip
    assert eventually(lambda: valkey.ping(data / "valkey/valkey.sock").startswith("+PONG"))
    lifeline.write_record(data / "run/valkey.json", left_over.pid, socket=str(data / "valkey/valkey.sock"))
    with valkey.embedded(data) as url:
        assert left_over.wait(timeout=30) == 0
        assert ask(url, "GET", "cart") == "kept"


def test_another_command_finds_the_running_store_and_only_then(data: Path) -> None:
    assert valkey.running(data) is None
    with valkey.embedded(data) as url:
        assert valkey.running(data) == url
    assert valkey.running(data) is None


def test_a_server_that_cannot_start_says_why(data: Path) -> None:
    (data / "valkey/appendonlydir").mkdir(parents=True)
    (data / "valkey/appendonlydir/appendonly.aof.manifest").write_text("this is no manifest\n")
    with pytest.raises(LaunchError, match=r"ended at once: .*(see .*valkey\.log)"):
        valkey.Valkey(data).start()


def test_half_a_command_at_the_end_of_the_log_is_cut_off(data: Path) -> None:
    with valkey.embedded(data) as url:
        ask(url, "SET", "cart", "kept")
    log = next((data / "valkey/appendonlydir").glob("*.incr.aof"))
    log.write_bytes(log.read_bytes() + b"*3\r\n$3\r\nSET\r\n$4\r\nca")
    with valkey.embedded(data) as url:
        assert ask(url, "GET", "cart") == "kept"


def test_a_socket_folder_of_somebody_else_is_refused(data: Path) -> None:
    short = valkey._private_folder(data)
    try:
        short.chmod(0o777)
        with pytest.raises(LaunchError, match="not a folder of this user alone"):
            valkey._private_folder(data)
    finally:
        short.rmdir()


def test_a_server_that_ignores_the_polite_signal_is_ended_all_the_same(data: Path) -> None:
    server = valkey.Valkey(data)
    server.start()
    assert server.process is not None
    pid = server.process.pid
    os.kill(pid, signal.SIGSTOP)
    server.stop()
    assert lifeline.identity(pid) is None
