"""Settings: good defaults, and errors that name the variable, its value, the rule and a way out."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from heimta.settings import NAMES, SettingsError, load

DOCS = Path(__file__).parents[2] / "docs/settings.md"


def test_nothing_needs_to_be_set() -> None:
    settings = load({})
    assert settings.redis_url is None
    assert settings.edge_url == "http://127.0.0.1:8101"
    assert settings.shop_url == "http://localhost:8100"
    assert settings.partitions == 16


def test_an_address_follows_its_port_unless_it_is_given() -> None:
    assert load({"HEIMTA_EDGE_PORT": "9001"}).edge_url == "http://127.0.0.1:9001"
    given = {"HEIMTA_EDGE_PORT": "9001", "HEIMTA_EDGE_URL": "https://edge.example/"}
    assert load(given).edge_url == "https://edge.example"


@pytest.mark.parametrize(
    "url",
    [
        "redis://localhost:6379/0",
        "rediss://u:p@h:1",
        "unix:///run/v.sock",
        "redis+cluster://a",
        "rediss+cluster://user:secret@a:7001,b:7002,[::1]:7003?ssl_ca_certs=/etc/ca.pem",
        "redis://[::1]:6379",
        "redis://h:6379/0/",
        "redis://h/?db=2",
    ],
)
def test_every_kind_of_redis_address_is_taken(url: str) -> None:
    assert load({"HEIMTA_REDIS_URL": url}).redis_url == url


@pytest.mark.parametrize(
    ("name", "value", "rule"),
    [
        ("HEIMTA_REDIS_URL", "localhost:6379", "needs a scheme"),
        ("HEIMTA_REDIS_URL", "http://localhost", "needs a scheme"),
        ("HEIMTA_REDIS_URL", "unix://run/v.sock", "needs its whole path"),
        ("HEIMTA_REDIS_URL", "redis://", "needs a host"),
        ("HEIMTA_REDIS_URL", "redis://h:0", "port from 1 to 65535"),
        ("HEIMTA_REDIS_URL", "redis+cluster://a:7001,b:0", "port from 1 to 65535"),
        ("HEIMTA_REDIS_URL", "redis+cluster://a:7001,", "needs a host"),
        ("HEIMTA_REDIS_URL", "redis://h:99999", "port from 1 to 65535"),
        ("HEIMTA_REDIS_URL", "redis://h:6379/shop", "a number, for example redis://localhost:6379/0"),
        ("HEIMTA_EDGE_PORT", "x", "whole number from 1 to 65535"),
        ("HEIMTA_EDGE_PORT", "0", "whole number from 1 to 65535"),
        ("HEIMTA_EDGE_PORT", "65536", "whole number from 1 to 65535"),
        ("HEIMTA_EDGE_PORT", "\uff18\uff11", "whole number from 1 to 65535"),
        ("HEIMTA_EDGE_PORT", "tcp://10.0.0.1:80", "enableServiceLinks: false"),
        ("HEIMTA_PARTITIONS", "257", "whole number from 1 to 256"),
        ("HEIMTA_EDGE_URL", "edge.example", "must be an origin"),
        ("HEIMTA_EDGE_URL", "https://edge.example/heimta", "must be an origin"),
        ("HEIMTA_CONSOLE_URL", "ftp://edge.example", "must be an origin"),
        ("HEIMTA_SHOP_URL", "http://h:x", "must be an origin"),
        ("HEIMTA_PUSH_ORIGINS", "https://a.example,b", "separate several by commas"),
        ("HEIMTA_PUSH_CONNECT_TO", "https://a.example", "ORIGIN=ORIGIN"),
        ("HEIMTA_LOG", "xml", "json or text"),
        ("HEIMTA_METRICS_TOKEN", "too-short", "16 or more printable ASCII"),
        ("HEIMTA_METRICS_TOKEN", "with space within it", "without spaces"),
        ("HEIMTA_APPENDFSYNC", "no", "everysec or always"),
        ("HEIMTA_MEMORY_MB", "2gb", "whole number from 0 to"),
        ("HEIMTA_MEMORY_MB", "8", "in millions of bytes, 64 or more, or 0 for no limit"),
    ],
)
def test_a_wrong_value_is_named_with_its_rule(name: str, value: str, rule: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load({name: value})
    assert str(caught.value).startswith(name)
    assert rule in str(caught.value)


def test_a_misspelt_name_is_an_error_with_the_right_one() -> None:
    with pytest.raises(
        SettingsError, match="HEIMTA_REDIS_ULR is not a setting; did you mean HEIMTA_REDIS_URL"
    ):
        load({"HEIMTA_REDIS_ULR": "redis://h"})


@pytest.mark.parametrize(
    "url",
    [
        "rediz://user:hunter2@h:1",
        "redis://:a/hunter2@h/x",
        "redis://h/x?db=1&password=hunter2",
        "unix://run/v.sock?password=hunter2",
    ],
)
def test_a_password_is_not_repeated_in_an_error(url: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load({"HEIMTA_REDIS_URL": url})
    assert "hunter2" not in str(caught.value)


def test_pairs_and_lists_are_read() -> None:
    settings = load(
        {
            "HEIMTA_PUSH_ORIGINS": "http://127.0.0.1:9000, https://push.example",
            "HEIMTA_PUSH_CONNECT_TO": "https://fcm.googleapis.com=http://127.0.0.1:9000",
        }
    )
    assert settings.push_origins == ("http://127.0.0.1:9000", "https://push.example")
    assert settings.push_connect_to == {"https://fcm.googleapis.com": "http://127.0.0.1:9000"}


def test_the_docs_list_exactly_the_settings_there_are() -> None:
    documented = set(re.findall(r"^\| `(HEIMTA_[A-Z_]+)` \|", DOCS.read_text(), re.MULTILINE))
    assert documented == set(NAMES)


def test_the_documented_defaults_are_the_real_ones() -> None:
    told = dict(re.findall(r"^\| `(HEIMTA_[A-Z_]+)` \| `([^`]+)` \|", DOCS.read_text(), re.MULTILINE))
    settings = load({})
    for name, default in told.items():
        assert str(getattr(settings, name.removeprefix("HEIMTA_").lower())) == default, name
    assert len(told) >= 10
