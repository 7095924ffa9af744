"""Print one half of the traces, a line each: `python -m loadtest.exit report`."""

from __future__ import annotations

import sys

import msgspec

from loadtest.exit.classes import HALVES, build

if len(sys.argv) != 2 or sys.argv[1] not in HALVES:
    sys.exit(f"usage: python -m loadtest.exit {{{'|'.join(HALVES)}}}")
for trace in build(sys.argv[1]):
    print(msgspec.json.encode(trace).decode())
