"""A desktop without a desktop: a private D-Bus whose org.freedesktop.Notifications keeps what is shown.

Both browsers show notifications through it even when headless. `click` sends what a desktop
sends when a person clicks, so the service worker's notificationclick really runs.
"""

from __future__ import annotations

import itertools
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from dbus_fast import Message, MessageType
from dbus_fast.aio import MessageBus

from tests.push.loop import LoopThread

NAME = "org.freedesktop.Notifications"
PATH = "/org/freedesktop/Notifications"


@dataclass(frozen=True)
class Notification:
    """What a browser asked the desktop to show."""

    id: int
    app: str
    title: str
    body: str
    actions: tuple[str, ...]
    replaces: int

    @property
    def text(self) -> str:
        """The body without the line of the origin that Chromium puts above it."""
        return self.body.rpartition("\n\n")[2]


class Notifications:
    """Everything shown so far, in `shown`; never shorter, replaced ones stay."""

    def __init__(self, address: str, loop: LoopThread) -> None:
        self.address = address
        self.shown: list[Notification] = []
        self.closed: list[int] = []
        self._ids = itertools.count(1)
        self._loop = loop
        self._bus = loop.run(self._connect())

    async def _connect(self) -> MessageBus:
        bus = await MessageBus(bus_address=self.address).connect()
        bus.add_message_handler(self._handle)
        await bus.request_name(NAME)
        return bus

    def disconnect(self) -> None:
        async def leave() -> None:
            self._bus.disconnect()

        self._loop.run(leave())

    def _handle(self, message: Message) -> Message | None:
        if message.message_type is not MessageType.METHOD_CALL or message.interface != NAME:
            return None
        if message.member == "GetCapabilities":
            return Message.new_method_return(message, "as", [["actions", "body"]])
        if message.member == "GetServerInformation":
            return Message.new_method_return(message, "ssss", ["test", "heimta", "1", "1.2"])
        if message.member == "Notify":
            return Message.new_method_return(message, "u", [self._notify(*message.body)])
        if message.member == "CloseNotification":
            self.closed.append(message.body[0])
            self._signal("NotificationClosed", "uu", [message.body[0], 3])  # 3: closed by a call
            return Message.new_method_return(message)
        return None

    def _notify(
        self, app: str, replaces: int, icon: str, title: str, body: str, actions: list[str], *_: object
    ) -> int:
        note = Notification(replaces or next(self._ids), app, title, body, tuple(actions), replaces)
        self.shown.append(note)
        return note.id

    def _signal(self, member: str, signature: str, body: list[int | str]) -> None:
        self._bus.send(Message.new_signal(PATH, NAME, member, signature, body))

    def wait(
        self, count: int, timeout_s: float = 60, *, pump: Callable[[float], None] | None = None
    ) -> list[Notification]:
        """Until so many were shown. pump: Playwright's page.wait_for_timeout, so that it sees new pages.

        AssertionError names what was shown instead, so a test fails with the reason.
        """
        until = time.monotonic() + timeout_s
        while len(self.shown) < count:
            if time.monotonic() > until:
                raise AssertionError(f"{count} notifications expected in {timeout_s} s, shown: {self.shown}")
            if pump:
                pump(50)
            else:
                time.sleep(0.05)
        return list(self.shown)

    def click(self, note_id: int, action: str = "default") -> None:
        """As if a person clicked; a desktop then closes the notification."""

        def send() -> None:
            self._signal("ActionInvoked", "us", [note_id, action])
            self._signal("NotificationClosed", "uu", [note_id, 2])  # 2: dismissed by the user

        self._loop.loop.call_soon_threadsafe(send)


# Not the system's session.conf: that one starts services that happen to be installed.
BUS_CONFIG = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <listen>unix:dir={folder}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
"""


@contextmanager
def desktop(loop: LoopThread, folder: Path) -> Iterator[Notifications]:
    """A bus of our own in `folder`, and the service on it; both end with the block."""
    program = shutil.which("dbus-daemon")
    if program is None:
        raise RuntimeError("dbus-daemon is missing; install the package dbus-daemon")
    config = folder / "bus.conf"
    config.write_text(BUS_CONFIG.format(folder=folder))
    command = [program, f"--config-file={config}", "--nofork", "--nopidfile", "--print-address"]
    log = folder / "bus.log"  # as root it complains about a limit that does not matter here
    with (
        log.open("w") as errors,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True) as daemon,
    ):
        try:
            assert daemon.stdout is not None
            address = daemon.stdout.readline().strip()
            if not address:
                raise RuntimeError(f"dbus-daemon did not start: {log.read_text()}")
            notifications = Notifications(address, loop)
            yield notifications
            notifications.disconnect()
        finally:
            daemon.terminate()
