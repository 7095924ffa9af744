"""Load by wrk: realistic batches of 4,000 visitors in turn, with or without think time."""

from __future__ import annotations

import json
import random
import re
import subprocess
from pathlib import Path
from tempfile import gettempdir

from msgspec import Struct

VISITORS = 4000
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
ORIGIN = "http://shop.test"
AT = 1_790_000_000_000  # the browser's clock; only its distance from `sent` matters

# The bodies are read once a thread; `delay` is called before each request.
SCRIPT = """
local bodies, n = {}, 0
function init(args)
  for line in io.lines(args[1]) do bodies[#bodies + 1] = line end
  think = tonumber(args[2])
  math.randomseed(tonumber(args[3]))
  n = math.random(#bodies)
  wrk.method = 'POST'
  wrk.headers['Origin'] = args[4]
  wrk.headers['Content-Type'] = 'text/plain;charset=UTF-8'
  wrk.headers['User-Agent'] = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140 Safari/537.36'
end
function request()
  n = n % #bodies + 1
  return wrk.format(nil, nil, nil, bodies[n])
end
function delay() return think > 0 and math.random(0, 2 * think) or 0 end
function done(summary, latency, requests)
  local e = summary.errors
  io.write(string.format('\\nRESULT %d %d %d %d %d %d %d\\n', summary.requests, summary.duration,
    e.status, e.connect + e.read + e.write + e.timeout,
    latency:percentile(50), latency:percentile(99), latency:percentile(99.9)))
end
"""


class Load(Struct, frozen=True):
    """What wrk saw. Latencies in microseconds."""

    requests: int
    seconds: float
    refused: int  # answers other than 2xx and 3xx
    broken: int
    p50: int
    p99: int
    p999: int


def make_bodies(seed: int) -> Path:
    """4,000 batches of four events, about 700 bytes each, one a line."""
    dice = random.Random(seed)
    lines = [json.dumps(_batch(dice), separators=(",", ":")) for _ in range(VISITORS)]
    file = Path(gettempdir()) / f"heimta-bodies-{seed}-{len(lines[0])}.txt"
    file.write_text("\n".join(lines))
    return file


def _batch(dice: random.Random) -> dict[str, object]:
    line = {"sku": "mug-blue", "name": "Mug, blue", "qty": 2, "unit_minor": 1900}
    cart = {"id": _id(dice, 11), "currency": "EUR", "exponent": 2, "total_minor": 3800, "lines": [line]}
    seen = {"sku": "mug-blue", "name": "Mug, blue", "unit_minor": 1900, "currency": "EUR", "exponent": 2}
    told: list[tuple[str, dict[str, object]]] = [
        ("page_viewed", {"ref": "www.example.com/search", "width": 1280, "touch": False}),
        ("product_viewed", dict(seen)),
        ("cart_updated", {"cart": cart}),
        ("exit_intended", {"device": "pointer", "score": 0.82}),
    ]
    events = [
        {"n": n, "t": name, "at": AT + 900 * n, "u": "/products/mug-blue", "p": props}
        for n, (name, props) in enumerate(told)
    ]
    return {
        **{"v": 1, "vid": _id(dice, 22), "sid": _id(dice, 11), "src": _id(dice, 11), "lang": "de"},
        **{"preview": False, "sent": AT + 5000, "ev": events},
    }


def _id(dice: random.Random, length: int) -> str:
    return "".join(dice.choices(ALPHABET, k=length))


def run(
    port: int, bodies: Path, *, seconds: int, connections: int, think_ms: int, seed: int, core: int
) -> Load:
    """One sample. Raises RuntimeError with wrk's words when it gave no result."""
    script = bodies.with_suffix(".lua")
    script.write_text(SCRIPT)
    command = ["taskset", "-c", str(core), "wrk", "-t1", f"-c{connections}", f"-d{seconds}s"]
    command += ["-s", str(script), f"http://127.0.0.1:{port}/s/bench", "--"]
    command += [str(bodies), str(think_ms), str(seed), ORIGIN]
    done = subprocess.run(command, capture_output=True, text=True, timeout=seconds + 30, check=False)
    found = re.search(r"^RESULT ([\d ]+)$", done.stdout, re.MULTILINE)
    if found is None:
        raise RuntimeError(f"wrk: {done.stdout}{done.stderr}")
    requests, micros, refused, broken, p50, p99, p999 = (int(part) for part in found[1].split())
    return Load(requests, micros / 1e6, refused, broken, p50, p99, p999)
