"""`heimta serve`: edge, console and worker in one command, with the embedded store if none is named."""

from __future__ import annotations

import os
from collections.abc import Mapping

from heimta import settings
from heimta.launch import ports
from heimta.launch.session import Session, run_until_stopped, say
from heimta.launch.supervise import Command

PATIENCE_S = 18.0  # requests and sends in hand are finished; app.py gives them 15 s
PORTS = ("HEIMTA_EDGE_PORT", "HEIMTA_CONSOLE_PORT", "HEIMTA_WORKER_PORT")


def main(environ: Mapping[str, str] | None = None) -> int:
    """Run until a signal. Returns the exit code: 0 after a signal, 1 after a start that cannot be."""
    return run_until_stopped("heimta serve", _run, os.environ if environ is None else environ, PATIENCE_S)


def _run(environ: Mapping[str, str], session: Session) -> None:
    chosen, _ = ports.settle(environ, PORTS, may_move=False)
    chosen |= session.open_store()
    own = settings.load(chosen)
    session.supervisor.start(
        Command("edge", ("edge",), chosen, own.host, own.edge_port),
        Command("worker", ("worker",), chosen, own.host, own.worker_port),
        Command("console", ("console",), chosen, own.host, own.console_port),
    )
    session.supervisor.wait_until_ready()
    say(f"Heimta serves. Edge {own.edge_url}, console {own.console_url}, logs in {session.data / 'logs'}.")
