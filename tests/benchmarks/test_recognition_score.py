"""The figures of recognition count what they say that they count."""

from __future__ import annotations

import pytest

from benchmarks.recognition_score import Found, ReadFile, ReadPage, same, score
from benchmarks.recognition_truth import DocumentTruth, FileTruth, PageTruth

FIELDS = {"account_no": "0401234567", "capacity": "630", "document_date": "2024-03-05"}
TRUTH = FileTruth(
    "a.pdf",
    (PageTruth(0, ("户号0401234567",)), PageTruth(90, ("第二条",)), PageTruth(0, ())),
    (
        DocumentTruth("K01H", (1, 2), "0401234567", "A1", FIELDS, "x"),
        DocumentTruth("OTHER", (3,), None, None, {}, "x"),
    ),
)
RIGHT = Found("K01H", (1, 2), "0401234567", "A1", FIELDS, filed=True)
PAGES = (ReadPage(0, "户号 0401234567"), ReadPage(90, "第二条"), ReadPage(0, ""))


def test_a_paper_filed_as_it_is_counts_as_untouched() -> None:
    found = score([TRUTH], {"a.pdf": ReadFile("a.pdf", PAGES, (RIGHT,))})
    assert (found.cer, found.upright.value, found.types.value, found.fields.value) == (0.0, 1.0, 1.0, 1.0)
    assert (found.wrongly_filed, found.filed, found.untouched.good) == (0, 1, 1)


@pytest.mark.parametrize(
    "wrong",
    [
        Found("K01L", (1, 2), "0401234567", "A1", FIELDS, filed=True),
        Found("K01H", (1,), "0401234567", "A1", FIELDS, filed=True),
        Found("K01H", (1, 2), "0407654321", "A1", FIELDS, filed=True),
        Found("K01H", (1, 2), "0401234567", "A2", FIELDS, filed=True),
    ],
)
def test_another_type_page_household_or_case_is_filed_wrongly(wrong: Found) -> None:
    found = score([TRUTH], {"a.pdf": ReadFile("a.pdf", PAGES, (wrong,))})
    assert (found.wrongly_filed, found.untouched.good) == (1, 0)


def test_what_waits_for_a_person_is_neither_wrong_nor_untouched() -> None:
    waiting = Found("K01L", (1, 2), None, None, {}, filed=False)
    found = score([TRUTH], {"a.pdf": ReadFile("a.pdf", PAGES, (waiting,))})
    assert (found.wrongly_filed, found.untouched.good, found.untouched.all, found.types.good) == (0, 0, 1, 0)


def test_a_file_that_was_not_read_counts_as_wrong() -> None:
    found = score([TRUTH], {})
    assert (found.cer, found.fields.value, found.upright.value) == (1.0, 0.0, 0.0)


@pytest.mark.parametrize(
    ("name", "truth", "read", "right"),
    [
        ("capacity", "630", "630.0", True),
        ("amount", "1200.50", "1,200.50", True),
        ("voltage", "380V", "0.38kV", True),
        ("account_name", "甲（乙）公司", "甲(乙)公司", True),
        ("account_no", "0401234567", "0401234568", False),
        ("document_date", "2024-03-05", "2024-03-06", False),
        ("phone", "13800000092", None, False),
    ],
)
def test_only_the_writing_of_a_value_may_differ(name: str, truth: str, read: str | None, right: bool) -> None:
    assert same(name, truth, read) is right
