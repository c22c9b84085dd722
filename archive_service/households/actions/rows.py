"""Rows of an item from what was recognised, fit for every database."""

from __future__ import annotations

from datetime import date

from archive_service.catalogue.load import edition_for
from archive_service.catalogue.load import known as every
from archive_service.errors import Invalid
from archive_service.households.tables import CaseFile, ItemField, Page
from archive_service.households.values import OTHER, FieldValue, NewPage

LONGEST_TITLE, _LONGEST_VALUE = 200, 400


def sensitivity_of(document_type: str, case: CaseFile | None, today: date) -> str:
    """Return how sensitive papers of a type are. Raises Invalid for a type that no edition has."""
    if document_type == OTHER:
        # Nobody has said what is on it: treat it as the personal paper it may be.
        return "personal"
    judging = edition_for(case.accepted_on if case else today)
    known = [edition for edition in (judging, *reversed(every().every)) if document_type in edition.document_types]
    if not known:
        raise Invalid(
            "item.document-type",
            f"资料目录中没有“{document_type[:10]}”。请选择目录中的资料类型。",
            given=document_type[:10],
        )
    return str(known[0].document_types[document_type].sensitivity)


def field_row(name: str, value: FieldValue) -> ItemField:
    """Return the row of a field."""
    return ItemField(
        name=name[:40],
        value=storable(value.value, _LONGEST_VALUE),
        unit=value.unit,
        confidence=value.confidence,
        page=value.page,
        box=None if value.box is None else [int(edge) for edge in value.box],
        checked=value.checked,
    )


def page_row(page_no: int, page: NewPage) -> Page:
    """Return the row of a page."""
    return Page(
        page_no=page_no,
        original_digest=page.original_digest,
        original_page=page.original_page,
        image_digest=page.image_digest,
        thumbnail_digest=page.thumbnail_digest,
        width_px=page.width_px,
        height_px=page.height_px,
        dpi=page.dpi,
        rotation=page.rotation,
        engine=page.engine[:80],
        confidence=page.confidence,
        text=storable(page.text, None),
        lines_digest=page.lines_digest,
    )


def storable(text: str, length: int | None) -> str:
    """Return `text` as every database can keep it, cut to `length` characters."""
    # PostgreSQL keeps no NUL, and a text layer may hold one; a lone surrogate has no UTF-8.
    return text.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")[:length]
