"""`heimta shop delete`: end a shop, and erase all that is kept of it (GDPR article 28(3)(g))."""

from __future__ import annotations

import time
from collections import Counter
from typing import Annotated

import typer
from msgspec import Struct

from heimta.commands.common import CommandError, with_store
from heimta.commands.person import SETTLE_S
from heimta.model.documents import ShopDoc
from heimta.settings import Settings
from heimta.store import deletion, documents, secrets
from heimta.store.ad_members import counts
from heimta.store.connect import Client
from heimta.store.deletion import Deleted
from heimta.store.erase import StillThere, rewrite

SAY_S = 5.0  # from one word on how far it is to the next

# What people want to know of first; by kind of key (store/keys.py).
KINDS = {
    "v": "states of visitors and of persons",
    "proof": "visitors and persons with proofs of consent",
    "why": "visitors with rows in the send log",
    "coupon": "coupons",
    "pool": "pools of codes",
    "order": "orders' visitors",
    "restore": "carts to restore",
    "roll": "days of figures, by partition",
}


class Plan(Struct):
    """What there is of a shop. document: None where it has none, or none that can be read. begun: its
    deletion began before. told: people at the ad network, by ad audience.
    """

    kinds: Counter[str]
    begun: bool
    document: ShopDoc | None
    documents: int
    told: dict[str, int]


def delete_shop(
    shop: Annotated[str, typer.Argument(help="The shop's id.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask for its name again.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would go, and leave it.")] = False,
) -> None:
    """End a shop and erase all that is kept of it: documents, secrets, visitors, orders, proofs, figures."""
    plan = with_store(lambda redis, _: _look(redis, shop))
    _say(shop, plan)
    if dry_run:
        print("nothing was changed")
        return
    if not yes and typer.prompt(f"This cannot be taken back. Type {shop} to delete it") != shop:
        raise CommandError(f"that is not {shop!r}: nothing was changed")

    async def do(redis: Client, settings: Settings) -> tuple[Deleted, list[str]]:
        done = await deletion.delete(
            redis, shop, settle_s=SETTLE_S, settling=_say_settling, going=_Progress().say
        )
        return done, await rewrite(redis)

    print("nobody serves it from now on; its records go")
    try:
        done, faults = with_store(do)
    except StillThere as fault:
        why = "does an edge or a worker of an older Heimta run, or one that cannot reach the store?"
        raise CommandError(f"{fault}; {why} End it, and run this again") from None
    _say_done(shop, done, faults)


async def _look(redis: Client, shop: str) -> Plan:
    known, unread = await documents.read_some(redis, shop)
    begun = shop in await deletion.begun(redis)
    is_there = known is not None or unread or begun or await secrets.read(redis, shop) is not None
    if not is_there and shop not in await documents.shops(redis):
        raise CommandError(f"there is no shop {shop!r}; `heimta shop list` names them")
    document = known.shop if known is not None else None
    told = {name: count.people for name, count in (await counts(redis, document)).items()} if document else {}
    number = len(unread) + (1 + len(known.campaigns) + len(known.journeys) if known is not None else 0)
    return Plan(await deletion.count(redis, shop), begun, document, number, told)


def _say(shop: str, plan: Plan) -> None:
    """What goes, and what is to be done elsewhere."""
    if plan.begun:
        print(f"the deletion of shop {shop!r} began before, and goes on with what is left")
    named = (
        f" ({plan.document.name}, {', '.join(plan.document.origins)})" if plan.document is not None else ""
    )
    print(f"shop {shop}{named}: all of it goes")
    rows = [(plan.documents, "documents")] + [(plan.kinds[kind], words) for kind, words in KINDS.items()]
    rows.append((sum(plan.kinds[kind] for kind in plan.kinds.keys() - KINDS.keys()), "other records"))
    for number, words in rows:
        if number:
            print(f"  {number:>11,}  {words}")
    print("  and its part of what all shops share: logs, timers, messages that wait, dead letters")
    if plan.kinds["proof"]:
        print("proofs of consent go too; whose shop it is may need them for three years. For them to keep:")
        print(f"  heimta shop proofs {shop} --json > FILE")
    for name, people in plan.told.items():
        where = plan.document.ad_audiences.get(name) if plan.document is not None else None
        if people and where is not None and where.meta:
            print(f"ad audience {name}: Meta has {people:,} people in it; delete audience {where.meta} there")
    if plan.document is not None and plan.document.shop_api is not None:
        print("codes that were made at the shop are taken there until they end")


class _Progress:
    def __init__(self) -> None:
        self._said_at = time.monotonic()

    def say(self, done: Deleted) -> None:
        if time.monotonic() - self._said_at >= SAY_S:
            self._said_at = time.monotonic()
            print(f"  {done.kinds.total():,} records and {done.parts:,} parts of others so far", flush=True)


def _say_settling(seconds: float) -> None:
    print(f"nothing is left; waits {seconds:.0f} s for what workers may have in hand, and looks once more")


def _say_done(shop: str, done: Deleted, faults: list[str]) -> None:
    print(f"shop {shop} is deleted: {done.kinds.total():,} records, {done.parts:,} parts of others")
    if done.later:
        print(f"{len(done.later)} long logs on disk: bytes of what was erased go with the rest, within 48 h")
    for fault in faults:
        print(f"the server's append-only file holds it until it is rewritten: {fault}")
    print("take its tag off its pages, and its addresses out of its back end and its providers' settings")
    print("backups that were made before still hold it: delete those, or run this again after a restore")
