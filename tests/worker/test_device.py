"""Which device a visit came by, and what is counted by it: once, in whatever order it is told."""

from __future__ import annotations

import itertools
from collections import Counter

import msgspec
import pytest
from user_agents import parse

from heimta.model.visitor import VisitorState
from heimta.worker.apply import apply_fact
from heimta.worker.device import _kind, device_of
from heimta.worker.effects import HOUR_MS, Effects
from heimta.worker.entries import read_fact
from tests.worker.shop import CONTEXT, MINUTE, T0, batch, cart

WEBKIT = "AppleWebKit/605.1.15 (KHTML, like Gecko)"
CHROME = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0"
IPHONE = f"Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) {WEBKIT} Mobile/15E148 Safari/604.1"
WINDOWS = f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {CHROME} Safari/537.36 Edg/124.0.0.0"
AGENTS = [
    IPHONE,
    IPHONE.replace("Mobile/15E148", "CriOS/124.0.6367.88 Mobile/15E148"),
    f"Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) {WEBKIT} Mobile/15E148 Instagram 330",
    f"Mozilla/5.0 (iPod touch; CPU iPhone OS 12_5_5 like Mac OS X) {WEBKIT} Mobile/15E148 Safari/604.1",
    f"Mozilla/5.0 (iPad; CPU OS 16_5 like Mac OS X) {WEBKIT} Version/16.5 Mobile/15E148 Safari/604.1",
    f"Mozilla/5.0 (Linux; Android 10; K) {CHROME} Mobile Safari/537.36",
    f"Mozilla/5.0 (Linux; Android 10; K) {CHROME} Safari/537.36",
    f"Mozilla/5.0 (Linux; Android 13; SM-X200) {CHROME} Safari/537.36 SamsungBrowser/24.0",
    f"Mozilla/5.0 (Linux; Android 12; CUBOT NOTE 21) {CHROME} Mobile Safari/537.36",
    f"Mozilla/5.0 (Linux; Android 14; SM-A546B; wv) Version/4.0 {CHROME} Mobile Safari/537.36 [FB_IAB/FB4A]",
    f"Mozilla/5.0 (Linux; Android 9; KFMAWI) {CHROME.replace('Chrome', 'Silk/120.4.1 like Chrome')} Safari/1",
    "Mozilla/5.0 (Android 14; Mobile; rv:125.0) Gecko/125.0 Firefox/125.0",
    WINDOWS,
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:125.0) Gecko/20100101 Firefox/125.0",
    f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {WEBKIT} Version/17.4 Safari/605.1.15",
    f"Mozilla/5.0 (X11; Linux x86_64) {CHROME} Safari/537.36",
    "Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:125.0) Gecko/20100101 Firefox/125.0",
    f"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) {CHROME} Safari/537.36",
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    f"Mozilla/5.0 (Linux; Android 6.0.1; Nexus 5X) {CHROME} Mobile Safari/1 (compatible; Googlebot/2.1)",
    "Mozilla/5.0 (compatible; YandexBot/3.0; +http://yandex.com/bots)",
    "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
    f"Mozilla/5.0 (PlayStation; PlayStation 5/8.00) {WEBKIT} Version/15.4 Safari/605.1.15",
    "curl/8.5.0",
    "",
]


def whole(agent: str) -> str:
    """What the library says of it as it came."""
    told = parse(agent)
    if told.is_bot:
        return "bot"
    return "tablet" if told.is_tablet else "phone" if told.is_mobile else "desktop" if told.is_pc else ""


@pytest.mark.parametrize("agent", AGENTS)
def test_the_words_that_are_shown_lead_to_what_the_whole_agent_does(agent: str) -> None:
    assert device_of(agent) == whole(agent)


def test_all_kinds_are_among_them() -> None:
    assert Counter(map(device_of, AGENTS)) == {"phone": 8, "tablet": 4, "desktop": 6, "bot": 4, "": 3}


def test_agents_that_a_script_makes_up_cost_no_more_than_the_few_that_differ() -> None:
    _kind.cache_clear()
    words = ["iPhone", "iPad", "Android", "Windows NT", "Macintosh", "X11", "Mobile", "bot"]
    for number in range(3000):
        some = [word for place, word in enumerate(words) if number >> place & 1]
        device_of(f"{' '.join(some)} {number} {'x' * 200}")
    assert _kind.cache_info().misses <= 2 ** (len(words) - 1) + 1


def fold(*entries: tuple[bytes, str]) -> tuple[VisitorState, dict[str, int]]:
    """The state, and what was counted by device: `<hour>:<metric>`. entries: batches, each with its agent."""
    state, effects = None, Effects()
    for number, (data, agent) in enumerate(entries):
        fields = {
            b"s": b"demo",
            b"k": b"batch",
            b"t": b"%d" % (T0 + HOUR_MS),
            b"d": data,
            b"u": agent.encode(),
        }
        fact = read_fact(b"%d-0" % number, fields)
        state = apply_fact(state, fact, context=CONTEXT, effects=effects, restored={})
    assert state is not None
    told = {name: by for row in effects.counts.values() for name, by in row.items() if ":device." in name}
    return state, {name: by for name, by in told.items() if by}


SENT = T0 + HOUR_MS
VIEW = batch(("page_viewed", T0 + 30 * MINUTE, {}), src="a" * 11, sent=SENT)
CART = batch(("cart_updated", T0 + 45 * MINUTE, {"cart": cart(4000)}), src="b" * 11, sent=SENT)
PAID = batch(("checkout_started", T0 + 50 * MINUTE, {}), src="c" * 11, sent=SENT)


def test_a_visit_counts_by_its_device_at_each_step_in_the_hour_it_began() -> None:
    state, counts = fold((VIEW, IPHONE), (CART, IPHONE), (PAID, IPHONE))
    metrics = ("sessions", "cart", "checkout")
    assert counts == {f"21:device.phone.{what}": 1 for what in metrics}
    assert [session.device for session in state.sessions.values()] == ["phone"]


def test_the_order_in_which_it_is_told_changes_nothing() -> None:
    """One began an hour before, one came without an agent, one by another agent, and twice."""
    early = batch(("page_viewed", T0 - 30 * MINUTE, {}), src="e" * 11, sent=SENT)
    told = [(early, IPHONE), (VIEW, ""), (CART, WINDOWS), (CART, WINDOWS), (PAID, IPHONE)]
    found = set()
    for order in itertools.permutations(told):
        state, counts = fold(*order)
        found.add((msgspec.json.encode(state.sessions), tuple(sorted(counts.items()))))
    [(_, counts_told)] = found
    assert dict(counts_told) == {f"20:device.phone.{what}": 1 for what in ("sessions", "cart", "checkout")}


@pytest.mark.parametrize("agent", ["", "curl/8.5.0", "Mozilla/5.0 (compatible; bingbot/2.0)"])
def test_programs_and_what_tells_nothing_count_by_no_device(agent: str) -> None:
    assert fold((VIEW, agent), (CART, agent))[1] == {}
