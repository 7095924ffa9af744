"""A default port that is taken is stepped over; a chosen one is an error that names the variable."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from heimta.launch import ports
from heimta.launch.lock import LaunchError


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen(1)
        yield holder.getsockname()[1]


def free() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_a_chosen_port_that_is_taken_is_an_error(taken: int) -> None:
    with pytest.raises(LaunchError, match=rf"HEIMTA_SHOP_PORT is {taken}, but another program uses it"):
        ports.settle({"HEIMTA_SHOP_PORT": str(taken)}, ("HEIMTA_SHOP_PORT",), may_move=True)


def test_a_default_that_is_taken_moves_with_a_message(taken: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ports, "_port_of", lambda given, name: taken)
    chosen, told = ports.settle({}, ("HEIMTA_SHOP_PORT", "HEIMTA_EDGE_PORT"), may_move=True)
    moved = {int(chosen["HEIMTA_SHOP_PORT"]), int(chosen["HEIMTA_EDGE_PORT"])}
    assert len(moved) == 2 and taken not in moved
    assert all(not ports.why_not("127.0.0.1", port) for port in moved)
    assert len(told) == 2 and f"Port {taken}: another program uses it" in told[0]


def test_in_production_even_a_default_stays_where_it_is(taken: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ports, "_port_of", lambda given, name: taken)
    with pytest.raises(LaunchError, match="HEIMTA_EDGE_PORT"):
        ports.settle({}, ("HEIMTA_EDGE_PORT",), may_move=False)


def test_two_variables_cannot_choose_the_same_port() -> None:
    port = str(free())
    with pytest.raises(LaunchError, match="HEIMTA_SHOP_PORT has it already"):
        ports.settle(
            {"HEIMTA_SHOP_PORT": port, "HEIMTA_EDGE_PORT": port},
            ("HEIMTA_SHOP_PORT", "HEIMTA_EDGE_PORT"),
            may_move=True,
        )


@pytest.mark.parametrize("host", ["no.such.host.invalid", "192.0.2.1"])
def test_a_host_that_is_not_this_machine_is_named(host: str) -> None:
    with pytest.raises(LaunchError, match=f"HEIMTA_HOST is '{host}'"):
        ports.why_not(host, free())
