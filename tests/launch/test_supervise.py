"""Children: ready before anyone is told so, started again when they end, gone when we are."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest
import redis

from heimta import settings
from heimta.launch import lifeline
from heimta.launch.lock import LaunchError
from heimta.launch.session import Session
from heimta.launch.stop import Stop, StopAsked
from heimta.launch.supervise import Backoff, Command, Supervisor
from tests.launch.processes import eventually, first_line, kill, python
from tests.ports import free_port

SERVE = """
import http.server, os, sys
class Health(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == "/healthz" else 404); self.end_headers()
    def log_message(self, *args): pass
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Health).serve_forever()
"""
STUBBORN = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("x", flush=True)
time.sleep(60)
"""
RUN = f"""
from pathlib import Path
from heimta.launch.stop import Stop, StopAsked
from heimta.launch.supervise import Command, Supervisor
stop = Stop()
stop.take_signals()
supervisor = Supervisor(Path(sys.argv[1]), lambda line: print(line, flush=True), stop)
serve = (sys.executable, "-c", {SERVE!r})
supervisor.start(Command("edge", (sys.argv[2],), {{}}, "127.0.0.1", int(sys.argv[2]), serve))
supervisor.wait_until_ready()
print(supervisor.children[0].process.pid, flush=True)
try:
    supervisor.watch(lambda: None)
except StopAsked:
    supervisor.stop()
print("stopped", flush=True)
"""


def command(code: str, port: int) -> Command:
    return Command("edge", (str(port),), dict(os.environ), "127.0.0.1", port, (sys.executable, "-c", code))


@pytest.mark.parametrize("with_signal", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_every_child_quickly(with_signal: signal.Signals, data: Path) -> None:
    parent = python(RUN, data, free_port())
    pid = int(first_line(parent))
    parent.send_signal(with_signal)
    assert parent.wait(timeout=20) == 0
    assert lifeline.identity(pid) is None
    assert first_line(parent) == "stopped"
    kill(parent)


def test_kill_9_leaves_no_child_behind(data: Path) -> None:
    parent = python(RUN, data, free_port())
    pid = int(first_line(parent))
    kill(parent)
    assert eventually(lambda: lifeline.identity(pid) is None)


def test_a_child_left_over_from_a_killed_run_is_stopped_before_its_port_is_needed(data: Path) -> None:
    port = free_port()
    left_over = subprocess.Popen([sys.executable, "-c", SERVE, str(port)])
    lifeline.write_record(data / "run/edge.json", left_over.pid)
    Supervisor(data, print, Stop()).heal("edge", "worker")
    assert left_over.wait(timeout=30) < 0


def test_a_child_that_ends_is_started_again_and_one_line_says_so(data: Path) -> None:
    said: list[str] = []
    port = free_port()
    supervisor = Supervisor(data, said.append, Stop())
    supervisor.start(command(SERVE, port))
    supervisor.wait_until_ready()
    first = supervisor.children[0].process
    assert first is not None
    first.kill()

    def stop_once_it_is_back() -> None:
        child = supervisor.children[0]
        supervisor.stop_signal.is_asked = child.process is not first and child.is_healthy()

    with pytest.raises(StopAsked):
        supervisor.watch(stop_once_it_is_back)
    supervisor.stop()
    assert len(said) == 1 and said[0].startswith("edge ended (signal 9); starting it again in 0.5 s")


def test_a_child_that_is_there_and_does_not_answer_is_ended_and_started_again(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stopped process ends by no signal but this, and never by itself."""
    for name, value in (("LOOK_S", 0.2), ("ANSWER_S", 0.2), ("DEAF", 3)):
        monkeypatch.setattr(f"heimta.launch.supervise.{name}", value)
    said: list[str] = []
    supervisor = Supervisor(data, said.append, Stop())
    supervisor.start(command(SERVE, free_port()))
    supervisor.wait_until_ready()
    child = supervisor.children[0]
    first = child.process
    assert first is not None
    answered = 0

    def stop_once_it_is_back() -> None:
        nonlocal answered
        if child.unanswered == 0 and child.process is first:
            answered += 1
            if answered == 5:
                first.send_signal(signal.SIGSTOP)
        supervisor.stop_signal.is_asked = child.process is not first and child.is_healthy()

    with pytest.raises(StopAsked):
        supervisor.watch(stop_once_it_is_back)
    supervisor.stop()
    assert [line.split(". ")[0] for line in said] == [
        "edge has not answered for 1 s; it is ended",
        "edge ended (signal 9); starting it again in 0.5 s",
    ]


def test_a_child_that_takes_long_to_start_is_left_alone(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As one that reads a large store for the first time."""
    monkeypatch.setattr("heimta.launch.supervise.LOOK_S", 0.0)
    supervisor = Supervisor(data, print, Stop())
    supervisor.start(command("import time; time.sleep(60)", free_port()))
    child = supervisor.children[0]
    assert not any(child.is_deaf(now) for now in range(20))
    supervisor.stop()


def test_one_that_keeps_ending_is_started_ever_more_slowly(data: Path) -> None:
    said: list[str] = []
    supervisor = Supervisor(data, said.append, Stop())
    supervisor.start(command("raise SystemExit(3)", free_port()))

    def stop_after_two() -> None:
        supervisor.stop_signal.is_asked = len(said) == 2

    with pytest.raises(StopAsked):
        supervisor.watch(stop_after_two)
    supervisor.stop()
    assert ["exit code 3" in line for line in said] == [True, True]
    assert "in 0.5 s" in said[0] and "in 1 s" in said[1]


def full(*args: object, **more: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def test_a_full_disk_keeps_no_child_from_being_started_again(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    supervisor = Supervisor(data, said.append, Stop())
    supervisor.start(command(SERVE, free_port()))
    supervisor.wait_until_ready()
    child = supervisor.children[0]
    first = child.process
    assert first is not None
    first.kill()
    monkeypatch.setattr(lifeline, "write_record", full)

    def stop_once_it_is_back() -> None:
        supervisor.stop_signal.is_asked = child.process is not first and child.is_healthy()

    with pytest.raises(StopAsked):
        supervisor.watch(stop_once_it_is_back)
    supervisor.stop()


def test_one_that_cannot_be_started_is_tried_again(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    supervisor = Supervisor(data, said.append, Stop())
    supervisor.start(command("raise SystemExit(3)", free_port()))
    monkeypatch.setattr(subprocess, "Popen", full)

    def stop_after_two() -> None:
        supervisor.stop_signal.is_asked = len(said) == 2

    with pytest.raises(StopAsked):
        supervisor.watch(stop_after_two)
    assert "edge cannot be started ([Errno 28] No space left on device); the next try is in 1 s" in said[1]


def test_what_ran_for_a_while_is_started_again_soon_and_no_wait_is_longer_than_it_may() -> None:
    backoff = Backoff(most_s=3)
    assert [backoff.wait_s(ran_s=1) for _ in range(5)] == [0.5, 1, 2, 3, 3]
    assert backoff.wait_s(ran_s=31) == 0.5


def test_a_store_that_cannot_be_started_again_is_tried_until_it_can(
    data: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """As on a disk that is full for a while: the others serve what needs no store meanwhile."""
    monkeypatch.setattr("heimta.launch.supervise.BACKOFF_S", (0.0,))
    supervisor = Supervisor(data, print, Stop())
    with ExitStack() as stack:
        session = Session(settings.load({"HEIMTA_DATA": str(data)}), data, supervisor, stack, 1.0)
        session.open_store()
        store = session.store
        assert store is not None and store.process is not None
        store.process.kill()
        store.process.wait()
        with monkeypatch.context() as while_full:
            while_full.setattr(lifeline, "write_record", full)
            for _ in range(4):
                session.tend_store()
        assert not store.is_alive()
        assert "cannot be started: [Errno 28] No space left on device" in capfd.readouterr().out
        assert eventually(lambda: session.tend_store() or store.is_alive())


def test_the_store_has_what_the_operator_gave_it(data: Path) -> None:
    given = settings.load(
        {"HEIMTA_DATA": str(data), "HEIMTA_MEMORY_MB": "512", "HEIMTA_APPENDFSYNC": "always"}
    )
    with ExitStack() as stack:
        session = Session(given, data, Supervisor(data, print, Stop()), stack, 1.0)
        with redis.Redis.from_url(session.open_store()["HEIMTA_REDIS_URL"], decode_responses=True) as store:
            wanted = {"maxmemory": "512000000", "appendfsync": "always", "maxmemory-policy": "noeviction"}
            assert store.config_get(*wanted) == wanted


def test_a_child_that_ends_at_once_fails_the_start_with_its_last_words(data: Path) -> None:
    supervisor = Supervisor(data, print, Stop())
    supervisor.start(command("raise SystemExit('no such store')", free_port()))
    with pytest.raises(LaunchError, match=r"edge ended at once: no such store \(see .*edge\.log\)"):
        supervisor.wait_until_ready()


def test_a_child_that_never_answers_fails_the_start(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("heimta.launch.supervise.READY_S", 0.5)
    port = free_port()
    supervisor = Supervisor(data, print, Stop())
    supervisor.start(command("import time; time.sleep(60)", port))
    with pytest.raises(LaunchError, match=f"edge did not answer on port {port} in "):
        supervisor.wait_until_ready()
    supervisor.stop()


def test_a_child_that_will_not_listen_is_killed(data: Path) -> None:
    supervisor = Supervisor(data, print, Stop())
    supervisor.start(command(STUBBORN, free_port()))
    child = supervisor.children[0]
    assert eventually(lambda: child.log.read_text() == "x\n")
    supervisor.stop()
    assert child.exit_code() == -signal.SIGKILL
