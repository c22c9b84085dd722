"""What a rendition is made from, as it stands in the database now."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive_service.households.tables import CaseFile, HouseholdFile, Item, Page
from archive_service.restricted.queries import restricted
from ingest.renditions.about import BUILDER, About


@dataclass(frozen=True)
class PageSource:
    """One page: the digests of its picture and lines, and how large it is."""

    image_digest: str
    #: Empty for a page that was not read.
    lines_digest: str
    dpi: int
    width_px: int
    height_px: int


@dataclass(frozen=True)
class Source:
    """An item with all that its rendition shows or says."""

    item_id: int
    unit_id: int
    #: False once it was withdrawn.
    filed: bool
    #: Stored only: nothing is made of it, and what was made before stands.
    stored_only: bool
    document_type: str
    title: str
    account_no: str
    application_no: str | None
    item_no: int
    filed_at: datetime
    pages: tuple[PageSource, ...]

    @property
    def fingerprint(self) -> str:
        """A digest of everything that the bytes of the rendition follow from."""
        said = [BUILDER, self.document_type, self.title, self.account_no, self.application_no, self.item_no]
        pages = [[p.image_digest, p.lines_digest, p.dpi, p.width_px, p.height_px] for p in self.pages]
        told = [said, self.filed_at.astimezone(UTC).isoformat(), pages]
        return hashlib.sha256(json.dumps(told, ensure_ascii=True).encode()).hexdigest()

    @property
    def about(self) -> About:
        """What the rendition says of itself."""
        return About(
            fingerprint=self.fingerprint,
            title=self.title,
            document_type=self.document_type,
            account_no=self.account_no,
            item_no=self.item_no,
            application_no=self.application_no,
            filed_at=self.filed_at,
        )


def load(session: Session, item_id: int) -> Source | None:
    """Return what the rendition of an item would be made from now; none for an item that does not exist."""
    found = session.execute(
        select(Item, HouseholdFile.account_no, HouseholdFile.unit_id, CaseFile.application_no)
        .join(HouseholdFile, HouseholdFile.id == Item.household_id)
        .outerjoin(CaseFile, CaseFile.id == Item.case_id)
        .where(Item.id == item_id)
    ).one_or_none()
    if found is None:
        return None
    item, account_no, unit_id, application_no = found
    columns = select(Page.image_digest, Page.lines_digest, Page.dpi, Page.width_px, Page.height_px)
    pages = session.execute(columns.where(Page.item_id == item_id).order_by(Page.page_no))
    return Source(
        item_id=item_id,
        unit_id=unit_id,
        filed=item.state == "filed",
        stored_only=item_id in restricted(session, [item_id]),
        document_type=item.document_type,
        title=item.title,
        account_no=account_no,
        application_no=application_no,
        item_no=item.item_no,
        filed_at=item.filed_at,
        pages=tuple(PageSource(*page) for page in pages),
    )
