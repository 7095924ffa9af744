"""/readyz: what kind of trouble, in words, and nothing that only insiders may know."""

from __future__ import annotations

import os
import signal
import tempfile
from pathlib import Path

import pytest
from redis.exceptions import AuthenticationError, RedisError, ResponseError

from heimta.launch.valkey import embedded
from heimta.operate.ready import in_words, ready
from heimta.store.connect import Client, connect
from heimta.store.probe import probe
from tests.ports import free_port


async def test_a_store_that_takes_writes_is_ready(redis: Client) -> None:
    await probe(redis)


async def why(redis: Client) -> str:
    with pytest.raises((RedisError, OSError)) as caught:
        await probe(redis)
    return in_words(caught.value)


async def test_a_full_store_is_not_though_it_answers_a_ping(lone: Client) -> None:
    try:
        await lone.config_set("maxmemory", "1")
        assert await lone.ping()
        assert "memory is full" in await why(lone)
    finally:
        await lone.config_set("maxmemory", "0")


async def test_a_replica_is_not(lone: Client) -> None:
    try:
        await lone.replicaof("127.0.0.1", str(free_port()))
        assert "replica" in await why(lone)
    finally:
        await lone.replicaof("NO", "ONE")


async def test_a_store_that_wants_a_password_says_so(lone: Client, lone_url: str) -> None:
    await lone.config_set("requirepass", "hunter2")
    stranger = connect(lone_url)
    try:
        assert "refuses our user or password" in await why(stranger)
    finally:
        await lone.config_set("requirepass", "")
        await stranger.aclose()


async def test_a_store_that_is_not_there(tmp_path: Path) -> None:
    for url in (f"redis://127.0.0.1:{free_port()}", f"unix://{tmp_path}/none.sock"):
        client = connect(url)
        assert await why(client) == "the store cannot be reached"
        await client.aclose()


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("LOADING Redis is loading the dataset in memory", "reading its data back"),
        ("MISCONF Errors writing to the AOF file: No space left", "cannot write to its disk"),
        ("CLUSTERDOWN Hash slot not served", "a part of the store's cluster"),
        ("BUSY Redis is busy running a script", "held up by a script"),
        ("ERR something new about 10.0.0.9", "answers with an error"),
    ],
)
def test_each_mood_has_its_words(said: str, words: str) -> None:
    assert words in in_words(ResponseError(said))
    assert "10.0.0.9" not in in_words(ResponseError(said))


def test_the_answer_says_why_not() -> None:
    assert ready().status_code == 200
    refused = ready(in_words(AuthenticationError("user heimta at 10.0.0.9")), queue=3)
    assert refused.status_code == 503
    assert refused.body == b'{"ok":false,"why":"the store refuses our user or password","queue":3}'


async def test_a_store_that_keeps_silent_is_told_of_in_time() -> None:
    """Over a connection that was there, and over one that was to be made."""
    with tempfile.TemporaryDirectory(prefix="hv") as folder, embedded(Path(folder)) as url:
        patient, new, used = connect(url), connect(url, timeout_s=0.2), connect(url, timeout_s=2.0)
        pid = int((await patient.info("server"))["process_id"])
        await used.ping()
        os.kill(pid, signal.SIGSTOP)
        try:
            assert await why(new) == "the store does not answer in time"
            assert await why(used) == "the store does not answer in time"
        finally:
            os.kill(pid, signal.SIGCONT)
            for client in (patient, new, used):
                await client.aclose()
