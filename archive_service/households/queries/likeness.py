"""What somebody types for a household: a number from its beginning, or words of a name or an address."""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_, false, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from archive_service import ids
from archive_service.db.within import holds
from archive_service.households.heads.tables import HeadValue
from archive_service.households.tables import HouseholdFile


def household_like(text: str) -> ColumnElement[bool]:
    """Say that the account number begins with `text`, or name and address contain each of its words."""
    number = ids.compact(text)
    words = text.split()
    by_number = begins_with(HouseholdFile.account_no, number.upper())
    if number.isdecimal() and len(number) >= _SURELY_NUMBER:
        return by_number
    # Names are stored as written: both kinds of brackets are tried.
    in_text = [or_(*(_holds(column, form) for form in _forms(word) for column in _NAMED)) for word in words]
    return or_(by_number, and_(*in_text), _once_called(text.strip())) if in_text else by_number


def _once_called(name: str) -> ColumnElement[bool]:
    """Say that the account once bore this very name."""
    once = select(HeadValue.household_id).where(HeadValue.name == "account_name")
    return HouseholdFile.id.in_(once.where(HeadValue.value.in_(_forms(name))))


def _holds(column: InstrumentedAttribute[str], word: str) -> ColumnElement[bool]:
    # Most words have no upper and lower case, and folding every name and address takes longer than looking into it.
    cased = word.upper() != word.lower()
    return column.icontains(word, autoescape=True) if cased else holds(column, word)


def begins_with(column: InstrumentedAttribute[str], beginning: str) -> ColumnElement[bool]:
    """Say that a number, of digits and capital letters, begins with `beginning`."""
    # A range uses the index on every database, LIKE does not; no digit or capital letter comes after Z.
    return column.between(beginning, beginning + "Z" * _LONGEST_NUMBER) if beginning else false()


#: So many digits are an account number and no house number.
_SURELY_NUMBER = 5
_LONGEST_NUMBER = 40
_NAMED = (HouseholdFile.account_name, HouseholdFile.service_address)
_TO_HALF = str.maketrans("\uff08\uff09", "()")
_TO_FULL = str.maketrans("()", "\uff08\uff09")


def _forms(word: str) -> list[str]:
    return list(dict.fromkeys([word, word.translate(_TO_HALF), word.translate(_TO_FULL)]))
