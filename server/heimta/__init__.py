"""Heimta wins back revenue that a shop is about to lose. See ARCHITECTURE.md."""

__version__ = "0.1.0"
