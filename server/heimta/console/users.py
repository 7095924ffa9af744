"""Console users: adding and removing one, and telling whether a password is theirs.

Passwords are hashed with argon2id (RFC 9106, the library's own parameters), in a thread, a few at a time:
each hash takes 64 MiB and a core for a moment, and a flood of logins must leave both to the shop.
"""

from __future__ import annotations

import re
from functools import cache
from typing import cast

import anyio
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from heimta.store import users
from heimta.store.connect import Client

MIN_PASSWORD = 8
MAX_PASSWORD = 1024
EMAIL = re.compile(r"^[^\s@{}:]{1,64}@[^\s@{}:]{1,189}$")

_hasher = PasswordHasher()


class UserError(ValueError):
    """A user that cannot be added or removed. The message is for the operator."""


@cache
def nobody() -> str:
    """A hash that no password matches in practice, made with the parameters of the real ones."""
    return _hasher.hash("nobody has this password")


def normal(email: str) -> str:
    """An address as it is kept and looked up."""
    return email.strip().casefold()


def is_address(email: str) -> bool:
    """Whether it could be one, and may stand in a key."""
    return EMAIL.match(email) is not None


def check_address(email: str) -> None:
    """Raises UserError for what is no e-mail address."""
    if not is_address(normal(email)):
        raise UserError(f"{email!r} is not an e-mail address; one looks like jana@example.com")


async def add_user(redis: Client, email: str, password: str, *, now: int) -> None:
    """Add a console user, or give one a new password, which ends their sessions. Raises UserError."""
    check_address(email)
    if not MIN_PASSWORD <= len(password) <= MAX_PASSWORD:
        raise UserError(
            f"the password has {len(password)} characters; it needs {MIN_PASSWORD} to {MAX_PASSWORD}"
        )
    hashed = await anyio.to_thread.run_sync(_hasher.hash, password)
    await users.add(redis, normal(email), hashed, now)


async def remove_user(redis: Client, email: str) -> None:
    """Raises UserError when there is none."""
    if not await users.remove(redis, normal(email)):
        raise UserError(f"there is no user {normal(email)!r}; `heimta user list` names all")


async def find_user(
    redis: Client, email: str, password: str, hashing: anyio.CapacityLimiter
) -> users.User | None:
    """The user with this password; None for a wrong one. An unknown user costs the same work."""
    user = await users.get(redis, email) if is_address(email) else None
    known = user.password if user else nobody()
    right = await anyio.to_thread.run_sync(_verify, known, password[:MAX_PASSWORD], limiter=hashing)
    return user if right else None


def _verify(known: str, password: str) -> bool:
    try:
        return cast(bool, _hasher.verify(known, password))
    except (VerificationError, InvalidHashError):
        return False
