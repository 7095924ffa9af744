"""`heimta doctor`: look at everything once, say what is wrong and how to mend it. Changes nothing."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Iterator
from typing import Annotated, get_args

import msgspec
import orjson
import typer
from redis.exceptions import RedisError

from heimta.app import STATIC
from heimta.commands.common import NO_STORE, live_ledgers, none_on
from heimta.commands.doctor_login import login_findings
from heimta.commands.doctor_mail import mail_findings
from heimta.edge.bundles import Bundles
from heimta.launch.valkey import running
from heimta.model.documents import CartAdapter
from heimta.model.volume import Volume
from heimta.operate import doctor as judge
from heimta.operate import machine
from heimta.operate.doctor import Finding, ok
from heimta.operate.ready import in_words
from heimta.settings import Settings, SettingsError, load
from heimta.store import ceilings, checkup, documents
from heimta.store.connect import BadUrl, Client, connect, masters

MARK = {"OK": "ok  ", "WARN": "WARN", "FAIL": "FAIL"}


def doctor(
    json: Annotated[bool, typer.Option("--json", help="For programs: a list of findings.")] = False,
) -> None:
    """Check settings, store, workers and this machine one by one. Ends with 1 if something is broken."""
    findings = list(examine())
    if json:
        print(orjson.dumps(findings, option=orjson.OPT_INDENT_2, default=_plain).decode())
    else:
        for finding in findings:
            print(f"{MARK[finding.level]}  {finding.check}: {finding.words}")
            if finding.mend:
                print(f"      -> {finding.mend}")
        wrong = [finding.level for finding in findings]
        print(f"{wrong.count('FAIL')} broken, {wrong.count('WARN')} to look at, {wrong.count('OK')} well")
    if any(finding.level == "FAIL" for finding in findings):
        raise typer.Exit(1)


def examine() -> Iterator[Finding]:
    try:
        settings = load(os.environ)
    except SettingsError as fault:
        yield Finding("settings", "FAIL", str(fault), "docs/settings.md lists them all")
        return
    yield ok("settings", "valid")
    yield from _store(settings)
    yield from _machine(settings)


def _store(settings: Settings) -> Iterator[Finding]:
    url = settings.redis_url or running(settings.data)
    if url is None:
        yield Finding("reach store", "FAIL", f"none: {none_on(settings)}", NO_STORE)
        return
    try:
        yield from asyncio.run(_ask(url, settings))
    except BadUrl as fault:
        yield Finding("reach store", "FAIL", str(fault), "docs/settings.md tells what it may be")
    except (RedisError, OSError) as error:
        words = f"{in_words(error)} ({type(error).__name__}: {error})"
        yield Finding("reach store", "FAIL", words, "is it running, and is HEIMTA_REDIS_URL right?")


async def _ask(url: str, settings: Settings) -> list[Finding]:
    redis, partitions = connect(url), settings.partitions
    try:
        found = [ok("reach store", "it answers")]
        nodes = await masters(redis)
        servers = [await checkup.server(node, now=_now()) for node in nodes]
        for server in servers:
            named = f" ({server.name})" if len(servers) > 1 else ""
            told = [*judge.judge_server(server), judge.replicas(server, settings.redis_wait_replicas)]
            found += [_named(finding, named) for finding in told]
        facts = await checkup.store(redis, partitions, now=servers[0].clock_ms)
        unread = {shop.name for shop in facts.shops if not shop.is_served}
        names = [shop for shop in await documents.shops(redis) if shop not in unread]
        offers = [each for shop in names for each in await live_ledgers(redis, shop)]
        facts = msgspec.structs.replace(
            facts, ledgers=offers, volumes=await _volumes(redis, names, now=servers[0].clock_ms)
        )
        found += judge.judge_store(facts, partitions, now=_now())
        found += await mail_findings(redis, names, edge_url=settings.edge_url)
        return found + await login_findings(redis, names, trusted=settings.outside_origins, now=_now())
    finally:
        await redis.aclose()


async def _volumes(redis: Client, names: list[str], *, now: int) -> list[Volume]:
    known = [await documents.read_rest(redis, name) for name in names]
    return [each for one in known if one for each in await ceilings.volumes(redis, one.shop, now=now)]


def _machine(settings: Settings) -> Iterator[Finding]:
    is_embedded = settings.redis_url is None
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.host, settings.host)
    yield machine.disk(settings.data, is_embedded=is_embedded)
    yield machine.open_files(settings.max_connections)
    try:
        problem = ", ".join(Bundles(STATIC / "dist").faults(get_args(CartAdapter)))
    except (OSError, ValueError, KeyError) as error:
        problem = f"{type(error).__name__}: {error}"
    yield machine.bundles(STATIC / "dist", problem)
    yield machine.address("HEIMTA_EDGE_URL", settings.edge_url)
    yield machine.address("HEIMTA_CONSOLE_URL", settings.console_url)
    ports = {"edge": settings.edge_port, "worker": settings.worker_port, "console": settings.console_port}
    for name, port in ports.items():
        yield machine.server(name, host, port, must_run=is_embedded)


def _named(finding: Finding, where: str) -> Finding:
    return Finding(finding.check + where, finding.level, finding.words, finding.mend)


def _plain(finding: Finding) -> dict[str, str]:
    return {name: getattr(finding, name) for name in Finding.__struct_fields__}


def _now() -> int:
    return time.time_ns() // 1_000_000
