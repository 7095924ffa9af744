"""`heimta shop secret`: a provider's password or token, from standard input: no shell remembers it.
`heimta shop rotate-webhook-secret`: the one that the shop's back end signs with.
"""

from __future__ import annotations

import difflib
import secrets as random
import sys
from typing import Annotated

import typer

from heimta.commands.common import CommandError, find_store, with_redis
from heimta.model.providers.needs import SECRETS, secrets_of
from heimta.store import documents, secrets
from heimta.store.connect import Client

MIN_LOGIN = 20  # characters of a password that everybody on the internet may try
OF_LINES = frozenset({"dkim_key"})  # of others a second line would begin another header, which nothing sends
MAX_BYTES = 16_384  # a PEM of the longest key in use is a fifth of it


def set_secret(
    shop: Annotated[str, typer.Argument(help="The shop's id.")],
    name: Annotated[str, typer.Argument(help="Which one; left out, all are listed, without values.")] = "",
    remove: Annotated[bool, typer.Option("--remove", help="Forget it.")] = False,
) -> None:
    """Keep a password or token of whom the shop sends through. The value is read from standard input."""
    _, url = find_store()
    if not name:
        print("\n".join(with_redis(url, lambda redis: _listed(redis, shop))))
        return
    if name not in SECRETS:
        near = difflib.get_close_matches(name, SECRETS, n=1)
        hint = f"did you mean {near[0]}?" if near else f"the names are {', '.join(SECRETS)}"
        raise CommandError(f"there is no secret {name!r}; {hint}")

    async def keep(redis: Client) -> None:
        if await secrets.read(redis, shop) is None:
            raise CommandError(f"there is no shop {shop!r}; make it with `heimta shop create {shop}`")
        await secrets.set_provider(redis, shop, name, "" if remove else _read(name))

    with_redis(url, keep)
    print(f"{name} of shop {shop} is {'gone' if remove else 'kept'}; the workers know within seconds")


def rotate_webhook_secret(shop: Annotated[str, typer.Argument(help="The shop's id.")]) -> None:
    """Make a new webhook secret. The old one counts no more: give the new one to the shop's back end."""
    _, url = find_store()
    made = random.token_urlsafe(32)

    async def rotate(redis: Client) -> None:
        if await secrets.read(redis, shop) is None:
            raise CommandError(f"there is no shop {shop!r}; `heimta shop list` names them")
        await secrets.replace_webhook(redis, shop, made)

    with_redis(url, rotate)
    print(f"webhook_secret: {made}")
    print("what the old one signs is answered 401 within seconds; have orders since then sent once more")


def _read(name: str) -> str:
    """What was typed or piped, without the line's end. Raises CommandError."""
    if sys.stdin.isatty():
        value = str(typer.prompt(f"{name} ({SECRETS[name]})", hide_input=True))
    else:
        value = sys.stdin.read(MAX_BYTES + 1)
    value = value.strip()
    if not value:
        raise CommandError(f"{name} is empty; type it or pipe it in, or use --remove")
    if len(value.encode()) > MAX_BYTES:
        raise CommandError(f"{name} is longer than {MAX_BYTES:,} bytes; is it the right file?")
    one_line = value.replace("\n", "").replace("\r", "")
    if not one_line.isprintable():
        raise CommandError(f"{name} holds characters that no password or token has; is it the right file?")
    if value != one_line and name not in OF_LINES:
        raise CommandError(f"{name} has several lines, and it is one; is it the right file?")
    if name == "mail_login":
        _refuse_guessable(name, value)
    return value


def _refuse_guessable(name: str, login: str) -> None:
    user, _, password = login.partition(":")
    if not user or len(password) < MIN_LOGIN:
        raise CommandError(  # without the value: it is a secret
            f"{name} has a name of {len(user)} characters and a password of {len(password)}; "
            f"it is NAME:PASSWORD, and the password needs {MIN_LOGIN}, "
            "for example what `openssl rand -hex 24` prints"
        )


async def _listed(redis: Client, shop: str) -> list[str]:
    if await secrets.read(redis, shop) is None:
        raise CommandError(f"there is no shop {shop!r}; make it with `heimta shop create {shop}`")
    kept = await secrets.provider_names(redis, shop)
    read = await documents.read_rest(redis, shop)
    wanted = secrets_of(read.shop) if read is not None else []
    told = []
    for name, what in SECRETS.items():
        state = "kept" if name in kept else "MISSING" if name in wanted else "-"
        told.append(f"{name:20} {state:8} {what}")
    return told
