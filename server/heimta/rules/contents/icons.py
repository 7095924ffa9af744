"""Small drawings of ours, before a line: strokes on a square of 24 (widgets/src/popup/icon.ts)."""

from __future__ import annotations

# SVG path data, each drawn with a stroke of 2.
ICONS = {
    "check": "M5 12.5l4.5 4.5L19 7.5",
    "returns": "M8 5L4 9l4 4M4 9h10.5a5 5 0 0 1 0 10H8",
    "guarantee": "M12 3l7 2.5v6c0 4.5-3 7.5-7 9.5c-4-2-7-5-7-9.5v-6zM9 11.5l2.2 2.2L15.5 9.5",
    "security": "M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 0 1 7 0v3M12 15v2",
    "delivery": "M2 6h12v10H2zM14 9.5h4l4 3.5v3h-8M6 16a2 2 0 1 0 4 0M16 16a2 2 0 1 0 4 0",
}
