"""Drawing a sample: its size, and that a seed says all."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive_service.errors import Invalid
from archive_service.inspection.drawing import Framed, Method, apportioned, draw, size_for

FRAMES = st.lists(
    st.builds(Framed, st.integers(1, 10_000), st.sampled_from("abc"), st.integers(1, 20)),
    min_size=1, max_size=60, unique_by=lambda one: one.id,
)  # fmt: skip


@pytest.mark.parametrize(
    ("population", "confidence", "error_rate", "margin", "size"),
    [
        # Worked by hand: 1.959964² × 0.25 / 0.05² = 384.1459; / (1 + 383.1459 / 1000) = 277.74.
        (1000, 95, 50, 5, 278),
        (1_000_000_000, 95, 50, 5, 385),
        # 1.959964² × 0.0475 / 0.03² = 202.745; / (1 + 201.745 / 5000) = 194.88.
        (5000, 95, 5, 3, 195),
        (1, 95, 5, 3, 1),
        (0, 95, 5, 3, 0),
    ],
)
def test_the_size_is_that_of_the_formula(
    population: int, confidence: float, error_rate: float, margin: float, size: int
) -> None:
    assert size_for(population, confidence=confidence, error_rate=error_rate, margin=margin) == size


@pytest.mark.parametrize(("confidence", "error_rate", "margin"), [(100, 5, 3), (95, 0, 3), (95, 5, 0), (95, 100, 3)])
def test_shares_for_which_the_formula_does_not_hold_are_refused(
    confidence: float, error_rate: float, margin: float
) -> None:
    with pytest.raises(Invalid):
        size_for(100, confidence=confidence, error_rate=error_rate, margin=margin)


@settings(deadline=None)
@given(FRAMES, st.integers(1, 70), st.sampled_from(Method), st.text(min_size=1, max_size=8))
def test_the_same_seed_draws_the_same_cases_in_whatever_order_they_come(
    frame: list[Framed], size: int, method: Method, seed: str
) -> None:
    drawn = draw(frame, size, method=method, seed=seed)
    assert draw(list(reversed(frame)), size, method=method, seed=seed) == drawn
    assert len(drawn) == len(set(drawn)) == min(size, len(frame))
    assert set(drawn) <= {one.id for one in frame}


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from("abcdef"), st.integers(1, 50), min_size=1), st.integers(1, 300))
def test_every_stratum_gives_its_share_and_one_at_least_while_there_is_room(sizes: dict[str, int], size: int) -> None:
    given_by = apportioned(sizes, size)
    assert sum(given_by.values()) == min(size, sum(sizes.values()))
    assert all(0 <= given_by[name] <= sizes[name] for name in sizes)
    if size >= len(sizes):
        assert min(given_by.values()) >= 1


def test_what_weighs_more_is_drawn_more_often() -> None:
    frame = [Framed(number, weight=9 if number <= 10 else 1) for number in range(1, 101)]
    heavy = [
        sum(key <= 10 for key in draw(frame, 20, method=method, seed=str(seed)))
        for method in (Method.RISK, Method.RANDOM)
        for seed in range(40)
    ]
    assert sum(heavy[:40]) > 2 * sum(heavy[40:])


def test_another_seed_draws_others() -> None:
    frame = [Framed(number) for number in range(1, 1001)]
    assert draw(frame, 20, method=Method.RANDOM, seed="1") != draw(frame, 20, method=Method.RANDOM, seed="2")
