"""What a person says of the signatures and seals of a document, and keeping it when pages move."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive_service.catalogue import load
from archive_service.completeness import marks
from archive_service.completeness.marks import Sight, Word
from archive_service.households.rules import mark_word
from archive_service.people.viewer import Viewer
from ingest.marks.proposals import judged_pages
from ingest.tables import ScanDocument, ScanPage


def decide(
    session: Session,
    viewer: Viewer,
    document: ScanDocument,
    words: Mapping[str, str],
    *,
    customer: str,
    now: datetime,
    today: date,
) -> dict[str, str]:
    """Judge the marks of a document afresh as what it is now, with the person's words; return the words that count.

    `words` are seen, not_seen or doubtful by the key of the mark, empty where the person said nothing; raises Invalid
    for another. Words about marks that such a document does not need are let be.
    """
    said = {key: Sight(mark_word(word)) for key, word in words.items() if word}
    found = judged_pages(
        load.current(today), document.document_type, document.pages, _found(session, document), customer=customer
    )
    if found is None:
        return {}
    given = {key: Word(sight, viewer.person_id, viewer.name, now.isoformat()) for key, sight in said.items()}
    before = marks.words_of(marks.from_json(document.marks))
    judged = marks.with_words(found, {**before, **given})
    document.marks = marks.to_json(judged)
    return {mark.key: str(said[mark.key]) for mark in judged if mark.key in said}


def kept(columns: Mapping[str, Any], pages: Sequence[int], concerned: Sequence[ScanDocument]) -> Any:
    """Return the marks of a document to be, with what people said of them on a document that began with its page."""
    if columns["marks"] is None:
        return None
    begun = [one for one in concerned if list(one.pages[:1]) == list(pages[:1])]
    words = {key: word for one in begun for key, word in marks.words_of(marks.from_json(one.marks)).items()}
    return marks.to_json(marks.with_words(marks.from_json(columns["marks"]), words))


def _found(session: Session, document: ScanDocument) -> dict[int, Mapping[str, Any] | None]:
    wanted = select(ScanPage.page_no, ScanPage.marks).where(
        ScanPage.scan_id == document.scan_id, ScanPage.page_no.in_(document.pages)
    )
    return {row.page_no: row.marks for row in session.execute(wanted)}
