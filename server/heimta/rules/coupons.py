"""Coupon codes: what they look like."""

from __future__ import annotations

import secrets

# 32 letters without 0/O and 1/I; 12 of them carry 60 random bits.
ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
LENGTH = 12


def new_code(prefix: str) -> str:
    """A fresh code, unguessable: prefix, then 60 random bits."""
    return prefix + "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
