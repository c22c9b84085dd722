"""Search documents with defaults, for tests that write only the telling value."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from indexing.document import SearchDocument


def paper(item_id: int, *pages: str, **facts: Any) -> SearchDocument:
    """Return the document of an item of its own household in unit 1."""
    given = SearchDocument(
        item_id=item_id, household_id=item_id, unit_id=1, document_type="A01", category="LR", business_type="NEW",
        on=date(2024, 1, 1), account_no="3400000001", pages=pages,
    )  # fmt: skip
    return replace(given, **facts)
