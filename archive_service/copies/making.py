"""Making a certified copy: pages with personal numbers blacked out, laid out, signed, stored, then registered."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from archive_service import signing
from archive_service.copies import actions, queries, rules
from archive_service.copies.actions import Said
from archive_service.copies.drawing import CopyOf, Words, pdf
from archive_service.copies.tables import CertifiedCopy
from archive_service.db.session import Database
from archive_service.errors import NotFound, NotPermitted, Refused
from archive_service.households import queries as households
from archive_service.households.views import HouseholdView, PageView
from archive_service.people.roles import Right
from archive_service.people.viewer import Viewer
from archive_service.settings import Settings
from archive_service.storage.store import ObjectStore

#: Pictures of one copy, which are held in memory together until it is written.
MOST_BYTES = 128 * 1024 * 1024


@dataclass(frozen=True)
class Asked:
    """What somebody asks for: pages as item and page number, whom they are for, and why."""

    pages: Sequence[tuple[int, int]]
    purpose: str
    note: str
    receiver: str
    #: Why personal numbers stay readable; none: they are blacked out.
    unmask_reason: str | None
    #: Asked twice with the same, one copy is issued.
    request_key: str


@dataclass(frozen=True)
class Speech:
    """What a door adds: the words in its language, and pictures as they may leave."""

    #: Of number, note, receiver and whether numbers are blacked out.
    words: Callable[[str, str, str, bool], Words]
    source: Callable[[PageView], str]
    picture: Callable[[PageView], bytes]


@dataclass(frozen=True)
class Maker:
    """What copies are made with."""

    settings: Settings
    database: Database
    store: ObjectStore

    def issue(
        self, viewer: Viewer, file: HouseholdView, asked: Asked, speech: Speech, *, now: datetime
    ) -> CertifiedCopy:
        """Issue a copy of pages of a household and return its row; the same request again returns the first.

        The file is in the store before there is a row. Raises NotFound, NotPermitted, Invalid, Refused.
        """
        viewer.require(Right.COPY_ISSUE, file.unit_id)
        note, to = rules.check_said(asked.purpose, asked.note, asked.receiver)
        wanted = rules.check_pages(asked.pages)
        reason = None if asked.unmask_reason is None else _check_unmasking(viewer, file, asked.unmask_reason)
        masked = reason is None
        with self.database.reading() as session:
            known = queries.of_request(session, viewer, asked.request_key)
            if known is not None:
                return known
            found = [_page(session, viewer, file, *one, masked=masked) for one in wanted]
        with self.database.unit_of_work() as session:
            number = actions.take_number(session, viewer, file.unit_id, now=now)
        code = rules.new_code()
        words, link = speech.words(number, note, to, masked), self._link(code)
        data = pdf(_pictures(speech, found), len(found), words, code=code, link=link, made_at=now)
        signed = bool(self.settings.signing_file)
        if signed:
            data = signing.sign(self.settings, data, now=now)
        stored = self.store.put_bytes(data)
        with self.database.unit_of_work() as session:
            return actions.issue(
                session,
                viewer,
                Said(file.id, file.unit_id, file.account_no, asked.purpose, note, to, reason),
                number=number,
                code=code,
                request_key=asked.request_key,
                pages=[_kept(one) for one in found],
                stored=stored,
                signed=signed,
                now=now,
            )

    def _link(self, code: str) -> str:
        """Return what the QR code says; the code stands behind the #, so that no log of a server ever holds it."""
        address = self.settings.public_address.rstrip("/")
        return f"{address}/verify-copy#{code}" if address else code


def _check_unmasking(viewer: Viewer, file: HouseholdView, reason: str) -> str:
    if not viewer.reads_personal(file.unit_id, file.id):
        raise NotPermitted("copy.unmask", "您没有查看这一户个人信息的权限，不能出具不遮蔽的复制件。请取消“不遮蔽”。")
    return rules.check_reason(reason)


def _page(
    session: Session, viewer: Viewer, file: HouseholdView, item_id: int, page_no: int, *, masked: bool
) -> PageView:
    """Return a page as it may be copied. Raises NotFound, and Refused where its numbers cannot be blacked out."""
    read = households.masked_page if masked else households.item_page
    page = read(session, viewer, item_id, page_no)
    if page.item.household_id != file.id or page.item.state != "filed":
        raise Refused("copy.other-file", "所选的页不在这一户的档案里，或资料已撤出。请刷新页面后重新选择。")
    if page.withheld:
        raise Refused(
            "copy.withheld",
            "所选的页里有个人号码，无法确定位置，不能遮蔽。请去掉这一页，或选“不遮蔽”并写明原因。",
            item=item_id,
            page=page_no,
        )
    if page.image_digest is None:
        raise NotFound("page.no-image", "这一页的图像还没有生成或无法生成。原件已保留；请稍后再看，或重扫这一页。")
    return page


def _pictures(speech: Speech, found: Sequence[PageView]) -> Iterator[CopyOf]:
    left = MOST_BYTES
    for page in found:
        data = speech.picture(page)
        left -= len(data)
        if left < 0:
            raise Refused("copy.too-large", "所选各页的图像合计太大，没有出具。请减少页数，或分几份出具。")
        yield CopyOf(speech.source(page), data)


def _kept(page: PageView) -> dict[str, Any]:
    return {
        "item": page.item.id,
        "item_no": page.item.item_no,
        "type": page.item.document_type,
        "page": page.page_no,
        "sha256": page.image_digest,
    }
