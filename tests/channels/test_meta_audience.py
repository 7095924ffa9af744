"""People are taken in and let go as Meta's contract says, and each of its answers has one meaning."""

from __future__ import annotations

from collections.abc import AsyncIterator
from hashlib import sha256

import pytest
from aiohttp.test_utils import TestServer

from heimta.channels.meta_audience import MetaAudience
from heimta.channels.outside import Outside
from heimta.channels.places import Places
from heimta.channels.result import BUSY, SENT, Delivery, failed
from heimta.model.audience import google_email, keys_of, normal_phone
from heimta.rules.ad_audiences import refusal
from tests.stubs.meta_audience import TOKEN, Fault, MetaStub, error, limited

NOW = 1_763_760_000_000
NOBODY = "http://127.0.0.1:9"
SHOP = "120330000000000001"
KEYS = [f"e{number:064x}" for number in range(25)]


@pytest.fixture
async def meta() -> AsyncIterator[MetaStub]:
    yield MetaStub(SHOP)


@pytest.fixture
async def url(meta: MetaStub) -> AsyncIterator[str]:
    async with TestServer(meta.app()) as server:
        yield str(server.make_url("")).rstrip("/")


@pytest.fixture
async def network(url: str) -> AsyncIterator[MetaAudience]:
    network = MetaAudience(Outside(trusted=(url, NOBODY)), rows=10)
    yield network
    await network.close()


def test_a_person_is_named_as_the_network_publishes() -> None:
    # https://developers.facebook.com/docs/marketing-api/conversions-api/parameters/customer-information-parameters
    email = "62a14e44f765419d10fea99367361a727c12365e2520f32218d505ed9aa0f62f"
    phone = "e323ec626319ca94ee8bff2e4c87cf613be6ea19919ed1364124e16807ab3176"
    assert keys_of(email=" John_Smith@gmail.com ", phone="+1 (650) 555-1212") == [f"e{email}", f"p{phone}"]
    assert keys_of(email="", phone="") == []


@pytest.mark.parametrize(
    ("told", "address"),
    [
        (" Cloudy.SanFrancisco+shopping@gmail.com", "cloudysanfrancisco@gmail.com"),
        ("a.b@GoogleMail.com ", "ab@googlemail.com"),
        ("User.Name+NYC@Example.com", "user.name+nyc@example.com"),
    ],
)
def test_google_reads_addresses_of_its_own_otherwise(told: str, address: str) -> None:
    # https://developers.google.com/data-manager/api/devguides/concepts/formatting
    assert google_email(told) == address


@pytest.mark.parametrize(
    ("told", "number"),
    [
        ("+49 (0)171 2345678", "+491712345678"),
        ("+354 581-2345", "+3545812345"),
        ("0049 171 2345678", "+491712345678"),
        ("0171 2345678", ""),  # whose, nobody knows
        ("+0171", ""),
        ("", ""),
    ],
)
def test_a_number_without_its_country_is_nobodys(told: str, number: str) -> None:
    assert normal_phone(told) == number


async def test_many_go_in_and_out_in_one_session_each(
    meta: MetaStub, url: str, network: MetaAudience
) -> None:
    phone = f"p{sha256(b'3545812345').hexdigest()}"
    told = await network.tell(url, SHOP, TOKEN, [*KEYS, phone], adds=True, now=NOW)
    assert (told.count, told.delivery, told.invalid) == (26, SENT, 0)
    assert meta.members[SHOP] == {*KEYS, phone}
    told = await network.tell(url, SHOP, TOKEN, KEYS, adds=False, now=NOW)
    assert (told.count, told.delivery) == (25, SENT)
    assert meta.members[SHOP] == {phone}
    assert [(verb, rows) for verb, _, rows in meta.asked] == [
        ("POST", 10), ("POST", 10), ("POST", 6), ("DELETE", 10), ("DELETE", 10), ("DELETE", 5),
    ]  # fmt: skip
    assert [[batch["last_batch_flag"] for batch in batches] for batches in meta.sessions.values()] == [
        [False, False, True],
        [False, False, True],
    ]
    assert not meta.wrong


@pytest.mark.parametrize(
    ("fault", "delivery"),
    [
        (limited(7), failed("meta_80003", permanent=False, retry_after_s=420)),
        (error(17), failed("meta_17", permanent=False)),
        (error(1, is_transient=True), failed("meta_1", permanent=False)),
        (error(999, is_transient=True), failed("meta_999", permanent=False)),
        (error(190), failed("token", permanent=True)),
        (error(102), failed("token", permanent=True)),
        (error(200), failed("permission", permanent=True)),
        (error(200, 1_870_034), failed("terms", permanent=True)),
        (error(200, 1_870_047), failed("too_small", permanent=True)),
        (error(294), failed("permission", permanent=True)),
        (error(3), failed("permission", permanent=True)),
        (error(368), failed("meta_368", permanent=False)),
        (error(613, 1_487_742), failed("meta_613", permanent=False)),
        (error(2635), failed("version", permanent=True)),
        (error(2650), failed("not_updated", permanent=True)),
        (error(2650, 1_870_145), failed("updating", permanent=False)),
        (error(2655), failed("terms", permanent=True)),
        (error(100, 1_713_230), failed("blocked", permanent=True)),
        (error(100, 33), failed("no_such_audience", permanent=True)),
        (error(100), failed("meta_100", permanent=True)),
        (error(2, status=500), failed("meta_2", permanent=False)),
        (Fault(429, "", {"Retry-After": "30"}), failed("http_429", permanent=False, retry_after_s=30)),
        (Fault(503, "<html>"), failed("http_503", permanent=False)),
        (Fault(200, "not json"), failed("http_200", permanent=False)),
        (Fault(200, "[]", {"X-Business-Use-Case-Usage": "{"}), failed("http_200", permanent=False)),
        (Fault(302, "", {"Location": "http://127.0.0.1/"}), failed("http_302", permanent=True)),
    ],
    ids=lambda value: value.reason if isinstance(value, Delivery) else "",
)
async def test_an_answer_has_one_meaning(
    meta: MetaStub, url: str, network: MetaAudience, fault: Fault, delivery: Delivery
) -> None:
    meta.faults.append(Fault(200, "{}", taken=True))  # the first batch is taken, the second meets the fault
    meta.faults.append(fault)
    told = await network.tell(url, SHOP, TOKEN, KEYS, adds=True, now=NOW)
    assert (told.count, told.delivery) == (10, delivery)


@pytest.mark.parametrize("code", [3, 10, 100, 102, 190, 294, 368, 613, 2635, 2650, 2655, 80_003, 99_999])
async def test_each_answer_has_plain_words(
    meta: MetaStub, url: str, network: MetaAudience, code: int
) -> None:
    meta.faults.append(error(code))
    told = await network.tell(url, SHOP, TOKEN, KEYS[:1], adds=False, now=NOW)
    said = refusal(told.delivery.reason)
    assert ("its error 99999" in said.why) == (code == 99_999)
    assert bool(said.way_out) == (told.delivery.permanent and code != 99_999)


def test_a_list_that_is_too_small_to_let_anybody_go_takes_more_in() -> None:
    said = refusal("too_small")
    assert said.is_one and said.lets_in and said.way_out


async def test_a_network_that_cannot_be_reached_is_tried_again(network: MetaAudience) -> None:
    told = await network.tell(NOBODY, SHOP, TOKEN, KEYS, adds=True, now=NOW)
    assert (told.count, told.delivery) == (0, failed("connection", permanent=False))


async def test_what_had_no_place_to_ask_from_has_plain_words_too(meta: MetaStub, url: str) -> None:
    """Each shop has a turn of its own, and all of them ask one server."""
    network = MetaAudience(Outside(trusted=[url], places=Places(0, patience_s=0.01)))
    told = await network.tell(url, SHOP, TOKEN, KEYS, adds=True, now=NOW)
    await network.close()
    assert (told.count, told.delivery) == (0, failed(BUSY, permanent=False))
    assert not meta.asked and "its error" not in refusal(BUSY).why


async def test_people_are_told_to_no_address_of_our_own_network(meta: MetaStub, url: str) -> None:
    """A shop's document names it, and a server may have the shops of several merchants."""
    within = url.replace("127.0.0.1", "localhost")
    for place in (url, within, within.replace("http:", "https:")):
        network = MetaAudience(Outside())
        told = await network.tell(place, SHOP, TOKEN, KEYS, adds=True, now=NOW)
        await network.close()
        assert (told.count, told.delivery) == (0, failed("address", permanent=True))
    assert not meta.asked and refusal("address").way_out
