"""Slots on the move, both ways there are: key by key, as ever, and whole, as Valkey 9 can."""

from __future__ import annotations

from loadtest.cluster.local import Cluster, Node, wait_for

KEYS_A_STEP = 10
MOVE_MS = 5000


def next_master(cluster: Cluster, source: Node) -> Node:
    """Whom a slot of `source` goes to."""
    masters = cluster.masters()
    return masters[(masters.index(source) + 1) % len(masters)]


def move_key_by_key(cluster: Cluster, slot: int) -> Node:
    """MIGRATING, IMPORTING, MIGRATE; commands follow a key with ASK meanwhile. Returns where the slot is."""
    source = cluster.master_of(slot)
    target = next_master(cluster, source)
    target.ask("CLUSTER SETSLOT", slot, "IMPORTING", source.name())
    source.ask("CLUSTER SETSLOT", slot, "MIGRATING", target.name())
    while names := source.ask("CLUSTER GETKEYSINSLOT", slot, KEYS_A_STEP):
        source.ask("MIGRATE", "127.0.0.1", target.port, "", 0, MOVE_MS, "KEYS", *names)
    for node in (target, source, *(node for node in cluster.masters() if node not in (source, target))):
        node.ask("CLUSTER SETSLOT", slot, "NODE", target.name())
    wait_for("all to know who has the slot", _all_see, cluster, slot, target)
    return target


def move_whole(cluster: Cluster, slot: int) -> Node:
    """CLUSTER MIGRATESLOTS (Valkey 9): the slot changes hands at one instant. Returns where it is."""
    source = cluster.master_of(slot)
    target = next_master(cluster, source)
    source.ask("CLUSTER MIGRATESLOTS", "SLOTSRANGE", slot, slot, "NODE", target.name())
    wait_for("all to know who has the slot", _all_see, cluster, slot, target)
    return target


def _all_see(cluster: Cluster, slot: int, target: Node) -> bool:
    return all(_owner(node, slot) == target.port for node in cluster.nodes)


def _owner(node: Node, slot: int) -> int:
    for first, last, owner, *_ in node.ask("CLUSTER SLOTS"):
        if first <= slot <= last:
            return int(owner[1])
    return 0
