"""Console users, their sessions, and how often somebody tried to log in.

A session is stored under the SHA-256 of its cookie, so what is read in a dump of the store opens nothing.
"""

from __future__ import annotations

from hashlib import sha256

import msgspec

from heimta.store import keys
from heimta.store.connect import Client, text


class User(msgspec.Struct, frozen=True):
    """password: an argon2id hash, never the password."""

    email: str
    password: str
    created: int  # ms

    @property
    def mark(self) -> str:
        """Another one with every password, the same one set again included: each hash has its own salt."""
        return sha256(self.password.encode()).hexdigest()[:32]


class Session(msgspec.Struct, frozen=True):
    """csrf: what the forms of this session carry (console/form.py). mark: the user's when it began."""

    email: str
    csrf: str
    created: int  # ms
    mark: str = ""


_decode = msgspec.json.Decoder(Session).decode


async def add(redis: Client, email: str, password_hash: str, now: int) -> None:
    """Add a user, or give one a new password."""
    await redis.hset(keys.user(email), mapping={"password": password_hash, "created": now})


async def get(redis: Client, email: str) -> User | None:
    row = await redis.hgetall(keys.user(email))
    if not row:
        return None
    found = {text(name): text(value) for name, value in row.items()}
    return User(email, found["password"], int(found["created"]))


async def remove(redis: Client, email: str) -> bool:
    """False when there is no such user. Their sessions end with the next request of each."""
    return bool(await redis.delete(keys.user(email)))


async def emails(redis: Client) -> list[str]:
    """Of all users, sorted. Walks all keys: it is asked for seldom, and a list kept beside might lack one."""
    before = len(keys.user(""))
    return sorted([text(key)[before:] async for key in redis.scan_iter(match=keys.EVERY_USER, count=1000)])


async def open_session(redis: Client, token: str, session: Session) -> None:
    await redis.set(keys.login(_name(token)), msgspec.json.encode(session), ex=keys.LOGIN_TTL_S)


async def read_session(redis: Client, token: str) -> Session | None:
    """The session of a cookie, kept alive by being read. None: never was, timed out, logged out."""
    raw = await redis.getex(keys.login(_name(token)), ex=keys.LOGIN_TTL_S)
    return _decode(raw) if raw else None


async def drop_session(redis: Client, token: str) -> None:
    await redis.delete(keys.login(_name(token)))


async def count_try(redis: Client, who: str, *, free: int, longest_s: int) -> int:
    """Count one try to log in by `who`. Returns 0 when it may go on, else the seconds it has to wait.

    The first `free` tries within keys.TRIES_TTL_S go through; then one at a time, and the wait before
    the next doubles, up to `longest_s`. Counted before the password is looked at, and the wait is taken with
    SET NX, so a hundred tries at the same instant are no way around it. Refused tries do not lengthen it.
    """
    left = await redis.pttl(keys.wait(who))
    if left > 0:
        return -(-left // 1000)
    async with redis.pipeline(transaction=False) as pipe:
        pipe.incr(keys.tries(who))
        pipe.expire(keys.tries(who), keys.TRIES_TTL_S)
        count = int((await pipe.execute())[0])
    if count <= free:
        return 0
    wait_s = min(2 ** min(count - free, 20), longest_s)
    if await redis.set(keys.wait(who), b"", ex=wait_s, nx=True):
        return 0
    return max(1, -(-(await redis.pttl(keys.wait(who))) // 1000))


async def forgive_try(redis: Client, who: str) -> None:
    """Take one try back: it was right. The wrong ones before it still count."""
    async with redis.pipeline(transaction=False) as pipe:
        pipe.decr(keys.tries(who))
        pipe.expire(keys.tries(who), keys.TRIES_TTL_S)
        pipe.delete(keys.wait(who))
        await pipe.execute()


async def forget_tries(redis: Client, who: str) -> None:
    await redis.delete(keys.tries(who))
    await redis.delete(keys.wait(who))


def _name(token: str) -> str:
    return sha256(token.encode()).hexdigest()
