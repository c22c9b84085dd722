"""Numbers with check digits are what GB 11643 and GB 32100 make of them."""

from __future__ import annotations

from datetime import date
from random import Random

import pytest

from archive_service import check_digits
from archive_service.samples import identity, people


def test_the_check_digit_of_the_standards_own_example_is_found():
    """GB 11643 gives 11010519491231002X as its example."""
    assert identity.id_number("110105", date(1949, 12, 31), 2) == "11010519491231002X"


def test_the_credit_code_of_a_known_body_ends_in_the_known_signs():
    """91350100M000100Y43 is the example that goes with GB 32100: M000100Y and its check signs 4 and 3."""
    assert identity.credit_code("350100", "M000100Y") == "91350100M000100Y43"


def is_id_number(text: str) -> bool:
    return len(text) == 18 and text[:17].isdigit() and text[17] == check_digits.of_identity_number(text[:17])


def is_credit_code(text: str) -> bool:
    return len(text) == 18 and text[17] == check_digits.of_credit_code(text[:17])


@pytest.mark.parametrize("seed", range(30))
def test_every_invented_person_and_company_has_numbers_that_pass_their_checks(seed: int):
    rng = Random(seed)
    firm = people.company(rng)
    assert is_id_number(firm.head.id_number)
    assert is_credit_code(firm.credit_code)


@pytest.mark.parametrize("place", range(18))
def test_one_wrong_digit_is_noticed(place: int):
    number = people.person(Random(5)).id_number
    wrong = number[:place] + ("1" if number[place] != "1" else "2") + number[place + 1 :]
    assert not is_id_number(wrong)
