"""The file that `heimta backup` writes: every record of the store, checked as a whole before one is believed.

One gzip stream. Inside: a line of JSON (Header), then frames (length as 4 bytes, then a list of records in
msgpack), then length 0 and a line of JSON (Trailer) with the SHA-256 of all that came before it. The records
are values, not a server's own dump format: a file from one Redis or Valkey can be read into any other.

It holds the shops' secrets and the shoppers' states: mode 0600, and never half written under its own name.
"""

from __future__ import annotations

import gzip
import hashlib
import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Protocol, cast

import msgspec
from msgspec import Struct

FORMAT = 1
FRAME = 500  # records
MAX_FRAME = 1 << 30  # bytes; a damaged length must not ask for the machine's memory
LEVEL = 3  # states are small JSON-like texts: more costs time and saves little


class Record(Struct, frozen=True, array_like=True):
    """One key; of a stream perhaps a part.

    until: when it ends, ms since the epoch, 0 for never. items: string: the value; hash: name, value, …;
    zset: member, score, …; set: members; stream: the last id it gave; its entries are apart.
    """

    key: bytes
    kind: str  # string, hash, set, zset or stream
    until: int
    items: list[bytes]
    entries: list[tuple[bytes, list[bytes]]] = []


class Header(Struct, frozen=True):
    """created: when the copy began, ms. store: what it was taken from, for people."""

    heimta_backup: int
    version: str
    created: int
    partitions: int
    store: str


class Trailer(Struct, frozen=True):
    """finished: when the copy was whole, ms. keys: records. entries: of logs and other streams."""

    finished: int
    keys: int
    visitors: int
    entries: int
    sha256: str


class BadArchive(Exception):
    """The file is not a backup, or not whole. The message is for the operator."""


_frame = msgspec.msgpack.Decoder(list[Record]).decode
_FAULTS = (msgspec.MsgspecError, UnicodeDecodeError)  # text that is not UTF-8 is told as the latter


class Writer:
    """Takes records until `finish`."""

    def __init__(self, out: IO[bytes], header: Header) -> None:
        self._out = out
        self._hash = hashlib.sha256()
        self._waiting: list[Record] = []
        self._keys = self._visitors = self._entries = 0
        self._write(msgspec.json.encode(header) + b"\n")

    def put(self, record: Record) -> None:
        self._keys += 1
        self._visitors += b"}:v:" in record.key
        self._entries += len(record.entries)
        self._waiting.append(record)
        if len(self._waiting) >= FRAME:
            self._flush()

    def finish(self, now: int) -> Trailer:
        self._flush()
        self._write(bytes(4))
        done = Trailer(now, self._keys, self._visitors, self._entries, self._hash.hexdigest())
        self._out.write(msgspec.json.encode(done) + b"\n")
        return done

    def _flush(self) -> None:
        if self._waiting:
            packed = msgspec.msgpack.encode(self._waiting)
            self._write(len(packed).to_bytes(4) + packed)
            self._waiting = []

    def _write(self, data: bytes) -> None:
        self._hash.update(data)
        self._out.write(data)


@contextmanager
def writing(file: Path, header: Header) -> Iterator[Writer]:
    """A writer on a new file, which has its name once everything is on the disk. An error leaves none behind.

    Raises FileExistsError.
    """
    part = file.with_name(f".{file.name}.part")
    part.unlink(missing_ok=True)
    if file.exists():
        raise FileExistsError(f"{file} exists")
    try:
        handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as raw:
            with gzip.GzipFile(fileobj=raw, mode="wb", compresslevel=LEVEL, filename="", mtime=0) as out:
                yield Writer(cast("IO[bytes]", out), header)
            raw.flush()
            os.fsync(raw.fileno())
        os.link(part, file)  # unlike a rename it fails where a file appeared meanwhile
    finally:
        part.unlink(missing_ok=True)
    folder = os.open(file.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


class _Readable(Protocol):
    def read(self, size: int = ..., /) -> bytes: ...
    def readline(self, size: int = ..., /) -> bytes: ...


def verify(file: Path) -> tuple[Header, Trailer]:
    """Read all of it and hold it to its checksum. Raises BadArchive."""
    with _opened(file) as source:
        checked = hashlib.sha256()
        header = _header(source, checked)
        keys = sum(len(records) for records in _frames(source, checked))
        try:
            trailer = msgspec.json.decode(source.readline(10_000), type=Trailer)
        except _FAULTS as error:
            raise BadArchive(f"its end is damaged: {error}") from None
        if trailer.sha256 != checked.hexdigest() or trailer.keys != keys:
            raise BadArchive("its checksum is wrong: it was changed or damaged")
        return header, trailer


def records(file: Path) -> Iterator[Record]:
    """Its records in order. Verify it first: this believes what it reads."""
    with _opened(file) as source:
        checked = hashlib.sha256()
        _header(source, checked)
        for frame in _frames(source, checked):
            yield from frame


@contextmanager
def _opened(file: Path) -> Iterator[_Readable]:
    try:
        with gzip.open(file, "rb") as source:
            yield cast(_Readable, source)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise BadArchive(f"it is damaged or cut off: {error}") from None


def _header(source: _Readable, checked: hashlib._Hash) -> Header:
    line = source.readline(10_000)
    checked.update(line)
    try:
        header = msgspec.json.decode(line, type=Header)
    except _FAULTS:
        raise BadArchive("it is no backup of Heimta's") from None
    if header.heimta_backup != FORMAT:
        raise BadArchive(f"it has format {header.heimta_backup}, this program reads {FORMAT}")
    return header


def _frames(source: _Readable, checked: hashlib._Hash) -> Iterator[list[Record]]:
    while True:
        raw = source.read(4)
        checked.update(raw)
        length = int.from_bytes(raw)
        if len(raw) < 4 or length > MAX_FRAME:
            raise BadArchive("it is cut off or damaged")
        if length == 0:
            return
        packed = source.read(length)
        checked.update(packed)
        try:
            yield _frame(packed)
        except _FAULTS:
            raise BadArchive("a part of it cannot be read") from None
