"""A client for a cluster, with the commands of a client for one server: each goes to the node of its key.

Built on one redis-py client a node instead of redis-py's own cluster client, for what a shop's events need:

- A command is sent again only when a node said that it did not execute it (MOVED, ASK, TRYAGAIN). Whatever
  else fails is told to the caller, since the command may have been executed.
- ASKING and its command go down the same connection. As two commands of a pool, another task's may take its
  place, and the redirect goes round in circles while a slot moves.
- A lost node disturbs nobody else's commands, and the topology is looked up behind the failing command, also
  when the caller's own deadline cut it off.
- Every error is a RedisError, so the edge answers 503; redis-py's RedisClusterException is none.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any, cast

import redis.asyncio as redis
from redis.asyncio.client import Pipeline
from redis.exceptions import (
    AskError,
    ClusterDownError,
    MovedError,
    ReadOnlyError,
    RedisError,
    ResponseError,
    TryAgainError,
)
from redis.exceptions import ConnectionError as NotConnected
from redis.exceptions import TimeoutError as NoAnswer

from heimta.store.slots import key_of, slot_of
from heimta.store.topology import Address, Topology, command

REDIRECTS = 8  # more than a slot on the move needs; then it is the cluster that goes round in circles
TRY_AGAIN_S = 0.05  # keys of one command are on both sides of a move
LOST_NODE = (NotConnected, NoAnswer, OSError)
LOST = (*LOST_NODE, ClusterDownError, ReadOnlyError, asyncio.CancelledError)

Command = tuple[Sequence[Any], dict[str, Any]]
# Commands without a key: asked of every master, and what the answers make together.
_EVERYWHERE: dict[str, Callable[[list[Any]], Any]] = {
    "KEYS": lambda answers: [key for answer in answers for key in answer],
    "DBSIZE": sum,
    "FLUSHALL": all,
    "FLUSHDB": all,
    "SCRIPT LOAD": lambda answers: answers[0],
    "SCRIPT FLUSH": all,
    "CONFIG SET": all,
}


class ClusterClient(redis.Redis):
    """seeds: some nodes; the others are learnt from them. make: a client for one node.

    PING asks who is there, and is answered when one node is: most shoppers can be served without the others.
    Other commands without a key (INFO, CONFIG GET) tell of one master; `masters` has them all.
    """

    def __init__(self, seeds: Sequence[Address], make: Callable[[Address], redis.Redis]) -> None:
        super().__init__()  # for the commands; its own pool is never used
        self.topology = Topology(seeds, make)

    async def masters(self) -> list[redis.Redis]:
        """A client for each node that serves slots. They are closed with this one."""
        return await self.topology.masters()

    async def execute_command(self, *args: Any, **options: Any) -> Any:
        key = key_of(args)
        if key is not None:
            return await self.send(
                slot_of(key), lambda node: command(node, *args, **options), [(args, options)]
            )
        name = str(args[0]).upper()
        if name == "PING":
            await self.topology.refresh()
            return True
        if name == "SCAN":
            raise RedisError("a cluster has no one cursor; scan_iter asks one node after the other")
        nodes = await self.masters()
        if name in _EVERYWHERE:
            answers = await asyncio.gather(*(command(node, *args, **options) for node in nodes))
            return _EVERYWHERE[name](list(answers))
        for node in nodes[:-1]:  # these only ask, so another may be asked as well
            try:
                return await command(node, *args, **options)
            except LOST_NODE:
                self.topology.suspect()
        return await command(nodes[-1], *args, **options)

    async def scan_iter(self, *args: Any, **options: Any) -> AsyncIterator[Any]:  # type: ignore[override]
        """The keys of one master after the other. Those of a slot that moves may come twice or not at all.

        What the type checker takes for the method of a client that blocks: redis-py's own has the same two.
        """
        for node in await self.masters():
            async for key in node.scan_iter(*args, **options):
                yield key

    async def together(self, *commands: Sequence[Any]) -> list[Any]:
        """A command with a key, and what has to follow it on the same connection, such as WAIT."""

        sent: list[Command] = [(command, {}) for command in commands]

        async def work(node: redis.Redis) -> list[Any]:
            return good(await run(node, sent))

        answers: list[Any] = await self.send(_slot(sent[0]), work, sent)
        return answers

    async def send(
        self, slot: int, work: Callable[[redis.Redis], Any], commands: Sequence[Command] = ()
    ) -> Any:
        """Do something on the node of a slot, wherever it moves meanwhile.

        commands: the same work as commands, if it may follow its key in the middle of a move: one with a key,
            the others without. A transaction waits until the move is over.
        """
        node, asking = await self.topology.node_for(slot), False
        for _ in range(REDIRECTS):
            try:
                answer = await (_ask(node, commands) if asking else work(node))
                if asking or self.topology.serves(node):
                    return answer
                raise NotConnected("answered by a node that was replaced meanwhile: nobody else has it")
            except MovedError as moved:
                node, asking = self.topology.moved(slot, _told(moved, node)), False
            except AskError as asked:
                if commands:
                    node, asking = self.topology.node(_told(asked, node)), True
                else:
                    await asyncio.sleep(TRY_AGAIN_S)
            except TryAgainError:
                await asyncio.sleep(TRY_AGAIN_S)
            except LOST:
                self.topology.suspect()
                raise
        raise ClusterDownError(f"slot {slot} is moving")

    def pipeline(self, transaction: bool = True, shard_hint: str | None = None) -> Pipeline:
        return ClusterPipeline(self, transaction)

    async def aclose(self, close_connection_pool: bool | None = None) -> None:
        await self.topology.aclose()
        await super().aclose(close_connection_pool)


class ClusterPipeline(Pipeline):
    """A pipeline: its commands go to their nodes, all at the same time. With a transaction: one slot.

    WATCH is not there; a script looks and writes in one step (store/script.py).
    """

    def __init__(self, client: ClusterClient, transaction: bool) -> None:
        super().__init__(client.connection_pool, client.response_callbacks, transaction, None)
        self._client = client

    async def immediate_execute_command(self, *args: Any, **options: Any) -> Any:
        raise RedisError(f"{args[0]} at once is not for a cluster's pipeline; write a script")

    async def execute(self, raise_on_error: bool = True) -> list[Any]:
        """Answers in the order of the commands; an error stands in its command's place or is raised."""
        commands = cast(list[Command], self.command_stack)
        try:
            if self.is_transaction and commands:
                return await self._as_one(commands, raise_on_error)
            return await self._dealt(commands, raise_on_error)
        finally:
            await self.reset()  # type: ignore[no-untyped-call]  # redis-py left it bare

    async def _as_one(self, commands: list[Command], raise_on_error: bool) -> list[Any]:
        async def work(node: redis.Redis) -> list[Any]:
            return await run(node, commands, transaction=True, raise_on_error=raise_on_error)

        answers: list[Any] = await self._client.send(_slot(commands[0]), work)
        return answers

    async def _dealt(self, commands: list[Command], raise_on_error: bool) -> list[Any]:
        slots: dict[int, list[int]] = {}
        for index, one in enumerate(commands):
            slots.setdefault(_slot(one), []).append(index)
        by_node: dict[redis.Redis, list[int]] = {}
        for slot, indices in slots.items():
            node = await self._client.topology.node_for(slot)
            by_node.setdefault(node, []).extend(indices)
        answers: list[Any] = [None] * len(commands)
        await asyncio.gather(*(self._one_node(*dealt, commands, answers) for dealt in by_node.items()))
        if raise_on_error:
            for answer in answers:
                if isinstance(answer, Exception):
                    raise answer
        return answers

    async def _one_node(
        self, node: redis.Redis, indices: list[int], commands: list[Command], answers: list[Any]
    ) -> None:
        """Send one node its share. A node that is away is the answer of its commands, not of the others."""
        try:
            got = await run(node, [commands[index] for index in indices])
        except asyncio.CancelledError:
            self._client.topology.suspect()
            raise
        except (RedisError, OSError) as error:
            self._client.topology.suspect()
            got = [error] * len(indices)
        for index, answer in zip(indices, got, strict=True):
            if isinstance(answer, AskError | TryAgainError):  # MOVED is one of them; none was executed
                args, options = commands[index]
                try:
                    answer = await self._client.execute_command(*args, **options)
                except (RedisError, OSError) as error:
                    answer = error
            answers[index] = answer


async def run(
    node: redis.Redis, commands: Sequence[Command], *, transaction: bool = False, raise_on_error: bool = False
) -> list[Any]:
    """Commands over one connection of a node; an error stands in its command's place or is raised."""
    pipe = node.pipeline(transaction=transaction)
    for args, options in commands:
        pipe.execute_command(*args, **dict(options))
    answers: list[Any] = await pipe.execute(raise_on_error=raise_on_error)
    return answers


async def _ask(node: redis.Redis, commands: Sequence[Command]) -> Any:
    """Commands whose key has left its slot's node ahead of the others."""
    answers = good(await run(node, [(("ASKING",), {}), *commands]))[1:]
    return answers if len(answers) > 1 else answers[0]


def good(answers: list[Any]) -> list[Any]:
    """The answers, or the first error among them."""
    for answer in answers:
        if isinstance(answer, Exception):
            raise answer  # with the server's words first, which others look for
    return answers


def _slot(one: Command) -> int:
    key = key_of(one[0])
    if key is None:
        raise ResponseError(f"{one[0][0]} names no key: it has no place in a cluster's pipeline")
    return slot_of(key)


def _told(redirect: AskError, asked: redis.Redis) -> Address:
    """Where a redirect points; without a host it means another port of the node that was asked."""
    host = redirect.host or asked.connection_pool.connection_kwargs["host"]
    return Address(host, int(redirect.port))
