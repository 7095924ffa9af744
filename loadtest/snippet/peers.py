"""The tags that are compared: what each puts into the page, and which file of its npm package that loads.

Each is started as its own documentation says, pointed at our sink. What needs its vendor's server to come to
life does less here than on a real page: its figure is a lower bound, and the report says so.
"""

from __future__ import annotations

from pathlib import Path

from msgspec import Struct

from loadtest.others import FOLDER


class Peer(Struct, frozen=True):
    """file: in its package. html: {edge} stands for where the file is served, as /peer/<name>. call:
    JavaScript that tells of product `i`, as ours is told of it; "" where the tag has no such call.
    """

    name: str
    file: str
    html: str
    note: str = ""
    call: str = ""

    @property
    def path(self) -> Path:
        return FOLDER / self.file


PEERS = (
    Peer(
        "ouibounce",
        "ouibounce/build/ouibounce.min.js",
        '<div id="oui" hidden></div><script async src="{edge}/peer/ouibounce"'
        " onload=\"ouibounce(document.getElementById('oui'), {aggressive: true})\"></script>",
        "exit intent only, desktop only; sends nothing",
    ),
    Peer(
        "plausible",
        "@plausible-analytics/tracker/plausible.js",
        "<script type=\"module\">import { init, track } from '{edge}/peer/plausible'; window.told = track;"
        "init({ domain: 'shop.test', endpoint: '{edge}/api/event', captureOnLocalhost: true })</script>",
        "page views; no retry, no outbox, no cart",
        "told('product', {props: {sku: `sku-${i}`, name: 'Hat', price: 19.9, currency: 'EUR', url: '/p'}})",
    ),
    Peer(
        "snowplow",
        "@snowplow/browser-tracker/dist/index.umd.min.js",
        '<script async src="{edge}/peer/snowplow" onload="'
        "snowplow = snowplowBrowserTracking; "
        "snowplow.newTracker('sp', '{edge}', {appId: 'shop', plugins: []}); snowplow.trackPageView()"
        '"></script>',
        "page views; outbox in localStorage",
        "snowplow.trackStructEvent({category: 'product', action: 'Hat', label: `sku-${i}`, value: 19.9})",
    ),
    Peer(
        "posthog",
        "posthog-js/dist/array.js",
        '<script async src="{edge}/peer/posthog" onload="'
        "posthog.init('phc_x', {api_host: '{edge}', opt_out_useragent_filter: true})\"></script>",
        "its remote parts are not there: lower bound",
        "posthog.capture('product', {sku: `sku-${i}`, name: 'Hat', price: 19.9, currency: 'EUR', url: '/p'})",
    ),
    Peer(
        "onesignal",
        "react-onesignal/dist/index.js",
        "<script type=\"module\">import OneSignal from '{edge}/peer/onesignal';"
        "OneSignal.init({ appId: 'x', scriptSrc: '{edge}/peer/onesignal-sdk' })"
        ".catch((fault) => console.debug(fault))</script>",
        "npm has only what loads the SDK (40 kB brotli, from its servers): lower bound",
    ),
)
# No package of npm has the file that a page loads, only what talks to a server or names a script elsewhere.
NOT_TO_BE_HAD = ("umami", "matomo")


def installed() -> tuple[Peer, ...]:
    return tuple(peer for peer in PEERS if peer.path.is_file())
