"""The household file as a way to the content of its items: pages, fields, notes, certified copies and packages."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from archive_service.borrowing.tables import LoanRequest
from archive_service.copies.tables import CertifiedCopy
from archive_service.errors import Unavailable
from archive_service.exchange import queries as exchange
from archive_service.exchange.tables import HandIn, Package
from archive_service.households.tables import Item, ItemField, Page
from archive_service.notebook.tables import PageNote
from archive_service.subjects.tables import SubjectRequest
from retention.disposal_tables import DisposalList

_OF_PAGES = (Page.original_digest, Page.image_digest, Page.thumbnail_digest, Page.lines_digest)
_OTHERS = (
    LoanRequest.letter_digest,
    SubjectRequest.letter_digest,
    DisposalList.report_digest,
    DisposalList.certificate_digest,
    HandIn.digest,
)


class FileRoad:
    """The rows of an item in its household file, the copies that were certified of it, and packages that hold it."""

    def close(self, session: Session, item: Item) -> Collection[str]:
        """Delete pages, fields and notes; name their objects, and the files of copies and packages that hold the item.

        Raises Unavailable while a package of it is being made: what comes of that could not be known.
        """
        packages, moving = exchange.holding(session, item.household_id, item.item_no)
        if moving:
            raise Unavailable(
                "disposal.package-making", "正在制作含有这件资料的信息包，暂时没有销毁。制作完成后会自动继续。"
            )
        named = {
            str(digest)
            for row in session.execute(select(*_OF_PAGES).where(Page.item_id == item.id))
            for digest in row
            if digest
        }
        named |= self._copies(session, item) | packages | self._hand_ins(session, item)
        for table in (Page, ItemField, PageNote):
            session.execute(delete(table).where(table.item_id == item.id))
        session.expire(item)
        return named

    def names(self, session: Session, digest: str) -> bool:
        """Say whether a page, a letter or a paper of a disposal is this object."""
        for columns in (_OF_PAGES, _OTHERS):
            for column in columns:
                if session.scalar(select(column).where(column == digest).limit(1)) is not None:
                    return True
        return False

    def still_open(self, session: Session, item_id: int) -> str:
        """Look for pages, fields and notes."""
        found = (select(table.id).where(table.item_id == item_id).limit(1) for table in (Page, ItemField, PageNote))
        return "户档案" if any(session.scalar(one) is not None for one in found) else ""

    def _hand_ins(self, session: Session, item: Item) -> set[str]:
        """Take the files off the register that the household came in with."""
        named = set()
        for row in session.scalars(
            select(HandIn)
            .join(Package, Package.id == HandIn.package_id)
            .where(Package.household_id == item.household_id, HandIn.digest.is_not(None))
        ):
            named.add(str(row.digest))
            row.digest = None
        return named

    def _copies(self, session: Session, item: Item) -> set[str]:
        # The register keeps the copy and its digest, so that its code is still answered; the pages are gone.
        of_household = select(CertifiedCopy).where(CertifiedCopy.household_id == item.household_id)
        copies = session.scalars(of_household)
        return {copy.digest for copy in copies if any(page.get("item") == item.id for page in copy.pages)}
