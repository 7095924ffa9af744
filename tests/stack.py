"""All of Heimta and the demo shop, as processes on free ports with a store of their own.

Started with the public commands, so a test meets what an operator starts. The shop is the demo's, with
a short silence and without holdouts unless a test asks for them.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

from heimta.launch.valkey import embedded
from tests.ports import free_port

ROOT = Path(__file__).parents[1]
DOCUMENTS = ROOT / "server" / "heimta" / "demo" / "documents"
LOGIN = "merchant@example.com"
PASSWORD = "wool and weather"
READY_S = 300  # hangs only; on an idle machine it is seconds
# What the checkout asks for, by the fields' ids.
ADDRESS = {
    "email": "anna@example.com",
    "name": "Anna",
    "street": "Laugavegur 1",
    "postcode": "101",
    "city": "Reykjavík",
}


class Stack:
    """silence_s: how long a cart is left alone until it counts as abandoned."""

    def __init__(self, folder: Path, redis_url: str, more: Mapping[str, str]) -> None:
        self.folder = folder
        ports = {name: free_port() for name in ("EDGE", "CONSOLE", "WORKER", "SHOP")}
        self.shop_url = f"http://localhost:{ports['SHOP']}"
        self.edge_url = f"http://127.0.0.1:{ports['EDGE']}"
        self.console_url = f"http://127.0.0.1:{ports['CONSOLE']}"
        self.worker_url = f"http://127.0.0.1:{ports['WORKER']}"
        self.redis_url = redis_url
        self.environ = {
            **{name: value for name, value in os.environ.items() if not name.startswith("HEIMTA_")},
            "PYTHONPATH": str(ROOT / "server"),
            "HEIMTA_REDIS_URL": redis_url,
            "HEIMTA_DATA": str(folder),
            **{f"HEIMTA_{name}_PORT": str(port) for name, port in ports.items()},
            **more,
        }
        self._children: list[subprocess.Popen[bytes]] = []

    def heimta(self, *args: str, given: str = "", expect: int = 0) -> str:
        """Run one command to its end. Returns what it printed."""
        done = subprocess.run(
            [sys.executable, "-m", "heimta", *args],
            env=self.environ,
            input=given,
            capture_output=True,
            text=True,
            timeout=READY_S,
        )
        assert done.returncode == expect, done.stderr + done.stdout
        return done.stdout + done.stderr

    def start(self, *, silence_s: float, holdout_pct: int, apart_s: int) -> None:
        made = json.loads(self.heimta("shop", "create", "demo", "--json"))
        self.environ["HEIMTA_WEBHOOK_SECRET"] = made["webhook_secret"]
        self.install(silence_s=silence_s, holdout_pct=holdout_pct, apart_s=apart_s)
        self.heimta("user", "add", LOGIN, "--password-stdin", given=f"{PASSWORD}\n")
        for args in (["edge"], ["worker"], ["console"], ["demo-shop", "--records"]):
            self.spawn(*args)
        for url in (self.edge_url, self.console_url, self.shop_url):
            self.wait(f"{url}/healthz")
        self.wait(f"{self.worker_url}/readyz")
        self.wait(f"{self.edge_url}/s/demo.js")

    def install(self, *, silence_s: float, holdout_pct: int, apart_s: int = 60) -> None:
        """The demo's documents, with this test's silence and holdouts.

        apart_s: from what was seen on the page to the next, and to a message.
        """
        for file in sorted(DOCUMENTS.glob("*.yaml")):
            text = file.read_text().replace("${SHOP_URL}", self.shop_url)
            text = re.sub(r"abandoned_after_min: \S+", f"abandoned_after_min: {silence_s / 60}", text)
            shop = f"kind: shop\nattention: {{apart_s: {apart_s}}}\n"
            text = text.replace("kind: shop\n", shop)
            text = re.sub(r"holdout_pct: \d+", f"holdout_pct: {holdout_pct}", text)
            (self.folder / file.name).write_text(text)
        self.heimta("apply", *(str(self.folder / file.name) for file in sorted(DOCUMENTS.glob("*.yaml"))))

    def spawn(self, *args: str) -> subprocess.Popen[bytes]:
        log = (self.folder / f"{args[0]}.log").open("ab")
        child = subprocess.Popen(
            [sys.executable, "-m", "heimta", *args],
            env=self.environ,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        log.close()
        self._children.append(child)
        return child

    def wait(self, url: str) -> None:
        """Until the address answers 200. A child that has ended is told of with its log."""
        end = time.monotonic() + READY_S
        while time.monotonic() < end:
            try:
                with urlopen(url, timeout=10) as answer:
                    if answer.status == 200:
                        return
            except OSError:
                time.sleep(0.1)
        logs = "\n".join(f"{log.name}:\n{log.read_text()[-2000:]}" for log in self.folder.glob("*.log"))
        raise AssertionError(f"{url} did not answer in {READY_S} s\n{logs}")

    def stop(self) -> None:
        for child in self._children:
            child.terminate()
        for child in self._children:
            try:
                child.wait(15)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()

    def orders(self) -> list[dict[str, Any]]:
        """The shop's own records."""
        with urlopen(f"{self.shop_url}/admin/orders.json", timeout=60) as answer:
            told = json.load(answer)
        return list(told["orders"] if isinstance(told, dict) else told)

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> dict[str, Any]:
        with urlopen(Request(url, body, dict(headers)), timeout=60) as answer:
            return dict(json.load(answer))


@contextmanager
def stack(
    *,
    silence_s: float = 12.0,
    holdout_pct: int = 0,
    apart_s: int = 60,
    environ: Mapping[str, str] | None = None,
) -> Iterator[Stack]:
    with ExitStack() as end:
        folder = Path(end.enter_context(tempfile.TemporaryDirectory(prefix="hs", ignore_cleanup_errors=True)))
        url = end.enter_context(embedded(folder / "store"))
        running = Stack(folder, url, environ or {})
        end.callback(running.stop)
        running.start(silence_s=silence_s, holdout_pct=holdout_pct, apart_s=apart_s)
        yield running
