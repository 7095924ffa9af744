"""All that a real push needs, on this machine, in one context manager. See README.md."""

from __future__ import annotations

import asyncio
import datetime
import ipaddress
import ssl
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from playwright.sync_api import BrowserContext, Playwright

from tests.push.autopush import Autopush
from tests.push.browsers import launch_chromium, launch_firefox
from tests.push.fcm import Fcm
from tests.push.loop import LoopThread, listen, origin_of, serving
from tests.push.notifications import Notifications, desktop


class World:
    """push_origins and connect_to are the texts of HEIMTA_PUSH_ORIGINS and HEIMTA_PUSH_CONNECT_TO."""

    def __init__(
        self,
        *,
        autopush: Autopush,
        fcm: Fcm,
        mcs_port: int,
        notifications: Notifications,
        profiles: Path,
        loop: LoopThread,
    ) -> None:
        self.autopush = autopush
        self.fcm = fcm
        self.notifications = notifications
        self.loop = loop
        self.push_origins = autopush.origin
        self.connect_to = fcm.connect_to
        self._mcs_port = mcs_port
        self._profiles = profiles

    def firefox(self, p: Playwright, profile: str = "anna") -> BrowserContext:
        """The same profile name is the same browser again, with its subscription. Close it yourself."""
        return launch_firefox(
            p,
            self._profiles / f"firefox-{profile}",
            push_url=self.autopush.origin.replace("http:", "ws:") + "/",
            bus=self.notifications.address,
        )

    def chromium(self, p: Playwright, profile: str = "anna") -> BrowserContext:
        return launch_chromium(
            p,
            self._profiles / f"chromium-{profile}",
            google=self.fcm.origin,
            mcs_port=self._mcs_port,
            bus=self.notifications.address,
        )

    def launch(self, p: Playwright, browser: str, profile: str = "anna") -> BrowserContext:
        """browser: `firefox` or `chromium`."""
        return {"firefox": self.firefox, "chromium": self.chromium}[browser](p, profile)

    def service(self, browser: str) -> Autopush | Fcm:
        """The push service of that browser."""
        return self.autopush if browser == "firefox" else self.fcm


@contextmanager
def push_world() -> Iterator[World]:
    """Starts the push services and the desktop on free ports; ends all of it with the block."""
    with (
        tempfile.TemporaryDirectory(prefix="heimta-push-", ignore_cleanup_errors=True) as folder,
        LoopThread() as loop,
        desktop(loop, Path(folder)) as notifications,
    ):
        directory = Path(folder)
        services = _services(directory)
        autopush, fcm, mcs_port = loop.run(services.__aenter__())
        try:
            yield World(
                autopush=autopush,
                fcm=fcm,
                mcs_port=mcs_port,
                notifications=notifications,
                profiles=directory,
                loop=loop,
            )
        finally:
            loop.run(services.__aexit__(None, None, None))


@asynccontextmanager
async def _services(directory: Path) -> AsyncIterator[tuple[Autopush, Fcm, int]]:
    autopush_socket, fcm_socket, mcs_socket = listen(), listen(), listen()
    autopush, fcm = Autopush(origin_of(autopush_socket)), Fcm(origin_of(fcm_socket))
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(_certificate(directory / "mcs.pem"))
    mcs = await asyncio.start_server(fcm.serve_mcs, sock=mcs_socket, ssl=tls)
    async with serving(autopush.app, autopush_socket), serving(fcm.app, fcm_socket):
        yield autopush, fcm, mcs_socket.getsockname()[1]
    mcs.close()


def _certificate(path: Path) -> Path:
    """A certificate that nobody but a browser told to ignore errors accepts."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(address, critical=False)
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(secret + certificate.public_bytes(serialization.Encoding.PEM))
    return path
