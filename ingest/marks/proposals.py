"""Bring what was found on pages together with what is proposed to be made of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from archive_service.catalogue.schema import Edition
from archive_service.completeness.conditions import name_form
from archive_service.completeness.marks import MarkVerdict
from ingest.marks import required
from ingest.marks.values import PageMarks, from_json
from ingest.recognise.values import HouseholdLookup, Proposal


@dataclass(frozen=True)
class Seen:
    """What was found on the pages of a scan, by page number as it is stored, and who may be the customer."""

    edition: Edition
    pages: Mapping[int, Mapping[str, Any] | None]
    lookup: HouseholdLookup

    def judged(self, proposal: Proposal) -> Proposal:
        """Return a proposal with a verdict for each mark that the catalogue asks for, and what that holds up."""
        found = judged_pages(
            self.edition, proposal.document_type, proposal.pages, self.pages, customer=self._customer(proposal)
        )
        kind = self.edition.document_types.get(proposal.document_type)
        doubts = required.holding(kind, found or ())
        return replace(proposal, marks=found, doubts=(*proposal.doubts, *doubts))

    def _customer(self, proposal: Proposal) -> str | None:
        if proposal.household_id is not None:
            household = self.lookup.by_household_id(proposal.household_id)
            if household is not None:
                return household.account_name
        read = proposal.fields.get("account_name")
        return read.value if read else None


def judged_pages(
    edition: Edition,
    document_type: str,
    numbers: Sequence[int],
    pages: Mapping[int, Mapping[str, Any] | None],
    *,
    customer: str | None,
) -> tuple[MarkVerdict, ...] | None:
    """Return the verdicts on a document of these pages; none where nobody looked at any of them."""
    looked: list[PageMarks | None] = [from_json(found) if (found := pages.get(number)) else None for number in numbers]
    if not any(looked):
        return None
    form = name_form(customer)
    organisation = None if form is None else form == "organisation"
    kind = edition.document_types.get(document_type)
    return required.judge(kind, looked, edition, organisation=organisation)
