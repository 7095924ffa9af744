"""`make time-demo`: how long a stranger waits for the shop in a fresh clone with empty caches, then again.

Ends with a PASS or FAIL line a figure; exit code to match. Standard library only.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.request import urlopen

from progress import ROOT

BARS_S = {"demo-first-start": 180.0, "demo-second-start": 15.0}
GIVE_UP_S = 600.0
PORTS = ("HEIMTA_SHOP_PORT", "HEIMTA_EDGE_PORT", "HEIMTA_CONSOLE_PORT", "HEIMTA_WORKER_PORT")


def free_ports() -> dict[str, str]:
    socks = [socket.socket() for _ in PORTS]
    for sock in socks:
        sock.bind(("127.0.0.1", 0))
    ports = {name: str(sock.getsockname()[1]) for name, sock in zip(PORTS, socks, strict=True)}
    for sock in socks:
        sock.close()
    return ports


def time_start(clone: Path, environ: dict[str, str]) -> float:
    """Seconds from `make demo` until the shop's first page; stops it again."""
    began = time.monotonic()
    demo = subprocess.Popen(["make", "demo"], cwd=clone, env=environ, start_new_session=True)
    try:
        while time.monotonic() - began < GIVE_UP_S and demo.poll() is None:
            try:
                with urlopen(f"http://localhost:{environ['HEIMTA_SHOP_PORT']}/", timeout=2):
                    return time.monotonic() - began
            except OSError:
                time.sleep(0.1)
        return float("inf")
    finally:
        os.killpg(demo.pid, signal.SIGINT)
        demo.wait(30)


def main() -> int:
    good = True
    with tempfile.TemporaryDirectory(prefix="ht") as folder:
        clone = Path(folder) / "clone"
        subprocess.run(["git", "clone", "-q", str(ROOT), str(clone)], check=True)
        environ = {name: value for name, value in os.environ.items() if not name.startswith("HEIMTA_")}
        environ |= {"PIP_CACHE_DIR": f"{folder}/pip", "npm_config_cache": f"{folder}/npm", **free_ports()}
        for name, bar in BARS_S.items():
            took = time_start(clone, environ)
            good = good and took <= bar
            print(f"{'PASS' if took <= bar else 'FAIL'} {name} {took:.1f} s (bar {bar:.0f} s)", flush=True)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
