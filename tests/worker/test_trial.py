"""What would end a worker ends a child instead, and the place of it is told."""

from __future__ import annotations

import asyncio
import os
import signal
import time

import pytest

from heimta.worker import trial


class Ended(BaseException):
    """What no handler of ours sees."""


def attempt(how: str) -> None:
    match how:
        case "exit":
            os._exit(0)
        case "killed":
            os.kill(os.getpid(), signal.SIGKILL)
        case "hangs":
            time.sleep(3600)
        case "ends":
            raise Ended
        case "raises":
            raise ValueError(how)


@pytest.mark.parametrize("how", ["exit", "killed", "ends", "hangs"])
async def test_the_first_that_ends_the_process_is_found(monkeypatch: pytest.MonkeyPatch, how: str) -> None:
    monkeypatch.setattr(trial, "LIMIT_S", 0.3)
    entries = ["fine", "raises", how, "fine", how]
    assert await trial.first_fatal(entries, attempt) == 2
    assert await trial.first_fatal(entries[:2], attempt) is None


async def test_no_entry_ends_nothing() -> None:
    assert await trial.first_fatal([], attempt) is None


async def test_what_is_done_stays_in_the_child_and_more_of_it_than_a_pipe_holds() -> None:
    seen: list[int] = []
    assert await trial.first_fatal(list(range(66_000)), seen.append) is None
    assert seen == []


async def test_others_go_on_meanwhile_and_whoever_is_cancelled_leaves_no_child(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(trial, "LIMIT_S", 600.0)
    children: list[int] = []
    real = os.fork

    def fork() -> int:
        child = real()
        children.append(child)
        return child

    monkeypatch.setattr(os, "fork", fork)
    started: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    asyncio.get_running_loop().call_later(0.05, started.set_result, None)
    task = asyncio.create_task(trial.first_fatal(["hangs"], attempt))
    await started
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    with pytest.raises(ProcessLookupError):
        os.kill(children[0], 0)


async def test_without_another_process_nothing_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def fork() -> int:
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(os, "fork", fork)
    assert await trial.first_fatal(["exit"], attempt) is None
