"""Runs one `heimta` command to its end, as a person at a terminal would."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Mapping

from heimta.launch import lifeline
from heimta.launch.lock import LaunchError

LIMIT_S = 60
LOOK_S = 0.1  # between looks at whether somebody wants to stop


def run_heimta(
    args: tuple[str, ...],
    environ: Mapping[str, str],
    pause: Callable[[float], None],
    *,
    given_input: str = "",
) -> str:
    """What the command printed. A failure becomes a LaunchError with the command's own words.

    pause: called between looks; may raise to break the command off.
    """
    process = subprocess.Popen(
        [sys.executable, "-m", "heimta", *args],
        env=dict(environ),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lifeline.tie_to_parent(),
    )
    with process:
        try:
            out, err = _listen(process, given_input, pause)
        except BaseException:
            process.kill()
            raise
    if process.returncode != 0:
        words = (err.strip() or out.strip() or "it left no message").splitlines()
        raise LaunchError(f"`heimta {' '.join(args)}` failed: {' '.join(words[-3:])}")
    return out


def _listen(
    process: subprocess.Popen[str], given_input: str, pause: Callable[[float], None]
) -> tuple[str, str]:
    until = time.monotonic() + LIMIT_S
    given: str | None = given_input
    while time.monotonic() < until:
        try:
            return process.communicate(given, timeout=LOOK_S)
        except subprocess.TimeoutExpired:
            given = None  # it is on its way; communicate() takes up where it was
            pause(0)
    raise LaunchError(f"`{' '.join(map(str, process.args))}` did not end in {LIMIT_S} s")  # type: ignore[arg-type]
