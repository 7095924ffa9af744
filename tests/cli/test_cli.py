"""The commands a merchant and an operator type, against a real store."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from heimta import __version__
from heimta.channels.vapid import load_keys
from heimta.cli import cli, main
from heimta.model.preferences import Proof
from heimta.store import answers, keys, partitions, proofs, secrets
from heimta.store import documents as documents_store
from heimta.store.connect import Client
from heimta.store.keys import partition_of

DOCUMENTS = Path(__file__).parents[2] / "server/heimta/demo/documents"
run = CliRunner()


@pytest.fixture
def environ(redis: Client, store_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEIMTA_REDIS_URL", store_url)


def heimta(*args: str, given: str = "") -> Result:
    return run.invoke(cli, args, input=given)


def documents(folder: Path) -> list[str]:
    files = []
    for source in sorted(DOCUMENTS.glob("*.yaml")):
        file = folder / source.name
        file.write_text(source.read_text().replace("${SHOP_URL}", "http://localhost:1"))
        files.append(str(file))
    return files


@pytest.mark.usefixtures("environ")
def test_a_shop_is_made_its_documents_installed_and_printed_back(tmp_path: Path) -> None:
    made = json.loads(heimta("shop", "create", "demo", "--json").stdout)
    assert set(made) == {"shop", "webhook_secret", "vapid_public"}
    again = json.loads(heimta("shop", "create", "demo", "--json", "--if-missing").stdout)
    assert again == made
    assert heimta("shop", "create", "demo").exit_code == 1
    applied = heimta("apply", *documents(tmp_path))
    assert "campaign exit-offer: version 1" in applied.stdout
    shown = heimta("show", "demo").stdout
    (tmp_path / "shown.yaml").write_text(shown)
    assert "version 1" in heimta("apply", str(tmp_path / "shown.yaml")).stdout  # unchanged, so no version 2
    assert heimta("show", "demo", "exit-offer").stdout in shown
    assert heimta("shop", "list").stdout == "demo\n"


@pytest.mark.usefixtures("environ")
def test_a_shop_without_documents_is_listed_and_each_command_says_what_it_lacks() -> None:
    heimta("shop", "create", "fresh")
    listed = heimta("shop", "list")
    assert listed.stdout == "fresh\n" and "fresh has no document yet; `heimta apply FILE`" in listed.stderr
    asked = (["words", "fresh", "fr"], ["show", "fresh"], ["person", "fresh", "v"])
    for args in (*asked, ["send-test", "fresh", "j", "s"]):
        assert "'fresh' is made and has no document yet; `heimta apply FILE`" in str(heimta(*args).exception)
    for args in (["words", "none", "fr"], ["show", "none"]):
        assert "there is no shop 'none'; `heimta shop list`" in str(heimta(*args).exception)


@pytest.mark.usefixtures("environ")
def test_apply_installs_all_or_nothing(tmp_path: Path) -> None:
    heimta("shop", "create", "demo")
    bad = tmp_path / "9-bad.yaml"
    bad.write_text("kind: journey\nid: x\nshop: demo\n")
    failed = heimta("apply", *documents(tmp_path), str(bad))
    assert failed.exit_code == 1
    assert "9-bad.yaml: journey 'x': name: missing" in str(failed.exception)
    assert heimta("show", "demo").exit_code == 1


@pytest.mark.usefixtures("environ")
def test_apply_takes_no_document_twice(tmp_path: Path) -> None:
    """A copy whose id was left as it was: only the last of both would stay."""
    heimta("shop", "create", "demo")
    files = documents(tmp_path)
    copy = tmp_path / "copy.yaml"
    copy.write_text(
        Path(next(file for file in files if "kind: journey" in Path(file).read_text())).read_text()
    )
    failed = heimta("apply", *files, str(copy))
    assert "journey 'cart-push' of shop 'demo' is there 2 times; give each an id of its own" in str(
        failed.exception
    )
    assert heimta("show", "demo").exit_code == 1


@pytest.mark.usefixtures("environ")
def test_apply_reads_standard_input(tmp_path: Path) -> None:
    """Into a container a document comes no other way."""
    heimta("shop", "create", "demo")
    text = "".join(f"---\n{Path(file).read_text()}" for file in documents(tmp_path))
    assert "shop demo: version 1" in heimta("apply", "-", given=text).stdout
    failed = heimta("apply", "-", given="kind: journey\nid: x\nshop: demo\n")
    assert "standard input: journey 'x': name: missing" in str(failed.exception)


@pytest.mark.usefixtures("environ")
def test_apply_refuses_an_address_that_the_operator_does_not_trust(monkeypatch: pytest.MonkeyPatch) -> None:
    heimta("shop", "create", "demo")
    shop = "kind: shop\nid: demo\nname: D\norigins: [https://shop.example]\ncurrency: EUR\n"
    shop += 'hook: {url: "http://localhost:9/x"}\n'
    assert "hook.url is 'http://localhost:9/x'" in str(heimta("apply", "-", given=shop).exception)
    monkeypatch.setenv("HEIMTA_OUTSIDE_ORIGINS", "http://localhost:9")
    assert "shop demo: version 1" in heimta("apply", "-", given=shop).stdout


@pytest.mark.usefixtures("environ")
def test_documents_of_a_shop_that_was_never_made_are_refused(tmp_path: Path) -> None:
    failed = heimta("apply", *documents(tmp_path))
    assert "heimta shop create demo" in str(failed.exception)


@pytest.mark.usefixtures("environ")
def test_users_are_listed_and_removed() -> None:
    for email in ("b@example.com", "A@example.com"):
        assert heimta("user", "add", email, "--password-stdin", given="long enough\n").exit_code == 0
    assert heimta("user", "list").stdout.split() == ["a@example.com", "b@example.com"]
    assert heimta("user", "remove", "A@example.com ").exit_code == 0
    assert heimta("user", "list").stdout.split() == ["b@example.com"]
    gone = heimta("user", "remove", "a@example.com")
    assert gone.exit_code == 1


@pytest.mark.usefixtures("environ")
def test_a_user_is_added_once_and_a_weak_password_refused() -> None:
    assert heimta("user", "add", "a@example.com", "--password-stdin", given="long enough\n").exit_code == 0
    assert heimta("user", "add", "a@example.com", "--password-stdin", given="short\n").exit_code == 1
    kept = heimta("user", "add", "a@example.com", "--password-stdin", "--if-missing", given="short\n")
    assert kept.exit_code == 0


def test_the_version_is_told_without_a_store() -> None:
    assert heimta("--version").stdout == f"heimta {__version__}\n"


def test_the_shell_can_complete_commands(monkeypatch: pytest.MonkeyPatch) -> None:
    words = {"_HEIMTA_COMPLETE": "complete_bash", "COMP_WORDS": "heimta rest", "COMP_CWORD": "1"}
    told = run.invoke(cli, env=words, prog_name="heimta")
    assert told.stdout.split() == ["restore"]


@pytest.mark.usefixtures("environ")
def test_of_nobody_and_no_shop_the_way_out_is_told() -> None:
    """Nothing on standard output, for programs."""
    users, shops = heimta("user", "list"), heimta("shop", "list")
    assert users.stdout == shops.stdout == ""
    assert "`heimta user add EMAIL`" in users.stderr and "`heimta shop create SHOP`" in shops.stderr


@pytest.mark.usefixtures("environ")
def test_an_address_that_is_none_is_refused_before_a_password_is_asked_for() -> None:
    refused = heimta("user", "add", "jana.example.com")
    assert "is not an e-mail address" in str(refused.exception) and refused.stdout == ""


@pytest.mark.parametrize(
    ("args", "environ", "told"),
    [
        (["restore", "/nowhere"], {}, "heimta: /nowhere: No such file"),
        (["shop", "create", "Bad Shop"], {}, "it must be 1 to 32 small letters"),
        (["show", "demo"], {"HEIMTA_REDIS_URL": "localhost:6379"}, "HEIMTA_REDIS_URL"),
        (["show", "demo"], {"HEIMTA_REDIS_URL": "unix:///nowhere.sock"}, "store does not answer"),
        (["show", "demo"], {"HEIMTA_REDIS_URL": ""}, "no store"),
        (["apply", "/nowhere.yaml"], {}, "/nowhere.yaml"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(
    args: list[str],
    environ: dict[str, str],
    told: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("HEIMTA_DATA", str(tmp_path))
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("sys.argv", ["heimta", *args])
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 1
    said = capsys.readouterr().err
    assert told in said
    assert "Traceback" not in said


@pytest.mark.usefixtures("environ")
def test_a_path_that_another_shop_has_is_refused_and_nothing_is_installed(tmp_path: Path) -> None:
    def shop(name: str, path: str) -> str:
        file = tmp_path / f"{name}.yaml"
        file.write_text(
            f"kind: shop\nid: {name}\nname: {name}\norigins: ['https://{name}.example']\n"
            f"currency: EUR\nown_path: {path}\n"
        )
        return str(file)

    for name in ("one", "two"):
        heimta("shop", "create", name)
    assert heimta("apply", shop("one", "/assets/k7")).exit_code == 0
    failed = heimta("apply", shop("two", "/assets/k7/more"))
    assert "'/assets/k7' is that of shop 'one'" in str(failed.exception)
    assert heimta("show", "two").exit_code == 1
    assert heimta("apply", shop("two", "/assets/k8")).exit_code == 0
    assert heimta("apply", shop("one", "/assets")).exit_code == 1  # now the other one's would lie under it


@pytest.mark.usefixtures("environ")
def test_two_shops_on_one_origin_are_warned_of_since_one_browser_mixes_them(tmp_path: Path) -> None:
    for shop, origin in (("de", "https://my-shop.example"), ("uk", "https://MY-shop.example")):
        heimta("shop", "create", shop)
        file = tmp_path / f"{shop}.yaml"
        file.write_text(f"kind: shop\nid: {shop}\nname: Shop\norigins: [{origin!r}]\ncurrency: EUR\n")
        result = heimta("apply", str(file))
        assert result.exit_code == 0
        assert ("warning: " in result.stderr) is (shop == "uk")
    assert "shop 'uk' shares the origin 'https://my-shop.example' with 'de'" in result.stderr


@pytest.mark.usefixtures("environ")
def test_a_template_is_printed_and_applied(tmp_path: Path) -> None:
    heimta("shop", "create", "demo")
    heimta("apply", *documents(tmp_path))
    assert "exit-reminder" in heimta("templates").stdout
    printed = heimta("template", "exit-reminder", "--shop", "demo").stdout
    assert printed.startswith("# ")
    (tmp_path / "mine.yaml").write_text(printed)
    assert heimta("apply", str(tmp_path / "mine.yaml")).stdout == "campaign exit-reminder: version 1\n"
    wrong = heimta("template", "exit-remindr", "--shop", "demo")
    assert wrong.exit_code == 1
    assert "there is no template 'exit-remindr'; they are " in str(wrong.exception)


@pytest.mark.usefixtures("environ")
def test_a_campaigns_colours_are_held_against_the_shops_that_is_there(tmp_path: Path) -> None:
    heimta("shop", "create", "demo")
    heimta("apply", *documents(tmp_path))
    change = heimta("show", "demo", "exit-offer").stdout + "theme: {accent: '#ffe9a8'}\n"
    (tmp_path / "pale.yaml").write_text(change)
    refused = heimta("apply", str(tmp_path / "pale.yaml"))
    assert refused.exit_code == 1
    assert "campaign 'exit-offer': theme.on_accent '#ffffff' on theme.accent '#ffe9a8'" in str(
        refused.exception
    )


@pytest.mark.usefixtures("environ")
async def test_a_question_that_has_answers_keeps_its_scale(redis: Client, tmp_path: Path) -> None:
    def apply(name: str, question: str) -> Result:
        (tmp_path / "ask.yaml").write_text(
            "{kind: campaign, id: ask, shop: demo, name: Ask, trigger: {on: exit}, variants: [{id: a, "
            f"content: {{widget: survey, questions: [{{name: {name}, question: How, {question}}}]}}}}]}}"
        )
        return heimta("apply", str(tmp_path / "ask.yaml"))

    await asyncio.to_thread(heimta, "shop", "create", "demo")
    await asyncio.to_thread(heimta, "apply", *documents(tmp_path))
    await partitions.settle(redis, 16)
    nps, stars = "ask: nps", "ask: rating"
    for question in (nps, stars, nps):  # nobody has answered: anything may change
        assert (await asyncio.to_thread(apply, "score", question)).exit_code == 0
    await answers.note(redis, 3, {("demo", "ask"): {"v": 1}})
    refused = await asyncio.to_thread(apply, "score", stars)
    assert refused.exit_code == 1 and str(refused.exception) == (
        "campaign 'ask': question 'score' has answers as `nps` from 0 to 10 and would be "
        "`rating` from 1 to 5 now, counted as one; give it another `name`"
    )
    shorter = await asyncio.to_thread(apply, "score", "ask: slider, max: 100, step: 5")
    assert "would be `slider` from 0 to 100 by 5 now" in str(shorter.exception)
    assert (await asyncio.to_thread(apply, "score", "ask: nps, low: No")).exit_code == 0
    assert (await asyncio.to_thread(apply, "stars", stars)).exit_code == 0


@pytest.mark.usefixtures("environ")
async def test_a_holdout_that_is_changed_midway_is_warned_of(redis: Client, tmp_path: Path) -> None:
    await asyncio.to_thread(heimta, "shop", "create", "demo")
    await asyncio.to_thread(heimta, "apply", *documents(tmp_path))
    await partitions.settle(redis, 16)
    printed = (await asyncio.to_thread(heimta, "show", "demo", "exit-offer")).stdout
    (tmp_path / "less.yaml").write_text(re.sub(r"(?m)^holdout_pct: .*\n", "", printed) + "holdout_pct: 5\n")
    less = str(tmp_path / "less.yaml")
    assert (await asyncio.to_thread(heimta, "apply", less)).stderr == ""  # nobody has met it
    met = {"ten|n": "500", "ten|converted": "40", "holdout|n": "500", "holdout|converted": "40"}
    await redis.hset(keys.lift(3, "demo", "exit-offer"), mapping=met)
    told = await asyncio.to_thread(heimta, "apply", less)
    assert told.exit_code == 0 and told.stderr == (
        "warning: campaign 'exit-offer': holdout_pct is 5, but 500 of 1,000 shoppers were held out: what "
        "it earned is not told any more, since figures before and after do not mix; give it another `id`, "
        "or the holdout it had\n"
    )


@pytest.mark.usefixtures("environ")
async def test_a_new_pair_of_push_keys_takes_the_place_of_the_old_one(redis: Client) -> None:
    made = json.loads(await asyncio.to_thread(lambda: heimta("shop", "create", "demo", "--json").stdout))
    before = await documents_store.revision(redis, "demo")
    rotated = await asyncio.to_thread(heimta, "shop", "rotate-push-key", "demo")
    kept = await secrets.read(redis, "demo")
    assert kept is not None
    assert kept.vapid_public != made["vapid_public"] and kept.vapid_public in rotated.stdout
    assert kept.vapid_private not in rotated.stdout and kept.webhook == made["webhook_secret"]
    assert load_keys(kept.vapid_private, "mailto:me@example.com").public == kept.vapid_public
    assert await documents_store.revision(redis, "demo") == before + 1, "edges and workers read it again"
    assert (await asyncio.to_thread(heimta, "shop", "rotate-push-key", "nosuch")).exit_code == 1


@pytest.mark.usefixtures("environ")
async def test_a_page_s_path_makes_no_line_of_its_own_among_proofs(redis: Client) -> None:
    visitor, forged = "v" * 22, "2025-11-21T21:20:00+00:00  yes  /cart  ask.1.a.de"
    home = partition_of("demo", visitor, 16)
    await proofs.keep(redis, "demo", home, visitor, Proof(1, "stop", f"/cart\n{forged}\x1b[2J", ""))
    (line,) = (await asyncio.to_thread(heimta, "shop", "proofs", "demo", visitor)).stdout.splitlines()
    assert "stop  /cart\ufffd2025" in line and "\x1b" not in line


@pytest.mark.usefixtures("environ")
async def test_proofs_are_printed_with_the_words_they_are_of(redis: Client) -> None:
    visitor = "v" * 22
    home = partition_of("demo", visitor, 16)
    await proofs.keep(redis, "demo", home, visitor, Proof(1_763_760_000_000, "yes", "/cart", "ask.1.a.de"))
    await proofs.keep(
        redis, "demo", home, visitor, Proof(1_763_760_060_000, "stop", "link", "preferences-2.de")
    )
    await proofs.keep_words(redis, "demo", "ask.1.a.de", "Erinnern?\nJa")
    shown = (await asyncio.to_thread(heimta, "shop", "proofs", "demo", visitor)).stdout.splitlines()
    assert shown == [
        "2025-11-21T21:20:00+00:00  yes  /cart  ask.1.a.de",
        "    Erinnern?",
        "    Ja",
        "2025-11-21T21:21:00+00:00  stop  link  preferences-2.de",
    ]
    told = (await asyncio.to_thread(heimta, "shop", "proofs", "demo", visitor, "--json")).stdout.splitlines()
    assert json.loads(told[0])["words"] == "Erinnern?\nJa"
    await asyncio.to_thread(heimta, "shop", "create", "demo")
    assert "said nothing" in (await asyncio.to_thread(heimta, "shop", "proofs", "demo", "w" * 22)).stdout
