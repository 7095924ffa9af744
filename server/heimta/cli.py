"""`heimta`: every command. Each reads the settings once, says what is wrong in one line, ends with 0 or 1."""

from __future__ import annotations

import os
import re
import secrets as random
import sys
from pathlib import Path
from typing import Annotated

import orjson
import typer

from heimta import __version__, roles
from heimta import app as parts
from heimta.channels.vapid import make_keys
from heimta.commands import (
    backup,
    bounces,
    consents,
    delete_shop,
    doctor,
    person,
    remove,
    secret,
    send_test,
    templates,
    why,
    words,
)
from heimta.commands.audiences import audiences_cli
from heimta.commands.common import (
    CommandError,
    clashes_with,
    documents_of,
    find_store,
    lacks_of,
    other_money,
    warnings_of,
    with_redis,
)
from heimta.commands.coupons import coupons_cli
from heimta.commands.dead import dead_cli
from heimta.console.assets import AssetsMissing
from heimta.console.users import UserError, add_user, check_address, normal, remove_user
from heimta.launch import demo as demo_launch
from heimta.launch import serve as serve_launch
from heimta.model.ids import SHOP_PATTERN
from heimta.operate import logs
from heimta.rules.apply import BadDocument, notes, read_documents, write_document
from heimta.settings import load
from heimta.store import deletion, documents, secrets, users
from heimta.store.connect import Client

STDIN = Path("-")

cli = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False)
shop_cli = typer.Typer(no_args_is_help=True, help="Shops: make one, look at it, delete it.")
user_cli = typer.Typer(no_args_is_help=True, help="Console users.")
for _role in roles.ROLES.values():
    cli.command()(_role)
cli.command()(backup.backup)
cli.command()(bounces.bounces)
cli.command()(remove.remove)
cli.command()(backup.restore)
cli.command()(doctor.doctor)
cli.command(name="templates")(templates.list_templates)
cli.command()(templates.template)
cli.command()(words.words)
cli.command()(person.person)
cli.command()(person.forget)
cli.command(name="send-test")(send_test.send_test)
cli.command(name="why")(why.why_command)
shop_cli.command("delete")(delete_shop.delete_shop)
shop_cli.command("proofs")(consents.show_proofs)
shop_cli.command("secret")(secret.set_secret)
shop_cli.command("rotate-webhook-secret")(secret.rotate_webhook_secret)
shop_cli.command("rotate-push-key")(consents.rotate_push_key)
cli.add_typer(shop_cli, name="shop")
cli.add_typer(user_cli, name="user")
cli.add_typer(dead_cli, name="dead")
cli.add_typer(coupons_cli, name="coupons")
cli.add_typer(audiences_cli, name="audiences")


def _version(asked: bool) -> None:
    if asked:
        print(f"heimta {__version__}")
        raise typer.Exit()


@cli.callback(no_args_is_help=True)
def about(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Which Heimta this is.")
    ] = False,
) -> None:
    """Heimta wins back carts that a shop is about to lose. docs/operating.md tells how it is run."""


def main() -> None:
    roles.told(cli, (BadDocument, UserError, AssetsMissing))


@cli.command()
def demo() -> None:
    """Start everything and a demo shop, print the addresses, run until Ctrl-C."""
    raise SystemExit(demo_launch.main())


@cli.command()
def serve() -> None:
    """Start edge, console and worker, with an embedded store if none is set."""
    raise SystemExit(serve_launch.main())


@cli.command(name="demo-shop")
def demo_shop(
    records: Annotated[bool, typer.Option(help="Serve the shop's own orders; for tests.")] = False,
) -> None:
    """The demo shop alone; it reaches Heimta over HTTP only."""
    settings = load(os.environ)
    logs.set_up(settings.log)
    parts.serve(parts.shop_app(settings, records=records), settings, port=settings.shop_port)


@cli.command()
def apply(
    files: Annotated[
        list[Path], typer.Argument(help="YAML or JSON, one document or many; - for standard input.")
    ],
) -> None:
    """Check documents and install them: all of them, or none."""
    read, trusted = [], load(os.environ).outside_origins
    for file in files:
        name = "standard input" if file == STDIN else str(file)
        try:
            text = sys.stdin.read() if file == STDIN else file.read_text()
            read += read_documents(text, trusted=trusted)
        except BadDocument as fault:
            raise BadDocument("\n".join(f"{name}: {line}" for line in str(fault).splitlines())) from None
        except OSError as fault:
            raise CommandError(f"{name}: {fault.strerror}") from None
        except UnicodeDecodeError:
            raise CommandError(f"{name}: it is no text in UTF-8") from None
    _, url = find_store()

    async def install(redis: Client) -> None:
        for document in read:
            shop = document.shop if hasattr(document, "shop") else document.id
            if await secrets.read(redis, shop) is None:
                raise CommandError(f"there is no shop {shop!r}; make it with `heimta shop create {shop}`")
        if clashes := await clashes_with(redis, read):
            raise BadDocument("\n".join(clashes))
        told = await other_money(redis, read)
        for document in read:
            version = await documents.put(redis, document, now=parts.now_ms())
            print(f"{document.__struct_config__.tag} {document.id}: version {version}")
            for note in notes(document):
                print(f"note: {note}")
        for warning in told + await warnings_of(redis, read, now=parts.now_ms()):
            print(f"warning: {warning}", file=sys.stderr)

    with_redis(url, install)


@cli.command()
def show(
    shop: Annotated[str, typer.Argument(help="The shop's id.")],
    name: Annotated[str, typer.Argument(help="A campaign or journey; all documents if left out.")] = "",
) -> None:
    """Print documents as `heimta apply` reads them."""
    _, url = find_store()
    known = with_redis(url, lambda redis: documents_of(redis, shop, name, whole=True))
    stored = [*known.campaigns.values(), *known.journeys.values()]
    chosen = [s.document for s in stored if name in ("", s.document.id)]
    if name == "":
        chosen.insert(0, known.shop)
    if not chosen:
        raise CommandError(f"shop {shop!r} has no campaign or journey {name!r}")
    print("---\n".join(write_document(document) for document in chosen), end="")


@shop_cli.command("create")
def shop_create(
    shop: Annotated[str, typer.Argument(help="Small letters, digits and hyphens, at most 32.")],
    json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
    if_missing: Annotated[bool, typer.Option("--if-missing", help="No error if it is there.")] = False,
) -> None:
    """Make a shop's secrets. Its documents come with `heimta apply`."""
    if not re.match(SHOP_PATTERN, shop):
        rule = "it must be 1 to 32 small letters, digits and hyphens, for example my-shop"
        raise CommandError(f"shop is {shop!r}; {rule}")
    _, url = find_store()

    async def create(redis: Client) -> secrets.Secrets:
        if shop in await deletion.begun(redis):
            raise CommandError(f"shop {shop!r} is being deleted; `heimta shop delete {shop}` ends it")
        if not if_missing and await secrets.read(redis, shop) is not None:
            raise CommandError(f"shop {shop!r} is there already; --if-missing prints its secrets again")
        vapid = make_keys("mailto:unset@heimta.invalid")  # the subject comes from the shop's document
        made = secrets.Secrets(
            webhook=random.token_urlsafe(32),
            signing=random.token_urlsafe(32),
            vapid_private=vapid.private,
            vapid_public=vapid.public,
        )
        return await secrets.create(redis, shop, made)

    kept = with_redis(url, create)
    told = {"shop": shop, "webhook_secret": kept.webhook, "vapid_public": kept.vapid_public}
    if json:
        print(orjson.dumps(told).decode())
    else:
        print("\n".join(f"{name}: {value}" for name, value in told.items()))


@shop_cli.command("list")
def shop_list() -> None:
    """The ids of all shops."""
    _, url = find_store()

    async def look(redis: Client) -> tuple[dict[str, list[str]], list[str]]:
        there = {name: await lacks_of(redis, name) for name in await documents.shops(redis)}
        return there, await deletion.begun(redis)

    there, leaving = with_redis(url, look)
    if not there:
        print("heimta: there is no shop; `heimta shop create SHOP` makes one", file=sys.stderr)
    for name, lacks in there.items():
        print(name)
        for lack in lacks:
            print(f"heimta: {lack}", file=sys.stderr)
    for name in leaving:
        print(
            f"heimta: {name} is deleted in part; `heimta shop delete {name}` goes on with it", file=sys.stderr
        )


@user_cli.command("add")
def user_add(
    email: Annotated[str, typer.Argument()],
    password_stdin: Annotated[bool, typer.Option("--password-stdin", help="Read it, do not ask.")] = False,
    if_missing: Annotated[bool, typer.Option("--if-missing", help="Leave a known user alone.")] = False,
) -> None:
    """Add a console user, or give one a new password, which ends what is open with the old one."""
    _, url = find_store()
    check_address(email)
    if password_stdin:
        password = sys.stdin.readline().rstrip("\n")
    else:
        password = typer.prompt("Password", hide_input=True, confirmation_prompt=True)

    async def add(redis: Client) -> None:
        if if_missing and await users.get(redis, normal(email)) is not None:
            return
        await add_user(redis, email, password, now=parts.now_ms())

    with_redis(url, add)
    print(f"{normal(email)} may log in")


@user_cli.command("remove")
def user_remove(email: Annotated[str, typer.Argument()]) -> None:
    """Remove a console user. What they have open ends at once."""
    _, url = find_store()
    with_redis(url, lambda redis: remove_user(redis, email))
    print(f"{normal(email)} is removed, and logged out everywhere")


@user_cli.command("list")
def user_list() -> None:
    """The addresses of all console users."""
    _, url = find_store()
    emails = with_redis(url, users.emails)
    for email in emails:
        print(email)
    if not emails:
        print("heimta: nobody may log in; `heimta user add EMAIL` adds somebody", file=sys.stderr)
