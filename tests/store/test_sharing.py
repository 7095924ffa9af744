"""Commands that go down one line to one server together are answered each for itself, on a real Valkey."""

from __future__ import annotations

import asyncio

import pytest
from redis.exceptions import DataError, RedisError, ResponseError
from redis.exceptions import TimeoutError as NoAnswer

from heimta.store.connect import Client, sharing
from heimta.store.script import Script
from heimta.store.sharing import SharingClient

_LENGTH = Script("return redis.call('STRLEN', KEYS[1])")


async def test_many_at_once_get_their_own_answers_and_errors(lone: Client) -> None:
    line = sharing(lone)
    assert isinstance(line, SharingClient)
    assert await asyncio.gather(*(line.set(f"k{n}", "x" * n) for n in range(50))) == [True] * 50
    told = await asyncio.gather(
        line.get("k7"), line.lpush("k7", "a"), line.get("none"), line.hgetall("none"), return_exceptions=True
    )
    assert told[0] == b"x" * 7 and isinstance(told[1], ResponseError) and told[2:] == [None, {}]
    assert await asyncio.gather(*(_LENGTH(line, [f"k{n}"], []) for n in range(50))) == list(range(50))


async def test_what_no_command_can_hold_is_its_own_fault(lone: Client) -> None:
    line = sharing(lone)
    told = await asyncio.gather(
        line.set("a", 1),
        line.set("b", {}),  # type: ignore[arg-type]  # what a command cannot hold
        line.set("c", 3),
        return_exceptions=True,
    )
    assert told[0] is True and isinstance(told[1], DataError) and told[2] is True


async def test_a_server_that_keeps_silent_is_told_to_all_and_the_next_group_is_answered(
    lone: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = sharing(lone)
    assert isinstance(line, SharingClient)
    await line.set("a", 1)
    monkeypatch.setattr(line, "_timeout_s", 0.05)
    told = await asyncio.gather(line.blpop(["none"], 5), line.get("a"), return_exceptions=True)
    assert [type(one) for one in told] == [NoAnswer, NoAnswer]
    monkeypatch.setattr(line, "_timeout_s", 60.0)
    assert await line.get("a") == b"1"  # and not what was asked before


async def test_a_line_that_broke_is_a_line_away_and_the_next_one_stands(lone: Client) -> None:
    line = sharing(lone)
    assert await line.set("a", 1)
    await lone.client_kill_filter(_type="normal", skipme=True)
    answers = [await _or_gone(line) for _ in range(3)]
    assert answers[-1] == b"1"


async def _or_gone(line: Client) -> object:
    try:
        return await line.get("a")
    except (RedisError, OSError) as fault:
        return fault
