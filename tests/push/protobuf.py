"""The few lines of protobuf that Google's check-in and MCS need: varints, and fields by number."""

from __future__ import annotations

import struct
from asyncio import StreamReader
from collections import defaultdict
from dataclasses import dataclass, field


def varint(number: int) -> bytes:
    out = bytearray()
    while True:
        number, low = number >> 7, number & 127
        out.append(low | (128 if number else 0))
        if not number:
            return bytes(out)


def int_field(number: int, value: int) -> bytes:
    return varint(number << 3) + varint(value)


def fixed64_field(number: int, value: int) -> bytes:
    return varint(number << 3 | 1) + struct.pack("<Q", value)


def bytes_field(number: int, value: bytes | str) -> bytes:
    value = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(value)) + value


@dataclass
class Fields:
    """A message's fields by number, in order; nested messages stay bytes."""

    numbers: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))
    texts: dict[int, list[bytes]] = field(default_factory=lambda: defaultdict(list))


def read_fields(data: bytes) -> Fields:
    fields = Fields()
    at = 0
    while at < len(data):
        key, at = _varint_at(data, at)
        kind = key & 7
        if kind == 0:
            value, at = _varint_at(data, at)
            fields.numbers[key >> 3].append(value)
            continue
        size, at = _varint_at(data, at) if kind == 2 else ({1: 8, 5: 4}[kind], at)
        raw = data[at : at + size]
        if kind == 2:
            fields.texts[key >> 3].append(raw)
        else:
            fields.numbers[key >> 3].append(int.from_bytes(raw, "little"))
        at += size
    return fields


def _varint_at(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return value, at


async def read_varint(reader: StreamReader) -> int:
    value = shift = 0
    while True:
        byte = (await reader.readexactly(1))[0]
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return value
