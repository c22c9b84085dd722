"""The search document: what the index holds of one item."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from indexing import text


@dataclass(frozen=True)
class SearchDocument:
    """One filed item as the index sees it; `unit_id` decides who may find it."""

    item_id: int
    household_id: int
    unit_id: int
    document_type: str
    category: str
    business_type: str
    #: The date of the document, else the day it was filed.
    on: date
    account_no: str
    account_name: str = ""
    address: str = ""
    #: Title and the name of the document type.
    title: str = ""
    #: Application number and the values of fields.
    values: tuple[str, ...] = ()
    #: What the pages say, personal numbers hidden.
    pages: tuple[str, ...] = ()
    #: Personal numbers with what stands around them; only those find them who may read personal data of the unit.
    #: Without this a person could read a hidden number digit by digit, by searching for it.
    private: tuple[str, ...] = ()

    @cached_property
    def name_stream(self) -> str:
        """The account name as a stream."""
        return text.stream(self.account_name)

    @cached_property
    def address_stream(self) -> str:
        """The service address as a stream."""
        return text.stream(self.address)

    @cached_property
    def title_stream(self) -> str:
        """Title and type name as a stream."""
        return text.stream(self.title)

    @cached_property
    def body_stream(self) -> str:
        """Everything that can be found, each part a run of its own; phrases do not reach from one into the next."""
        own = (self.name_stream, self.address_stream, self.title_stream)
        return _joined((*own, *(text.stream(part) for part in (self.account_no, *self.values, *self.pages))))

    @cached_property
    def private_stream(self) -> str:
        """The personal numbers, with their surroundings."""
        return _joined(text.stream(part) for part in self.private)

    @cached_property
    def private_codes(self) -> list[str]:
        """The personal numbers as codes, sorted."""
        return sorted(set().union(*(text.codes(part) for part in self.private)) - set(self.codes))

    @cached_property
    def codes(self) -> list[str]:
        """Account number and all numbers and Latin words, sorted."""
        found = {text.fold(self.account_no)}
        for part in (self.account_name, self.address, self.title, *self.pages):
            found |= text.codes(part)
        for value in self.values:
            # A number read into a field is known to be one number, whatever signs part it: HT-2024-001.
            whole = text.stream(value).replace(" ", "")
            found |= text.codes(value) | ({whole} if text.is_code(whole) else set())
        found.discard("")
        return sorted(found)

    def prepare(self) -> None:
        """Work out all words now; they stay with the document, also on its way to another process."""
        _ = self.body_stream, self.private_stream, self.codes, self.private_codes

    @property
    def day(self) -> int:
        """The date as yyyymmdd."""
        return self.on.year * 10_000 + self.on.month * 100 + self.on.day


def _joined(streams: Iterable[str]) -> str:
    return " ".join(part for part in streams if part)
