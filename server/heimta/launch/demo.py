"""`heimta demo`: the whole of Heimta and a shop to try it on, on this machine, until Ctrl-C.

The demo shop is set up as a merchant would set up theirs: through `heimta shop create`,
`heimta apply` and `heimta user add`. So what the demo shows works for everyone.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from pathlib import Path

from heimta import settings
from heimta.launch import documents, ports
from heimta.launch.run import run_heimta
from heimta.launch.session import Session, run_until_stopped, say
from heimta.launch.supervise import PATIENCE_S, Command, Supervisor

SHOP = "demo"
LOGIN = "demo@heimta.test"
PORTS = ("HEIMTA_SHOP_PORT", "HEIMTA_EDGE_PORT", "HEIMTA_CONSOLE_PORT", "HEIMTA_WORKER_PORT")


def main(environ: Mapping[str, str] | None = None) -> int:
    """Run the demo. Returns the exit code: 0 after Ctrl-C, 1 after a start that cannot be."""
    return run_until_stopped("heimta demo", _run, os.environ if environ is None else environ, PATIENCE_S)


def _run(environ: Mapping[str, str], session: Session) -> None:
    chosen, moved = ports.settle(environ, PORTS, may_move=True)
    for message in moved:
        say(message)
    say("Starting store, edge, worker, console and shop …", end=" ")
    chosen |= session.open_store()
    password = _start(session.supervisor, chosen, session.data)
    say(f"{session.seconds():.0f} s")
    say(_greeting(settings.load(chosen), session.data, password))


def _start(supervisor: Supervisor, chosen: Mapping[str, str], data: Path) -> str:
    """Start the children and set the demo shop up at the same time. Returns the login's password."""
    own, pause = settings.load(chosen), supervisor.stop_signal.pause
    public = {name: value for name, value in chosen.items() if name != "HEIMTA_WEBHOOK_SECRET"}
    supervisor.start(
        Command("edge", ("edge",), public, own.host, own.edge_port),
        Command("worker", ("worker",), public, own.host, own.worker_port),
        Command("console", ("console",), public, own.host, own.console_port),
    )
    shop = documents.create_shop(SHOP, public, pause)
    secret = {"HEIMTA_WEBHOOK_SECRET": shop.webhook_secret, "HEIMTA_EDGE_URL": own.edge_url}
    supervisor.start(Command("shop", ("demo-shop",), {**public, **secret}, own.host, own.shop_port))
    password, is_new_password = _password(data)
    is_new_store = documents.install(shop, data, own.shop_url, public, pause)
    if is_new_store or is_new_password:
        run_heimta(("user", "add", LOGIN, "--password-stdin"), public, pause, given_input=f"{password}\n")
    supervisor.wait_until_ready()
    return password


def _password(data: Path) -> tuple[str, bool]:
    """The demo login's password, kept with the data it opens; and whether it was made just now."""
    file = data / "demo-password"
    is_new = not file.exists()
    if is_new:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as out:
            out.write(f"{secrets.token_urlsafe(9)}\n")
    return file.read_text().strip(), is_new


def _greeting(own: settings.Settings, data: Path, password: str) -> str:
    edge, worker = f"{own.edge_url}/healthz", f"http://{own.host}:{own.worker_port}/healthz"
    return f"""
The demo runs. What it knows is kept in {data}.

  Shop     {own.shop_url:<31} put two things into the cart, then move to leave
  Console  {own.console_url:<31} {LOGIN}   password {password}
  Edge     {edge}
  Worker   {worker}

Ctrl-C stops it."""
