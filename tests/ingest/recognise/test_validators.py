"""Check digits find every single wrong character."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive_service import check_digits
from ingest.recognise import validators

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
BORN = st.dates(min_value=date(1900, 1, 1), max_value=date(2025, 12, 31))


@st.composite
def identity_numbers(draw: st.DrawFn) -> str:
    place = draw(st.integers(min_value=110000, max_value=659999))
    first = f"{place}{draw(BORN):%Y%m%d}{draw(st.integers(min_value=0, max_value=999)):03d}"
    return first + check_digits.of_identity_number(first)


@st.composite
def credit_codes(draw: st.DrawFn) -> str:
    first = "91" + draw(st.text(alphabet=ALPHABET, min_size=15, max_size=15))
    return first + check_digits.of_credit_code(first)


@given(identity_numbers(), st.integers(min_value=0, max_value=16), st.integers(min_value=1, max_value=9))
def test_one_wrong_digit_of_an_identity_number_is_found(number: str, place: int, shift: int) -> None:
    wrong = number[:place] + str((int(number[place]) + shift) % 10) + number[place + 1 :]
    assert validators.identity_number(number)
    assert not validators.identity_number(wrong)


@given(credit_codes(), st.integers(min_value=0, max_value=16), st.integers(min_value=1, max_value=30))
def test_one_wrong_character_of_a_credit_code_is_found(code: str, place: int, shift: int) -> None:
    other = ALPHABET[(ALPHABET.index(code[place]) + shift) % 31]
    assert validators.credit_code(code)
    assert not validators.credit_code(code[:place] + other + code[place + 1 :])


def test_known_numbers_of_the_standards_are_right() -> None:
    # The example of GB 11643 and the code of a well-known registrant.
    assert validators.identity_number("11010519491231002X")
    assert validators.credit_code("91350100M000100Y43")


@pytest.mark.parametrize(
    "number", ["110105194913310025", "11010519491231002", "11010519491231002x", "01010519491231002X", ""]
)
def test_a_number_with_an_impossible_birth_date_or_length_is_wrong(number: str) -> None:
    assert not validators.identity_number(number)


@given(st.text(max_size=20))
def test_no_text_breaks_a_validator(text: str) -> None:
    assert not (validators.identity_number(text) and validators.credit_code(text) and not text.isdigit())
    assert validators.document_date(text) in (True, False)


def test_a_paper_is_not_from_before_the_utility_or_far_from_now() -> None:
    assert validators.document_date("2026-11-09")
    assert not validators.document_date("1890-01-01")
    assert not validators.document_date("2150-01-01")
