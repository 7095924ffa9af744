"""The container's health check."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest

from heimta.launch.health import is_healthy
from tests.launch.processes import SERVER
from tests.ports import free_port


class Answer(BaseHTTPRequestHandler):
    status = 200

    def do_GET(self) -> None:
        self.send_response(self.status if self.path == "/healthz" else 404)
        self.end_headers()

    def log_message(self, *args: object) -> None:
        """Keep the test's output clean."""


@pytest.fixture
def server() -> Iterator[HTTPServer]:
    Answer.status = 200
    with HTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_a_healthy_server_is_one_that_says_200(server: HTTPServer) -> None:
    assert is_healthy("127.0.0.1", server.server_port)
    Answer.status = 503
    assert not is_healthy("127.0.0.1", server.server_port)


def test_a_server_that_is_not_there_is_not_healthy() -> None:
    assert not is_healthy("127.0.0.1", free_port())


class OnIpv6(HTTPServer):
    address_family = socket.AF_INET6


def test_the_command_finds_a_server_on_ipv6_alone() -> None:
    try:
        server = OnIpv6(("::1", 0), Answer)
    except OSError:
        pytest.skip("this machine has no IPv6")
    Answer.status = 200
    with server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        command = [sys.executable, "-m", "heimta.launch.health", str(server.server_port)]
        code = subprocess.run(command, env={"PYTHONPATH": str(SERVER)}, check=False).returncode
        server.shutdown()
        thread.join()
    assert code == 0


@pytest.mark.parametrize(("status", "code"), [(200, 0), (503, 1)])
def test_the_command_ends_as_docker_wants_it(server: HTTPServer, status: int, code: int) -> None:
    Answer.status = status
    command = [sys.executable, "-m", "heimta.launch.health", str(server.server_port)]
    assert subprocess.run(command, env={"PYTHONPATH": str(SERVER)}, check=False).returncode == code
