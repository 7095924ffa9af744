"""A real SMTP server (aiosmtpd) on a port of its own, that keeps what it took and can be told to fail.

Faults by stage, as servers have them (RFC 5321 sections 4.2.3 and 4.2.4, RFC 3463 behind the code): `fail`
answers once with these words, `hang_up` drops the line, `slow` thinks after the last dot.
"""

from __future__ import annotations

import asyncio
import datetime
import ssl
from collections import deque
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

PASSWORD = "correct horse"


class MailServer:
    """mails: what was taken, each with mail_from, rcpt_tos, data, line (a number for each connection).

    tls: certificate and key, for STARTTLS, or from the first byte with implicit.
    """

    def __init__(self, tls: ssl.SSLContext | None = None, *, implicit: bool = False, login: bool = False):
        self.mails: list[SimpleNamespace] = []
        self.faults: dict[str, deque[str]] = {"MAIL": deque(), "RCPT": deque(), "DATA": deque()}
        self.lines = 0
        self.open = 0
        self.most = 0
        self.slow = asyncio.Event()  # the answer to DATA waits for it
        self.slow.set()
        self._tls, self._implicit, self._login = tls, implicit, login
        self._protocols: list[Any] = []

    async def __aenter__(self) -> MailServer:
        loop = asyncio.get_running_loop()
        context = self._tls if self._implicit else None
        self._server = await loop.create_server(self._protocol, "127.0.0.1", 0, ssl=context)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self.slow.set()
        self.hang_up()
        self._server.close()
        await self._server.wait_closed()

    def fail(self, stage: str, *answers: str) -> None:
        """The next commands of that stage (MAIL, RCPT, DATA) are answered with these."""
        self.faults[stage] += answers

    def hang_up(self) -> None:
        for protocol in self._protocols:
            line = protocol.transport
            # Debian 12's Python 3.11.2 cannot abort a TLS connection that both sides have closed by then.
            if line is not None and getattr(line, "_ssl_protocol", line) is not None:
                line.abort()
        self._protocols.clear()

    def _protocol(self) -> SMTP:
        protocol = SMTP(
            self,
            hostname="mail.test",
            tls_context=None if self._implicit else self._tls,
            require_starttls=self._tls is not None and not self._implicit,
            auth_required=self._login,
            authenticator=self._check if self._login else None,
            loop=asyncio.get_running_loop(),
        )
        self.lines += 1
        self._protocols.append(protocol)
        return protocol

    def _check(self, server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        assert isinstance(data, LoginPassword)
        return AuthResult(success=data.password == PASSWORD.encode(), handled=False)

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.faults["MAIL"]:
            return self.faults["MAIL"].popleft()
        envelope.mail_from = address
        return "250 2.1.0 OK"

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.faults["RCPT"]:
            return self.faults["RCPT"].popleft()
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        self.open += 1
        self.most = max(self.most, self.open)
        await self.slow.wait()
        self.open -= 1
        if self.faults["DATA"]:
            return self.faults["DATA"].popleft()
        self.mails.append(
            SimpleNamespace(
                mail_from=envelope.mail_from,
                to=list(envelope.rcpt_tos),
                data=envelope.content,
                line=id(server),
                is_tls=session.ssl is not None or self._implicit,
                login=session.authenticated,
            )
        )
        return "250 2.0.0 taken"


def certificate(folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """(a server's context for 127.0.0.1 and localhost, one that trusts it)."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = folder / "server.pem"
    file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(file)
    trust = ssl.create_default_context(cadata=made.public_bytes(serialization.Encoding.PEM).decode())
    return server, trust
