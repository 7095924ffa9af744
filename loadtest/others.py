"""Others' packages of npm, beside which ours is measured. loadtest/peers pins them."""

from __future__ import annotations

import subprocess
from pathlib import Path

PEERS = Path(__file__).parent / "peers"
FOLDER = PEERS / "node_modules"


def install() -> None:
    """As the lock has them, unless they are there. Raises CalledProcessError when npm cannot."""
    put_by_npm = FOLDER / ".package-lock.json"  # written when all of it is in place
    lock = PEERS / "package-lock.json"
    if not put_by_npm.exists() or put_by_npm.stat().st_mtime < lock.stat().st_mtime:
        subprocess.run(["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"], cwd=PEERS, check=True)
