"""`python -m heimta`, and the `heimta` command. A process starts without the code of the other commands."""

from __future__ import annotations

import sys


def main() -> None:
    try:
        if len(sys.argv) == 2 and sys.argv[1] in ("edge", "console", "worker"):
            from heimta.roles import ROLES, told

            told(ROLES[sys.argv[1]])
        else:
            from heimta.cli import main as commands

            commands()
    except KeyboardInterrupt:  # Ctrl-C before a command took over: importing everything takes a second
        raise SystemExit(130) from None


if __name__ == "__main__":
    main()
