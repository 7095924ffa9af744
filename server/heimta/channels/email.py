"""E-mail: one message to one address, through the shop's own SMTP server.

SMTP, TLS and AUTH are aiosmtplib's. Ours is what it leaves open: connections that are kept for the next
message and never opened beyond the shop's number, and what each answer means (email_answers.py).

Sending the same message twice is harmless as far as it can be made: its Message-ID is the same. So whatever
breaks on the way is tried again. After the last dot the server may take minutes to think (RFC 5321 section
4.5.3.2.6 allows ten); a message cut off there has an unknown outcome, so that last answer is waited for
longer than all others.
"""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Callable
from hashlib import sha256
from typing import Literal

from aiosmtplib import SMTP, SMTPException, SMTPResponseException, SMTPServerDisconnected, SMTPTimeoutError
from msgspec import Struct

from heimta.channels.email_answers import judge
from heimta.channels.result import BUSY, SENT, Delivery, away, failed, unknown

STEP_S = 10.0  # for connecting with login, and for all commands before the message
LAST_S = 60.0  # for the answer to the message itself
BUSY_S = 0.5  # for a free connection: what is asked for again later may then see that the order has come
IDLE_S = 30.0  # a kept connection is not used after that: many servers hang up soon
MESSAGES = 100  # over one connection; many servers allow no more
CLOSING = 421  # "closing transmission channel" (RFC 5321 section 3.8); a new one tells whether it is more


class Server(Struct, frozen=True):
    """A shop's SMTP server. tls: as in model/providers/email.py. name: what we call ourselves, the sender's
    domain: asking this machine for its own name may take a resolver many seconds.
    """

    host: str
    port: int
    tls: Literal["starttls", "implicit", "none"]
    name: str
    user: str = ""
    password: str = ""
    connections: int = 4

    def __repr__(self) -> str:  # no password in a log
        return f"Server({self.host}:{self.port})"

    @property
    def key(self) -> tuple[str, ...]:
        """Who shares connections: nobody with another login."""
        login = sha256(f"{self.user}\n{self.password}".encode()).hexdigest()
        return self.host, str(self.port), self.tls, login


class Envelope(Struct, frozen=True):
    """sender: where it comes back to, RFC 5321's reverse path; '' for nowhere. Both in ASCII."""

    sender: str
    recipient: str
    data: bytes


class _Line(Struct):
    """One open connection: what it has carried, when it was last used (s, monotonic)."""

    smtp: SMTP
    used_at: float
    carried: int = 0

    @property
    def is_good(self) -> bool:
        fresh = time.monotonic() - self.used_at < IDLE_S and self.carried < MESSAGES
        return self.smtp.is_connected and fresh


class _Pool:
    """Connections to one server under one login. The one used last is used next: the others grow old. Shops
    that share the login may each have another number of connections: each goes by its own, and counts the
    others' in it.
    """

    def __init__(self) -> None:
        self.idle: list[_Line] = []
        self._taken = 0
        self._freed = asyncio.Event()

    async def take(self, most: int) -> None:
        """Come in once fewer than so many are."""
        while self._taken >= most:
            self._freed.clear()
            await self._freed.wait()
        self._taken += 1

    def give_back(self) -> None:
        self._taken -= 1
        self._freed.set()


class Smtp:
    """Make one a process, `close()` it at the end. trust: what certificates are checked against."""

    def __init__(
        self,
        *,
        trust: Callable[[], ssl.SSLContext] = ssl.create_default_context,
        step_s: float = STEP_S,
        last_s: float = LAST_S,
    ) -> None:
        self._trust = trust
        self._context: ssl.SSLContext | None = None
        self._step_s = step_s
        self._last_s = last_s
        self._pools: dict[tuple[str, ...], _Pool] = {}

    async def send(self, server: Server, envelope: Envelope) -> Delivery:
        """Hand one message over. Everything that goes wrong outside is a Delivery, never an exception."""
        pool = self._pools.setdefault(server.key, _Pool())
        try:
            async with asyncio.timeout(BUSY_S):
                await pool.take(server.connections)
        except TimeoutError:
            return failed(BUSY, permanent=False)
        try:
            return await self._send(pool, server, envelope)
        finally:
            pool.give_back()

    async def _send(self, pool: _Pool, server: Server, envelope: Envelope) -> Delivery:
        line = await self._kept(pool)
        if line is not None:
            delivery = await self._try(pool, line, envelope)
            if delivery is not None:
                return delivery
            # The server hung up meanwhile, or has had enough messages over this line: a new one, at once.
        opened = await self._open(server)
        if isinstance(opened, Delivery):
            return opened
        delivery = await self._try(pool, opened, envelope)
        return delivery if delivery is not None else failed("connection", permanent=False)

    async def knock(self, server: Server) -> Delivery:
        """Connect and log in, as for a mail, and hang up: SENT if one would be taken now."""
        opened = await self._open(server)
        if isinstance(opened, Delivery):
            return opened
        await _hang_up(opened)
        return SENT

    async def close(self) -> None:
        for pool in self._pools.values():
            for line in pool.idle:
                await _hang_up(line)
            pool.idle.clear()

    async def _kept(self, pool: _Pool) -> _Line | None:
        while pool.idle:
            line = pool.idle.pop()
            if line.is_good:
                return line
            await _hang_up(line)
        return None

    async def _open(self, server: Server) -> _Line | Delivery:
        self._context = self._context or self._trust()
        smtp = SMTP(
            hostname=server.host,
            port=server.port,
            use_tls=server.tls == "implicit",
            start_tls=server.tls == "starttls",  # True insists: a server that offers none is refused
            tls_context=self._context,
            local_hostname=server.name,
            timeout=self._step_s,
        )
        stage = "connect"
        try:
            async with asyncio.timeout(self._step_s):
                await smtp.connect()
                if server.user:
                    stage = "login"
                    await smtp.login(server.user, server.password)
        except BaseException as fault:
            smtp.close()
            if not isinstance(fault, Exception):
                raise
            return _judge(stage, fault)
        return _Line(smtp, time.monotonic())

    async def _try(self, pool: _Pool, line: _Line, envelope: Envelope) -> Delivery | None:
        """None: the connection was dead, or the server ends it, before anything of the message was said."""
        stage = "mail"
        try:
            async with asyncio.timeout(self._step_s):
                await line.smtp.mail(envelope.sender)
                stage = "rcpt"
                await line.smtp.rcpt(envelope.recipient)
            stage = "data"
            await line.smtp.data(envelope.data, timeout=self._last_s)
        except SMTPResponseException as refused:
            if stage == "mail" and line.carried and refused.code == CLOSING:
                line.smtp.close()
                return None
            await self._keep(pool, line, reset=True)
            return judge(stage, refused.code, refused.message)
        except BaseException as fault:
            line.smtp.close()  # who knows what it would answer to the next
            if not isinstance(fault, Exception):
                raise
            if stage == "mail" and line.carried and isinstance(fault, (SMTPServerDisconnected, OSError)):
                return None
            return _judge(stage, fault)
        await self._keep(pool, line)
        return SENT

    async def _keep(self, pool: _Pool, line: _Line, *, reset: bool = False) -> None:
        """For the next message. reset: the server still holds half of one that it refused."""
        if reset:
            try:
                async with asyncio.timeout(self._step_s):
                    await line.smtp.rset()
            except (SMTPException, OSError, TimeoutError):
                line.smtp.close()
                return
        line.carried += 1
        line.used_at = time.monotonic()
        pool.idle.append(line)


def _judge(stage: str, fault: Exception) -> Delivery:
    """What broke outside. A bug of ours is raised again."""
    if isinstance(fault, SMTPResponseException):
        return judge(stage, fault.code, fault.message)
    if isinstance(fault, ssl.SSLError) or isinstance(fault.__cause__, ssl.SSLError):
        return away("tls")
    if isinstance(fault, (TimeoutError, SMTPTimeoutError)):
        return _broken(stage, "timeout")
    if isinstance(fault, (SMTPServerDisconnected, OSError)):
        return _broken(stage, "connection")
    if isinstance(fault, SMTPException):  # no STARTTLS offered, no way to log in that both know
        return away("tls" if stage == "connect" else "smtp_login")
    raise fault


def _broken(stage: str, reason: str) -> Delivery:
    if stage == "data":
        return unknown(reason)
    return away(reason) if stage in ("connect", "login") else failed(reason, permanent=False)


async def _hang_up(line: _Line) -> None:
    """Say QUIT, as is polite; a server that does not answer is left all the same."""
    try:
        async with asyncio.timeout(1.0):
            await line.smtp.quit()
    except (SMTPException, OSError, TimeoutError):
        line.smtp.close()
