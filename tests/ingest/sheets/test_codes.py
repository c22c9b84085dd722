"""What stands in the code of a sheet: our own are read as printed, all others are none of ours."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.sheets import codes
from ingest.sheets.codes import SheetCode

NUMBERS = st.text(st.characters(exclude_categories=("Cc", "Cs")), max_size=20)
CODES = st.builds(SheetCode, NUMBERS, st.from_regex(r"[A-Z0-9]{0,10}", fullmatch=True), st.booleans())


@given(CODES)
def test_a_code_is_read_as_it_was_printed(code: SheetCode) -> None:
    assert codes.parse(code.text) == code
    assert codes.of_flags(["blank", *codes.as_flags([code])]) == (code,)


@given(CODES, st.data())
def test_a_code_with_another_sign_in_it_is_not_believed(code: SheetCode, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(code.text) - 1))
    other = data.draw(st.sampled_from("0AZ:").filter(lambda sign: sign != code.text[at]))
    assert codes.parse(code.text[:at] + other + code.text[at + 1 :]) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "AS1",
        "AS2:S:1:K01R:AAAAAA",
        "https://inv-veri.chinatax.gov.cn/?a=1:b:c",
        "01,10,033001900104,12345678,630.00,20261109,12345678901234567890,A1B2",
        "1330700000123456789012",
        "AS1:S:" + "9" * 300 + ":K01R:AAAAAA",
    ],
)
def test_codes_of_meters_invoices_and_licences_are_none_of_ours(text: str) -> None:
    assert codes.parse(text) is None
    assert codes.of_flags([f"sheet:{text}"]) == ()
