"""Real push endpoints pass, and nothing else does, however it is dressed."""

from __future__ import annotations

import pytest

from heimta.model.endpoint import HOSTS, SUFFIXES, check_endpoint, is_origin, origin_of, parse_origins

REAL = [
    "https://fcm.googleapis.com/fcm/send/dQw4w9WgXcQ:APA91bH-x_0Y",
    "https://fcm.googleapis.com/wp/dQw4w9WgXcQ:APA91bH-x_0Y",
    "https://jmt17.google.com/fcm/send/dQw4w9WgXcQ:APA91bH-x_0Y",
    "https://updates.push.services.mozilla.com/wpush/v2/gAAAAABnX-3Q_4Zy8w==",
    "https://updates-autopush.stage.push.services.mozilla.com/wpush/v1/gAAAAA",
    "https://wns2-par02p.notify.windows.com/w/?token=BQYAAADT1c2%2fk%2b%3d",
    "https://db5p.notify.windows.com/w/?token=AwYAAAB",
    "https://web.push.apple.com/QGuQyavXutnMH9Rb1nGP",
    "https://api.sandbox.push.apple.com/3/device/00fc13adff785122b4ad28809a3420982341241421348097878e577c991de8f0",
]

HOSTILE = [
    # not https
    "http://fcm.googleapis.com/fcm/send/x",
    "HTTPS://fcm.googleapis.com/fcm/send/x",
    "ftp://fcm.googleapis.com/x",
    "file:///etc/passwd",
    "gopher://fcm.googleapis.com/x",
    "javascript:alert(1)//fcm.googleapis.com/",
    "data:text/plain,https://fcm.googleapis.com/",
    "ws://fcm.googleapis.com/x",
    "//fcm.googleapis.com/x",
    "fcm.googleapis.com/x",
    "https:fcm.googleapis.com/x",
    "https:/fcm.googleapis.com/x",
    "https:///fcm.googleapis.com/x",
    "",
    "https://",
    "https:///",
    # userinfo
    "https://fcm.googleapis.com@169.254.169.254/x",
    "https://fcm.googleapis.com:443@evil.example/x",
    "https://user@fcm.googleapis.com/x",
    "https://user:secret@fcm.googleapis.com/x",
    "https://@fcm.googleapis.com/x",
    "https://fcm.googleapis.com%40evil.example/x",
    # ports
    "https://fcm.googleapis.com:443/x",
    "https://fcm.googleapis.com:6379/x",
    "https://fcm.googleapis.com:80/x",
    "https://fcm.googleapis.com:/x",
    "https://fcm.googleapis.com:0443/x",
    "https://fcm.googleapis.com:99999/x",
    "https://fcm.googleapis.com:-1/x",
    # look-alikes
    "https://evilfcm.googleapis.com/x",
    "https://fcm.googleapis.com.evil.example/x",
    "https://storage.googleapis.com/x",
    "https://googleapis.com/x",
    "https://google.com/x",
    "https://evil.google.com/fcm/send/x",
    "https://jmt17.google.com.evil.example/x",
    "https://xjmt17.google.com/x",
    "https://a.fcm.googleapis.com/x",
    "https://push.services.mozilla.com/x",
    "https://evilpush.services.mozilla.com/x",
    "https://push.services.mozilla.com.evil.example/x",
    "https://notify.windows.com/x",
    "https://evilnotify.windows.com/x",
    "https://notify.windows.com.evil.example/x",
    "https://push.apple.com/x",
    "https://evilpush.apple.com/x",
    "https://apple.com/x",
    "https://evil.example/fcm.googleapis.com/x",
    "https://evil.example/?https://fcm.googleapis.com/",
    "https://evil.example#.push.apple.com/",
    "https://evil.example?.push.apple.com/",
    "https://evil.example/.push.apple.com/",
    "https://evil.example:.push.apple.com/",
    # shapes of the host
    "https://fcm.googleapis.com./x",
    "https://.push.apple.com/x",
    "https://..push.apple.com/x",
    "https://a..push.apple.com/x",
    "https://-a.push.apple.com/x",
    "https://a_b.push.apple.com/x",
    "https://*.push.apple.com/x",
    "https://FCM.googleapis.com/x",
    "https://fcm\u3002googleapis.com/x",
    "https://f\u0441m.googleapis.com/x",
    "https://fcm.g\u043eogleapis.com/x",
    "https://\uff46cm.googleapis.com/x",
    "https://xn--fm-nbc.googleapis.com/x",
    "https://fcm%2egoogleapis.com/x",
    "https://fcm.googleapis.com%00.evil.example/x",
    "https://fcm.googleapis.com%2f.evil.example/x",
    "https://fcm\u00ad.googleapis.com/x",
    # addresses
    "https://127.0.0.1/x",
    "https://127.1/x",
    "https://2130706433/x",
    "https://0x7f000001/x",
    "https://0177.0.0.1/x",
    "https://0/x",
    "https://[::1]/x",
    "https://[::ffff:127.0.0.1]/x",
    "https://[64:ff9b::7f00:1]/x",
    "https://169.254.169.254/latest/meta-data/",
    "https://localhost/x",
    "https://metadata.google.internal/computeMetadata/v1/",
    "https://redis:6379/x",
    # characters that parsers disagree about
    "https://fcm.googleapis.com\\@evil.example/x",
    "https://evil.example\\.push.apple.com/x",
    "https:\\\\fcm.googleapis.com\\x",
    "https://fcm.googleapis.com/x\\y",
    "https://fcm.goog\tleapis.com/x",
    "https://fcm.googleapis.com/x\ty",
    "https://fcm.googleapis.com/x\n",
    "https://fcm.googleapis.com/x\r\nHost: evil.example",
    "https://fcm.googleapis.com\n.evil.example/x",
    " https://fcm.googleapis.com/x",
    "https://fcm.googleapis.com/x ",
    "https://fcm.googleapis.com /x",
    "https://fcm.googleapis.com/x#fragment",
    "https://fcm.googleapis.com#@evil.example/x",
    "https://fcm.googleapis.com?x",
    "https://fcm.googleapis.com",
    "https://fcm.googleapis.com/\u00e4",
    "https://fcm.googleapis.com/\x00",
    "https://fcm.googleapis.com/<script>",
    'https://fcm.googleapis.com/"x"',
    "https://fcm.googleapis.com/{x}",
    "https://fcm.googleapis.com/" + "x" * 1000,
]


def test_there_are_enough_hostile_endpoints_to_mean_something() -> None:
    assert len(set(HOSTILE)) >= 100


@pytest.mark.parametrize("url", REAL)
def test_real_endpoints_pass(url: str) -> None:
    assert check_endpoint(url) is None


@pytest.mark.parametrize("url", HOSTILE, ids=ascii)
def test_hostile_endpoints_are_refused_with_a_reason(url: str) -> None:
    reason = check_endpoint(url)
    assert reason and reason.startswith("the endpoint ")


@pytest.mark.parametrize("url", HOSTILE, ids=ascii)
def test_an_extra_origin_opens_no_other_door(url: str) -> None:
    assert check_endpoint(url, extra_origins=["http://127.0.0.1:5001", "https://push.example"])


@pytest.mark.parametrize("host", [*sorted(HOSTS), *("a" + suffix for suffix in SUFFIXES)])
def test_every_listed_host_passes_only_over_https(host: str) -> None:
    assert check_endpoint(f"https://{host}/x") is None
    assert check_endpoint(f"http://{host}/x") == "the endpoint is not https"


def test_an_extra_origin_is_compared_whole() -> None:
    extra = ["http://127.0.0.1:5001"]
    assert check_endpoint("http://127.0.0.1:5001/wpush/abc", extra_origins=extra) is None
    for other in (
        "http://127.0.0.1:50010/x",
        "http://127.0.0.1:500/x",
        "http://127.0.0.1/x",
        "https://127.0.0.1:5001/x",
        "http://127.0.0.1:5001@evil.example/x",
        "http://127.0.0.1:5001.evil.example/x",
    ):
        assert check_endpoint(other, extra_origins=extra), other


@pytest.mark.parametrize("url", REAL)
def test_the_origin_is_the_endpoints_own(url: str) -> None:
    assert url.startswith(origin_of(url) + "/")


def test_no_origin_is_made_up_for_what_is_refused() -> None:
    with pytest.raises(ValueError, match="not an endpoint"):
        origin_of("https://user@fcm.googleapis.com/x")


def test_origins_are_read_from_a_setting() -> None:
    assert parse_origins("") == ()
    assert parse_origins(" https://push.example , http://127.0.0.1:5001") == (
        "https://push.example",
        "http://127.0.0.1:5001",
    )


@pytest.mark.parametrize(
    "bad", ["push.example", "https://push.example/", "ftp://x.example", "https://A.example"]
)
def test_a_bad_origin_is_named(bad: str) -> None:
    assert not is_origin(bad)
    with pytest.raises(ValueError, match="is not an origin") as error:
        parse_origins(f"https://good.example,{bad}")
    assert repr(bad) in str(error.value)
