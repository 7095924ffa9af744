"""What a cluster's client decides without a cluster: a command's key, a node's view, a URL's nodes."""

from __future__ import annotations

import pytest
from redis.crc import key_slot

from heimta.store import keys
from heimta.store.connect import ClusterUrl, read_cluster_url
from heimta.store.slots import key_of, slot_of
from heimta.store.topology import Address, Served, View, read_view


@pytest.mark.parametrize(
    ("command", "key"),
    [
        (("GET", "a"), "a"),
        (("MGET", b"a", b"b"), b"a"),
        (("EVALSHA", "0" * 40, 2, "a", "b", "more"), "a"),
        (("EVAL", "return 1", 0, "more"), None),
        (("XINFO STREAM", "a"), "a"),
        (("OBJECT ENCODING", "a"), "a"),
        (("PING",), None),
        (("info", "server"), None),
        (("CONFIG GET", "save"), None),
        (("SCRIPT LOAD", "return 1"), None),
    ],
)
def test_the_first_key_of_a_command(command: tuple[object, ...], key: str | bytes | None) -> None:
    assert key_of(command) == key


def test_a_partition_is_one_slot() -> None:
    for partition in (0, 7, 255):
        home = key_slot(keys.tag(partition)[1:-1].encode())
        names = [keys.log(partition), keys.checkpoint(partition), keys.visitor(partition, "demo", "v")]
        assert {slot_of(name) for name in [*names, keys.due(partition), keys.probe(partition)]} == {home}


def test_a_view_tells_masters_apart_from_the_rest() -> None:
    asked = Address("10.0.0.1", 7000)
    rows = [
        [8192, 16383, [b"10.0.0.2", 7000, b"b" * 40, []], [b"10.0.0.4", 7000, b"d" * 40, []]],
        [0, 8191, [b"", 7000, b"a" * 40, []], [b"10.0.0.3", 7000, b"c" * 40, []]],
    ]
    second = Address("10.0.0.2", 7000)
    assert read_view(rows, asked) == View(
        (Served(0, 8191, asked), Served(8192, 16383, second)),
        frozenset({asked, second, Address("10.0.0.3", 7000), Address("10.0.0.4", 7000)}),
    )


@pytest.mark.parametrize(
    ("url", "seeds", "first"),
    [
        ("redis+cluster://a", [("a", 6379)], "redis://a:6379"),
        ("redis+cluster://a:1,b:2", [("a", 1), ("b", 2)], "redis://a:1"),
        ("redis+cluster://:pa%40ss@a:1,b:2/", [("a", 1), ("b", 2)], "redis://:pa%40ss@a:1"),
        ("rediss+cluster://u:p@[::1]:1,b:2?ssl_ca_certs=/c", [("::1", 1), ("b", 2)],
         "rediss://u:p@[::1]:1?ssl_ca_certs=/c"),
    ],
)  # fmt: skip
def test_a_url_names_nodes(url: str, seeds: list[tuple[str, int]], first: str) -> None:
    read = read_cluster_url(url)
    assert isinstance(read, ClusterUrl)
    assert list(read.seeds) == [Address(*seed) for seed in seeds]
    assert read.of(read.seeds[0]) == first


@pytest.mark.parametrize("url", ["redis+cluster://", "redis+cluster://a:1,", "redis+cluster://a:x"])
def test_a_node_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(ValueError):
        read_cluster_url(url)
