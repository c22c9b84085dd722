"""The pages to inspect can be drawn again by anybody, and what they show decides about the batch."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ingest.quality import findings, sample

PAGES = [(scan, page) for scan in range(1, 41) for page in range(1, 26)]


def test_the_same_sample_is_drawn_again_whatever_the_order_of_the_pages() -> None:
    drawn = sample.draw(7, PAGES, rate=0.05, least=30)
    assert drawn == sample.draw(7, PAGES[::-1], rate=0.05, least=30)
    assert len(drawn) == 50
    assert drawn != sample.draw(8, PAGES, rate=0.05, least=30)


def test_a_small_batch_is_inspected_whole_and_a_middling_one_in_thirty_pages() -> None:
    assert sample.draw(7, PAGES[:12], rate=0.05, least=30) == sorted(PAGES[:12])
    assert len(sample.draw(7, PAGES[:100], rate=0.05, least=30)) == 30
    assert sample.draw(7, [], rate=0.05, least=30) == []


@given(st.integers(1, 999))
def test_pages_that_come_in_late_leave_most_of_the_sample_as_it_is(batch: int) -> None:
    before = set(sample.draw(batch, PAGES[:900], rate=0.05, least=30))
    after = set(sample.draw(batch, PAGES, rate=0.05, least=30))
    assert len(before - after) <= len(after - before)
    assert {page for page in after if page in set(PAGES[:900])} <= before | after


@given(st.integers(1, 400))
def test_every_page_has_its_chance(batch: int) -> None:
    """Over many batches no page is drawn always; within one, the share is that asked for."""
    assert len(sample.draw(batch, PAGES, rate=0.2, least=30)) == 200


def test_a_batch_has_passed_when_every_drawn_page_was_seen_and_is_good() -> None:
    drawn = PAGES[:30]
    assert sample.judge(drawn, dict.fromkeys(drawn[:-1])).state == sample.OPEN
    assert sample.judge(drawn, dict.fromkeys(drawn)).state == sample.PASSED
    assert sample.judge([], {}).state == sample.OPEN


def test_one_lost_page_sends_the_batch_back_and_one_faulty_picture_in_two_hundred_does_not() -> None:
    good = dict.fromkeys(PAGES[:200])
    one_faulty = {**good, PAGES[0]: findings.BLURRED}
    assert sample.judge(PAGES[:200], {PAGES[0]: findings.MISSING}).state == sample.FAILED
    assert sample.judge(PAGES[:200], one_faulty).state == sample.PASSED
    assert sample.judge(PAGES[:30], {PAGES[0]: findings.BLURRED}).state == sample.FAILED


def test_what_was_said_of_pages_outside_the_sample_does_not_count() -> None:
    verdict = sample.judge(PAGES[:5], {PAGES[9]: findings.MISSING})
    assert (verdict.state, verdict.inspected) == (sample.OPEN, 0)
