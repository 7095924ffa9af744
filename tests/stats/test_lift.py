"""The simulation is the judge of the lift: coverage at every look, and power to see what was planted."""

from __future__ import annotations

import random
from math import exp

import pytest

from heimta.stats.lift import MIN_ORDERS, Lift, is_skewed, lift, pool

LOOKS = 40
VISITORS = 500  # come between two looks
SPREAD = 0.8  # sigma of log-normal order values
MEAN_ORDER = 8_000 * exp(SPREAD**2 / 2)  # minor units


class Shop:
    """One seeded run: visitors come between looks, and order up to LATE looks after they came."""

    LATE = 4

    def __init__(self, seed: int, *, holdout: float, conversion: dict[str, float]) -> None:
        self.random = random.Random(seed)
        self.holdout, self.conversion = holdout, conversion
        self.sums = {arm: sums(0, 0) for arm in conversion}
        self.waiting: dict[int, list[str]] = {}

    def next_look(self, look: int) -> tuple[Lift, float]:
        """Returns the answer at this look and the truth: what the exposed were to add by now."""
        held = round(VISITORS * self.holdout)
        for arm, n in (("a", VISITORS - held), ("holdout", held)):
            self.sums[arm]["n"] += n
            for _ in range(self._orders(n, self.conversion[arm])):
                self.waiting.setdefault(look + self.random.randrange(self.LATE), []).append(arm)
        for arm in self.waiting.pop(look, []):
            value = 8_000 * exp(self.random.gauss(0, SPREAD))
            for name, add in (("converted", 1), ("revenue_minor", value), ("revenue_sq", value * value)):
                self.sums[arm][name] += add
        ordered_by_now = sum(min((look - came + 1) / self.LATE, 1) for came in range(look + 1))
        effect = (self.conversion["a"] - self.conversion["holdout"]) * MEAN_ORDER
        return lift(self.sums, holdout_share=self.holdout), effect * ordered_by_now * (VISITORS - held)

    def _orders(self, n: int, p: float) -> int:
        return sum(self.random.random() < p for _ in range(n))


def run(seed: int, *, holdout: float, conversion: dict[str, float]) -> list[tuple[Lift, float]]:
    shop = Shop(seed, holdout=holdout, conversion=conversion)
    return [shop.next_look(look) for look in range(LOOKS)]


def covers(answers: list[tuple[Lift, float]]) -> bool:
    return all(got.revenue.low <= truth <= got.revenue.high for got, truth in answers if got.revenue)


@pytest.mark.parametrize(
    ("name", "holdout", "planted"),
    [
        ("A/A half", 0.5, 0.08),
        ("planted +20 % half", 0.5, 0.096),
        ("planted, 10 % held", 0.1, 0.096),
    ],
)
def test_the_interval_covers_the_truth_at_every_look(name: str, holdout: float, planted: float) -> None:
    runs = [run(seed, holdout=holdout, conversion={"a": planted, "holdout": 0.08}) for seed in range(100)]
    known = sum(any(answer.known for answer, _ in answers) for answers in runs)
    covered = sum(covers(answers) for answers in runs)
    print(f"{name}: {covered} of {len(runs)} runs covered at every look; known in {known}")
    assert known == len(runs)
    assert covered >= 0.95 * len(runs)


@pytest.mark.parametrize("holdout", [0.5, 0.1])
def test_persons_whose_orders_count_in_two_browsers_feign_no_lift(holdout: float) -> None:
    """Everybody has two, each dealt by itself: orders of the two are the same, but not their arms."""

    def feigned(seed: int) -> bool:
        chance, told = random.Random(seed), {arm: sums(0, 0) for arm in ("a", "holdout")}
        for _ in range(LOOKS):
            for _ in range(VISITORS // 2):
                value = 8_000 * exp(chance.gauss(0, SPREAD)) if chance.random() < 0.08 else 0
                for _ in range(2):
                    arm = told["holdout" if chance.random() < holdout else "a"]
                    arm["n"] += 1
                    arm["converted"] += bool(value)
                    arm["revenue_minor"] += value
                    arm["revenue_sq"] += value * value
            got = lift(told, holdout_share=holdout)
            if got.revenue and not got.revenue.low <= 0 <= got.revenue.high:
                return True
        return False

    assert sum(feigned(seed) for seed in range(100)) <= 5


def test_a_planted_lift_is_proven_and_no_lift_is_not() -> None:
    """A lift of +50 % is seen within 20,000 visitors; else the interval could just be wide for ever."""
    planted = [run(seed, holdout=0.5, conversion={"a": 0.12, "holdout": 0.08}) for seed in range(20)]
    nothing = [run(seed, holdout=0.5, conversion={"a": 0.08, "holdout": 0.08}) for seed in range(20)]
    assert sum(answers[-1][0].is_proven for answers in planted) >= 19
    assert sum(any(answer.is_proven for answer, _ in answers) for answers in nothing) <= 1


def sums(n: int, converted: int, each: float = 5_000.0) -> dict[str, float]:
    return {
        "n": n,
        "converted": converted,
        "revenue_minor": each * converted,
        "revenue_sq": each * each * converted,
    }


def test_nothing_is_known_before_each_arm_has_its_orders() -> None:
    few = lift({"a": sums(1_000, 90), "holdout": sums(1_000, MIN_ORDERS - 1)}, holdout_share=0.5)
    enough = lift({"a": sums(1_000, 90), "holdout": sums(1_000, MIN_ORDERS)}, holdout_share=0.5)
    assert (few.known, few.revenue, few.conversion) == (False, None, None)
    assert enough.known and enough.needed == 0


def test_the_shoppers_needed_shrink_as_orders_come_in() -> None:
    none = lift({}, holdout_share=0.5)
    some = lift({"a": sums(250, 20), "holdout": sums(250, 20)}, holdout_share=0.5)
    assert none.needed == 1_300  # 50 orders at 8 % in each half
    assert some.needed == 750  # 30 more orders in each half, at 8 %


def test_a_small_holdout_takes_longer_and_none_at_all_never_knows() -> None:
    assert lift({}, holdout_share=0.1).needed == 6_300
    assert lift({}, holdout_share=0.0).needed is None


def test_all_variants_count_as_exposed() -> None:
    seen, held = pool({"a": sums(10, 1), "b": sums(20, 2), "holdout": sums(30, 4)})
    assert (seen.n, seen.converted, held.n, held.converted) == (30, 3, 30, 4)


def test_the_interval_is_symmetric_about_the_difference_and_wider_for_less_error() -> None:
    data = {"a": sums(4_000, 400), "holdout": sums(4_000, 320)}
    loose, strict = lift(data, holdout_share=0.5), lift(data, holdout_share=0.5, alpha=0.01)
    assert loose.revenue and strict.revenue and loose.conversion
    assert (loose.revenue.low + loose.revenue.high) / 2 == pytest.approx(80 * 5_000, abs=1)
    assert (loose.conversion.low + loose.conversion.high) / 2 == pytest.approx(0.02)
    assert strict.revenue.low < loose.revenue.low and strict.revenue.high > loose.revenue.high


def test_an_open_answer_says_how_many_more_shoppers_it_takes_for_the_sign() -> None:
    near = lift({"a": sums(2_000, 180), "holdout": sums(2_000, 160)}, holdout_share=0.5)
    same = lift({"a": sums(2_000, 160), "holdout": sums(2_000, 160)}, holdout_share=0.5)
    assert near.known and not near.is_proven and near.needed_for_sign and near.needed_for_sign > 2_000
    assert same.needed_for_sign is None


def test_arms_that_hold_other_shares_than_are_dealt_are_not_compared() -> None:
    """Half were held out in autumn, a tenth at Christmas, when everybody orders more: nothing was earned."""
    autumn, christmas = sums(5_000, 400), sums(90_000, 14_400)
    seen = {name: autumn[name] + christmas[name] for name in autumn}
    held = {name: autumn[name] + sums(10_000, 1_600)[name] for name in autumn}
    answer = lift({"a": seen, "holdout": held}, holdout_share=0.1)
    assert answer.is_skewed and not answer.known and answer.needed is None
    fair = lift({"a": christmas, "holdout": sums(10_000, 1_600)}, holdout_share=0.1)
    assert fair.known and not fair.is_skewed and not fair.is_proven


@pytest.mark.parametrize("share", [0.01, 0.1, 0.5])
def test_chance_alone_is_not_taken_for_another_share(share: float) -> None:
    """Looked at after every tenth visitor, it may be wrong in one campaign of a thousand."""
    wrong = 0
    for seed in range(200):
        chance, held = random.Random(seed), 0
        for n in range(1, 3_001):
            held += chance.random() < share
            if n % 10 == 0 and is_skewed(n - held, held, share):
                wrong += 1
                break
    assert wrong <= 2


def test_another_share_is_soon_seen() -> None:
    assert is_skewed(400, 100, 0.1) and is_skewed(300, 200, 0.5)
    assert is_skewed(0, 0, 0.1) is False and is_skewed(9, 1, 0.1) is False


def test_who_was_held_out_before_the_holdout_was_closed_is_another_share_too() -> None:
    assert is_skewed(1_000, 1, 0.0) and not is_skewed(1_000, 0, 0.0)
    assert is_skewed(1, 1_000, 1.0) and not is_skewed(0, 1_000, 1.0)
