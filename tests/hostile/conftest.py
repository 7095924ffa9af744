"""The edge of tests/edge, for strangers."""

from __future__ import annotations

from tests.edge.conftest import dist, edge

__all__ = ["dist", "edge"]
