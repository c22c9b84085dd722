"""Capacity on paper: the page says what the program calculates, and the calculation says what is true."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from archive_service.cli import dumps
from archive_service.db.partitions import RULES
from archive_service.settings import Settings
from benchmarks.arrivals import Load, Waits, arrivals, days, peak_hour, wait, workers_needed
from benchmarks.capacity import HOUSEHOLDS, report
from benchmarks.capacity_model import archive
from benchmarks.figures import FIGURES, WEIGHTS
from tests.docs.words import ROOT

PAGE = (ROOT / "docs" / "scale.md").read_text("utf-8")
COUNTY = Load(36_300, files_per_stack=10, pages_per_file=3.38, seconds_per_page=1.35, month_end=2.5)


def test_the_page_holds_the_tables_that_the_program_prints() -> None:
    """`python -m benchmarks.capacity` prints the end of docs/scale.md."""
    printed = PAGE.partition("python -m benchmarks.capacity -->\n\n")[2]
    assert printed == report(HOUSEHOLDS, seed=1, **{one.name: one.value for one in FIGURES}) + "\n"


def test_every_table_that_grows_with_the_papers_is_weighed(migrated_file: Path) -> None:
    """A new table has to be weighed, or said to stay small."""
    small = {"units", "persons", "role_grants", "sign_ins", "audit_head", "batches", "alembic_version"}
    # Some pages in a hundred are looked at or scanned again.
    small |= {"page_inspections", "rescans"}
    small |= {"scan_page_readings"}
    # A few for each person, or for each time that somebody trains.
    small |= {"recovery_codes", "sign_in_tries", "naming_models"}
    # What people write down for themselves and for each other.
    small |= {"page_notes", "remembered"}
    # No more than wait for a person.
    small |= {"review_claims"}
    # Answers are kept for days, ties and webhooks are made by hand, and households are unmasked one by one.
    small |= {"kept_answers", "person_ties", "webhooks", "webhook_marks", "unmaskings"}
    # What people decide about single papers, and editions, which are few; what an edition changes is a report of it.
    small |= {"case_rulings", "false_alarms", "catalogue_drafts", "catalogue_checks", "catalogue_slices"}
    small |= {"catalogue_findings"}
    # A few long files; their rows are gone once they are registered, and what was refused after a month.
    small |= {"case_imports", "case_import_parts"}
    # What people are told, for a year, and the mails of it: rows of a few hundred bytes, some for each person and day.
    small |= {"notices", "notice_mails", "notice_choices", "notice_marks"}
    # Some pages in a thousand are copied for somebody.
    small |= {"certified_copies", "copy_series"}
    # Few people ask about the papers that speak of them.
    small |= {"subject_requests", "subject_items", "restrictions", "restricted_readings"}
    # What somebody said of single papers.
    small |= {"retention_facts"}
    # A row for each item that was judged, and what is left of those that were destroyed instead of the item itself.
    small |= {"disposal_lists", "disposal_items", "tombstones", "removed_objects"}
    # Holds are placed by hand; schedules are few, and what one changes is a report of it.
    small |= {"holds", "hold_subjects", "closed_files", "retention_drafts", "retention_runs", "retention_changes"}
    # One row a household; a due a paper waits to be weighed on a quiet machine.
    small |= {"retention_reckoned", "retention_dues"}
    # One an hour, one for a thousand entries, and one for each checkpoint and place.
    small |= {"audit_checkpoints", "audit_tiles", "audit_deposits"}
    # What auditors ask to be checked or taken out, by hand.
    small |= {"audit_runs"}
    # Households that leave for another archive, or come from one.
    small |= {"packages", "carried_histories", "package_hand_ins"}
    # A run with some forty rows a filed case and, in turn, a year; they wait to be weighed on a quiet machine.
    small |= {"property_schemes", "property_runs", "property_results"}
    # Papers of the few batches that are sent back.
    small |= {"returned_papers"}
    # None unless a program wants to be told.
    small |= {"webhook_deliveries"}
    # One identity a person; a sign-in that is on its way is gone after ten minutes.
    small |= {"person_identities", "sign_on_attempts"}
    # One for each unit, category, business type and month that occurs.
    small |= {"case_figures"}
    # A row a day, and one for each damaged object.
    small |= {"fixity_days", "fixity_events"}
    # A proof a day and store; a mark a household, and with an object lock a row an object, wait to be weighed.
    small |= {"lock_proofs", "lock_marks", "object_locks", "paper_lock_marks"}
    # Auditors look at some cases in a thousand.
    small |= {"samples", "sample_cases", "findings", "finding_steps"}
    # Some cases in a hundred are borrowed; the register of pages read waits to be weighed on a quiet machine.
    small |= {"loan_requests", "loan_wishes", "loan_wish_pages", "loan_decisions", "paper_loans", "lent_papers"}
    small |= {"reading_grants", "reading_grant_pages", "page_readings"}
    # What people write by hand on pages, and what pages remember for each.
    small |= {"page_notes", "remembered"}
    # A county's holiday tables are a few hundred rows.
    small |= {"calendar_days", "calendar_years"}
    # A counter for each unit, category and year, and a pattern for the units that want one of their own.
    small |= {"archive_series", "archive_code_patterns"}
    # Sent back are the few; a page is marked now and then.
    small |= {"case_returns", "return_marks", "stage_corrections", "clock_pauses", "lateness_reasons"}
    # Grow with cases and papers, and wait to be weighed by `benchmarks.weigh` on a quiet machine.
    small |= {"archive_codes"}
    small |= {"case_steps", "hand_overs", "hand_over_papers", "case_places", "case_counts", "case_hits"}
    # What the business system says of households, a handful of values each, and accounts that became others.
    small |= {"head_values", "account_links"}
    # Rooms and their boxes are few beside the papers in them; transfers and readings are rare.
    small |= {"places", "box_moves", "box_transfers", "transfer_boxes", "climate_readings", "stocktakes"}
    # One place and a few moves a paper, and a count a year; they wait to be weighed as well.
    small |= {"paper_places", "paper_moves", "stocktake_lines", "stocktake_scans", "stocktake_results"}
    with dumps.looking_at(migrated_file) as connection:
        assert {one.table for one in WEIGHTS} == set(dumps.counts_of(connection)) - small


def test_partitions_hold_exactly_the_keys_of_their_rule() -> None:
    """One key more than fits begins another partition."""
    rule = next(rule for rule in RULES if rule.table == "scan_pages")
    full = archive(rule.size, pages_per_household=1, pages_per_file=1)
    one_more = archive(rule.size + 1, pages_per_household=1, pages_per_file=1)
    assert (full.partitions["scan_pages"], one_more.partitions["scan_pages"]) == (1, 2)


def test_jobs_are_counted_for_as_long_as_the_program_keeps_them() -> None:
    """The figure is the default of the setting."""
    kept = next(one.value for one in FIGURES if one.name == "jobs-kept-days")
    assert kept == Settings.model_fields["jobs_kept_days"].default


def test_everything_grows_with_the_households_and_a_page_costs_the_same() -> None:
    """The model has no fixed part: ten times the households, ten times the bytes and rows."""
    small, great = archive(1000), archive(10_000)
    assert great.stored_bytes == pytest.approx(10 * small.stored_bytes)
    assert great.rows == pytest.approx({name: 10 * count for name, count in small.rows.items()})
    assert great.money_per_page() == pytest.approx(small.money_per_page())


def test_a_year_brings_the_files_that_were_said_and_none_at_weekends() -> None:
    """2027 begins on a Friday; the last three working days of a month bring more."""
    by_day = days(COUNTY)
    assert by_day.sum() == pytest.approx(COUNTY.files_a_year)
    assert (by_day[1], by_day[2]) == (0, 0)
    assert by_day[28] == pytest.approx(2.5 * by_day[3])
    assert sorted(np.flatnonzero(by_day[:31] == by_day.max()) + 1) == [27, 28, 29]
    assert peak_hour(COUNTY) > COUNTY.files_a_year / 365 / 10


def test_the_same_seed_brings_the_same_year_and_another_seed_another() -> None:
    """The table can be made again."""
    first, again, other = (arrivals(COUNTY, seed=seed) for seed in (1, 1, 2))
    assert np.array_equal(first[0], again[0])
    assert np.array_equal(first[1], again[1])
    assert len(first[0]) == pytest.approx(COUNTY.files_a_year, rel=0.1)
    assert not np.array_equal(first[0][:100], other[0][:100])


def test_files_wait_for_the_first_free_worker_in_the_order_of_their_arrival() -> None:
    """Three at once before two workers: the third waits until the shorter of the first two is read."""
    at, service = np.array([0.0, 0.0, 0.0, 100.0]), np.array([10.0, 4.0, 5.0, 1.0])
    assert wait(at, service, 1, length_days=1).most_s == 19 - 5
    two = wait(at, service, 2, length_days=1)
    assert (two.most_s, two.p50_s) == (4, 0)
    assert two.busy == pytest.approx(20 / (2 * 86400))


def test_more_workers_never_make_anybody_wait_longer() -> None:
    """The number found is the least one that keeps the goal."""
    load = Load(600_000, files_per_stack=10, pages_per_file=3.38, seconds_per_page=6, month_end=2.5)
    less, enough = workers_needed(load, p95_s=900, seed=3)
    assert isinstance(less, Waits)
    assert less.workers == enough.workers - 1
    assert less.p95_s > 900 >= enough.p95_s
    assert less.busy > enough.busy
