"""Runs one `heimta` command to its end, as a person at a terminal would."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping

from heimta.launch import lifeline
from heimta.launch.lock import LaunchError

LIMIT_S = 60


def run_heimta(args: tuple[str, ...], environ: Mapping[str, str], *, given_input: str = "") -> str:
    """What the command printed. A failure becomes a LaunchError with the command's own words."""
    try:
        done = subprocess.run(
            [sys.executable, "-m", "heimta", *args],
            env=dict(environ),
            input=given_input,
            capture_output=True,
            text=True,
            timeout=LIMIT_S,
            check=False,
            preexec_fn=lifeline.tie_to_parent(),
        )
    except subprocess.TimeoutExpired:
        raise LaunchError(f"`heimta {' '.join(args)}` did not end in {LIMIT_S} s") from None
    if done.returncode != 0:
        words = (done.stderr.strip() or done.stdout.strip() or "it left no message").splitlines()
        raise LaunchError(f"`heimta {' '.join(args)}` failed: {' '.join(words[-3:])}")
    return done.stdout
