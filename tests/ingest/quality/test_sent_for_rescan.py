"""A document sent back for its picture waits for a better scan and comes back to the desk by itself."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import pytest
from sqlalchemy import select

from archive_service import clock
from archive_service.audit.tables import AuditEntry
from archive_service.errors import Invalid
from ingest import queries, review
from ingest.tables import Scan
from tests.ingest.quality.test_pipeline import MORE, Archive, archive, jpeg, page

pytestmark = pytest.mark.ocr
__all__ = ["archive"]


def send_back(archive: Archive, document: int, *, code: str, pages: Sequence[int] = (), note: str = "") -> None:
    with archive.database.unit_of_work() as session:
        review.reject(session, archive.viewer, document, reason=note, code=code, rescan=pages, now=clock.now())


def state(archive: Archive) -> str:
    with archive.database.reading() as session:
        return session.get_one(Scan, archive.scan_id).state


def test_it_waits_in_its_own_list_and_comes_back_with_the_better_page(archive: Archive) -> None:
    """Until then the queue does not offer it; afterwards it is read anew and says so."""
    document = archive.document_of(2).id
    send_back(archive, document, code="blurred", pages=[2], note="看不清")
    sent = archive.document_of(2)
    assert (sent.state, sent.rescan_pages, sent.doubts[-1]) == ("rejected", [2], "退回重扫：影像不清：看不清")
    assert state(archive) == "needs_review"
    with archive.database.reading() as session:
        assert document not in [one.id for one in queries.review_queue(session, archive.viewer).documents]
        assert [one.id for one in queries.sent_for_rescan(session, archive.viewer).documents] == [document]
    better = page("计量装置由供电人安装并负责维护。", *MORE, foot="第 2 页 共 4 页")
    archive.rescan(2, jpeg(cv2.resize(better, (1654, 2339), interpolation=cv2.INTER_CUBIC)))
    archive.work()
    back = archive.document_of(2)
    assert (back.id, back.state, back.rescan_pages, back.decided_at) == (document, "proposed", None, None)
    assert any("重扫件" in doubt for doubt in back.doubts)
    assert not any("影像质量太差" in doubt for doubt in back.doubts)
    with archive.database.reading() as session:
        assert document in [one.id for one in queries.review_queue(session, archive.viewer).documents]
        entry = session.scalars(select(AuditEntry).where(AuditEntry.did == "document.reopened")).one()
    assert entry.facts == {"scan": archive.scan_id, "page": 2}


def test_of_several_pages_the_last_better_one_brings_it_back(archive: Archive) -> None:
    document = archive.document_of(2)
    send_back(archive, document.id, code="dark")
    assert archive.document_of(2).rescan_pages == document.pages
    first, *rest = document.pages
    sharp = jpeg(cv2.resize(page(*MORE), (1654, 2339), interpolation=cv2.INTER_CUBIC))
    archive.rescan(first, sharp)
    archive.work()
    assert (archive.document_of(2).rescan_pages or []) == rest
    assert archive.document_of(2).state == ("rejected" if rest else "proposed")
    for number in rest:
        archive.rescan(number, sharp)
    archive.work()
    assert archive.document_of(2).state == "proposed"


def test_other_reasons_and_pages_of_others_ask_for_no_rescan(archive: Archive) -> None:
    document = archive.document_of(2).id
    with pytest.raises(Invalid, match="不在这份资料中"):
        send_back(archive, document, code="blurred", pages=[99])
    with pytest.raises(Invalid, match="退回原因"):
        send_back(archive, document, code="nonsense", note="x")
    send_back(archive, document, code="unsigned")
    assert (archive.document_of(2).rescan_pages, archive.document_of(2).doubts[-1]) == (None, "退回：未签字或未盖章")
