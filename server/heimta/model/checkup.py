"""What is asked of a store before somebody says whether it is well. Gathered by store/checkup.py, judged by
operate/doctor.py.
"""

from __future__ import annotations

from msgspec import Struct

from heimta.model.coupon import Ledger
from heimta.model.volume import Volume


class ServerFacts(Struct, frozen=True, kw_only=True):
    """One server. '' or None: it does not tell (a hosted Redis often refuses CONFIG). Memory in bytes.

    clock_ms: its clock, ms; asked_ms: ours at that moment.
    """

    name: str
    product: str
    version: tuple[int, int, int]
    role: str
    is_loading: bool
    appendonly: str
    appendfsync: str
    policy: str
    listpack_value: int | None
    used_memory: int
    maxmemory: int
    machine_memory: int
    aof_write: str
    aof_rewrite: str
    cluster_state: str
    replicas: int
    clock_ms: int
    asked_ms: int


class PartitionFacts(Struct, frozen=True, kw_only=True):
    """unfolded_ms: age of the oldest entry not folded, None if all are. due_ms: how late the earliest due
    timer is, 0 or less if none is. checkpoint, last: ids in the log, '0' for none.
    """

    number: int
    is_owned: bool
    checkpoint: str
    last: str
    entries: int
    unfolded_ms: int | None
    due_ms: int
    dead: int


class ShopFacts(Struct, frozen=True, kw_only=True):
    """subject: of the shop's VAPID, '' if it has no push. lacks: what keeps its messages from leaving.

    unreadable: which documents cannot be read and why, '' if all can. is_served: not where the shop's own is
    one of them.
    """

    name: str
    has_document: bool
    subject: str
    lacks: list[str] = []
    unreadable: str = ""
    is_served: bool = True


class StoreFacts(Struct, frozen=True, kw_only=True):
    """kept_partitions: None before the first start. backup_ms: when the last backup began, None if never.

    deleting: shops whose deletion has not come to its end.
    """

    kept_partitions: int | None
    is_restoring: bool
    backup_ms: int | None
    partitions: list[PartitionFacts]
    shops: list[ShopFacts]
    deleting: list[str] = []
    ledgers: list[Ledger] = []
    volumes: list[Volume] = []
