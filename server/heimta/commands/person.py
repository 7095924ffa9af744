"""`heimta person`, `heimta forget`: what is known of a shopper, and its erasure (GDPR articles 15 and 17)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Annotated

import msgspec
import typer

from heimta.channels import outside, webpush
from heimta.commands.common import CommandError, documents_of, plain, visitor_of, with_store
from heimta.model import audience
from heimta.model.channel import CHANNELS, Channel
from heimta.model.person import Word, hubs_of_words, mailbox_names
from heimta.model.preferences import Proof
from heimta.model.providers.email import Confirm
from heimta.model.visitor import NEVER, VisitorState
from heimta.rules.consented import confirm_of, confirmed, consented, yes_of
from heimta.rules.phones import e164
from heimta.rules.preferences import addresses_of
from heimta.rules.send_log import explain
from heimta.settings import Settings
from heimta.store import (
    attention,
    audiences,
    confirmations,
    coupons,
    documents,
    keys,
    people,
    why,
)
from heimta.store.connect import Client, masters
from heimta.store.erase import Erased, Marks, StillThere, erase, rewrite
from heimta.store.keys import partition_of
from heimta.store.people import Person

# A step that read a state may write it as long as its lease lives, and what is on the wire notes its outcome.
# A mail may take longer; whoever sent it looks again then (worker/send.py).
SETTLE_S = keys.LEASE_MS / 1000 + max(outside.TIMEOUT_S, webpush.TIMEOUT_S)

Shop = Annotated[str, typer.Argument(help="The shop's id.")]
Visitor = Annotated[str, typer.Argument(help="The visitor's id: the cookie heimta_v.")]
Mail = Annotated[str, typer.Option("--email", help="All browsers that told this address.")]
Phone = Annotated[str, typer.Option("--phone", help="All that told this number, with +country.")]
Id = Annotated[str, typer.Option("--id", help="All that told this customer id of the shop's.")]


def person(
    shop: Shop,
    visitor: Visitor = "",
    email: Mail = "",
    phone: Phone = "",
    customer: Id = "",
    json: Annotated[bool, typer.Option("--json", help="All of it, for the shopper or for programs.")] = False,
) -> None:
    """Show what is known of a shopper: their browsers, words, consents, proofs and messages."""

    async def read(redis: Client, settings: Settings) -> None:
        confirm = confirm_of((await documents_of(redis, shop)).shop)
        words = _words(email, phone, customer)
        found = await _find(redis, shop, visitor, words, settings.partitions)
        unheard = await people.unheard_proofs(redis, found, hubs_of_words(shop, words), settings.partitions)
        if not (found.browsers or found.others or unheard or json):
            print(f"nobody is known by {email or phone or customer!r} in shop {shop!r}")
        for name, state in found.browsers.items():
            home = partition_of(shop, name, settings.partitions)
            said = await people.proofs_of(redis, shop, name, state, settings.partitions)
            sent = await why.of(redis, shop, home, name)
            if json:
                # To type an address in proves nothing: what was bought with it elsewhere is not told.
                own = state and msgspec.structs.replace(state, person_orders={})
                _print_json(name, own, said, sent)
            else:
                _print(name, state, confirm, proofs_kept=len(said), rows=len(sent))
        for name, said in unheard.items():
            if json:
                _print_json(name, None, said, [])
            else:
                print(
                    f"{name}\n  kept         {_many(len(said), 'proof')} of what was said to that word itself"
                )
        if found.others and not json:
            print(f"perhaps the same person, by another word or an order of theirs: {_list(found.others)}")

    with_store(read)


def forget(
    shop: Shop,
    visitor: Visitor = "",
    email: Mail = "",
    phone: Phone = "",
    customer: Id = "",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Erase a shopper: states, carts, orders, proofs, messages, coupons' names, log entries, ad audiences."""
    words = _words(email, phone, customer)

    async def find(redis: Client, settings: Settings) -> Person:
        await documents_of(redis, shop)
        return await _find(redis, shop, visitor, words, settings.partitions)

    found = with_store(find)
    print(f"{_many(len(found.browsers), 'browser')}: {_list(found.browsers)}")
    if found.others:
        print(f"not erased, though a word is the same: {_list(found.others)}")
    if not yes:
        typer.confirm("Erase all that is known of them? This cannot be taken back.", abort=True)

    async def do(redis: Client, settings: Settings) -> Erased:
        told = {email, phone, words.get("phone", "")}
        return await _erase(redis, found, told, customer, settings.partitions)

    try:
        done = with_store(do)
    except StillThere as fault:
        raise CommandError(f"{fault}; run it again when they have left") from None
    print(f"erased: {_many(done.keys, 'record')}, {_many(done.parts, 'part')} of others")
    if done.later:
        print(
            f"{_many(done.later, 'long log')} on disk: bytes of what was erased go with the rest, within 48 h"
        )
    print("backups that were made before still hold them: delete those, or restore none of them")


async def _find(redis: Client, shop: str, visitor: str, words: dict[Word, str], partitions: int) -> Person:
    if (visitor != "") + len(words) != 1:
        raise CommandError("name one: a visitor's id, or --email, or --phone, or --id")
    if visitor:
        found = await people.by_visitor(redis, shop, visitor_of(visitor, shop), partitions)
    else:
        hubs = list(hubs_of_words(shop, words))
        if not hubs:
            raise CommandError(f"{next(iter(words.values()))!r} names nobody; a number needs its +country")
        found = await people.by_hubs(redis, shop, hubs, partitions)
    return found


def _words(email: str, phone: str, customer: str) -> dict[Word, str]:
    words: dict[Word, str] = {"email": email, "phone": e164(phone) if phone else "", "id": customer}
    given = {"email": email, "phone": phone, "id": customer}
    return {kind: words[kind] for kind in words if given[kind]}


async def _erase(redis: Client, found: Person, told: set[str], customer: str, partitions: int) -> Erased:
    """What other rooms know how to let go of comes first, while it is known whose it is. told: the word by
    which they were asked for, as it was typed and in its one form. customer: the same, of a customer id.
    """
    shop, asked = found.shop, {word for word in told if word}
    names = set(found.browsers) | (set(found.hubs) - found.shared)
    known = await documents.read_rest(redis, shop)
    ads = known.shop.ad_audiences if known is not None else {}
    listed = _audience_keys(found.words | asked)
    await audiences.forget(redis, shop, listed, audiences=ads, now=await _now(redis))
    await coupons.forget(redis, shop, sorted(names), partitions)
    own = found.own_words | asked
    marks = Marks(shop, names, own | set(_audience_keys(own)), found.own_ids | {customer.strip()})
    done = await erase(redis, marks, settle_s=SETTLE_S, settling=_say_settling)
    # No hub of theirs, so no mark of them: another's state may be named like that.
    boxes = [name for word in own for name in mailbox_names(shop, word)]
    await attention.forget(redis, shop, boxes, partitions)
    await confirmations.forget(redis, shop, boxes, partitions)
    # Again: what was on its way into the table may have come there meanwhile. Now nothing more comes.
    await audiences.forget(redis, shop, listed, audiences=ads, now=await _now(redis))
    for fault in await rewrite(redis):
        print(f"the server's append-only file holds it until it is rewritten: {fault}")
    return done


async def _now(redis: Client) -> int:
    seconds, micros = await (await masters(redis))[0].time()
    return int(seconds) * 1000 + int(micros) // 1000


def _say_settling(seconds: float) -> None:
    print(f"nothing is left; waits {seconds:.0f} s for what workers may have in hand, and looks once more")


def _audience_keys(words: Iterable[str]) -> list[str]:
    split = ((word, "") if "@" in word else ("", word) for word in sorted(words))
    return [key for email, phone in split for key in audience.keys_of(email=email, phone=phone)]


def _print_json(name: str, state: VisitorState | None, said: list[Proof], sent: list[why.Row]) -> None:
    told = {"visitor": name, "state": state, "proofs": said, "messages": sent}
    print(msgspec.json.encode(told).decode())  # the send log's facts stand in it as they are


def _print(name: str, state: VisitorState | None, confirm: Confirm, *, proofs_kept: int, rows: int) -> None:
    print(f"{name}")
    if state is None:
        print("  no state: never seen, or not for 90 days")
    else:
        print(f"  seen         {_at(state.first_at)} to {_at(state.last_at)}")
        known = state.identity
        for kind in ("email", "phone", "id"):
            if known is not None and getattr(known, kind):
                print(f"  {kind:<12} {plain(getattr(known, kind))}")
        for channel in CHANNELS:
            if channel == "push" or channel in state.consents or channel in addresses_of(state):
                print(f"  {channel:<12} {_allowed(state, channel, confirm)}")
        print(f"  carts        {len(state.carts)}, orders {len(state.orders)}, products {len(state.viewed)}")
    print(f"  kept besides {_many(proofs_kept, 'proof')}, {_many(rows, 'row')} of the send log")


def _allowed(state: VisitorState, channel: Channel, confirm: Confirm) -> str:
    """What decides on marketing there, whoever said what."""
    word = consented(state, channel, confirm=confirm)
    if channel == "push" and not word and state.subscription is None:
        word = "no subscription"
    if word:
        return f"no: {explain(word)}"
    if channel == "email" and (own := confirmed(state)) > NEVER and own == yes_of(state, channel):
        return f"yes, confirmed by the address {_at(own[0])}"
    if channel != "push" and yes_of(state, channel) == NEVER:
        return "yes, by the shop's word"
    return "yes"


def _at(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat(timespec="minutes") if ms else "never"


def _many(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _list(names: Iterable[str]) -> str:
    listed = sorted(names)
    return ", ".join(listed[:10]) + (f" and {len(listed) - 10} more" if len(listed) > 10 else "") or "none"
