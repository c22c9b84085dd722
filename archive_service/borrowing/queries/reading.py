"""A borrowed page as its reader sees it, and which other pages of the same grant lie beside it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive_service.borrowing import matrix
from archive_service.borrowing.queries.access import LiveGrant, live_grants, may_read_page
from archive_service.borrowing.rules import PageKey
from archive_service.borrowing.tables import GrantPage, LoanWish, ReadingGrant
from archive_service.errors import NotPermitted
from archive_service.households.queries import lent_page
from archive_service.households.tables import Item
from archive_service.households.views import PageView
from archive_service.people.viewer import Viewer
from archive_service.restricted.queries import lasting


@dataclass(frozen=True)
class OpenPage:
    """A page that may be read now."""

    grant: LiveGrant
    page: PageView
    #: Words of the purpose, drawn into the picture.
    purpose_title: str
    #: All pages that the grant opens, in the order of the papers.
    beside: tuple[PageKey, ...]
    #: Number of each paper among them.
    numbers: dict[int, tuple[int, str]]


def open_page(session: Session, viewer: Viewer, item_id: int, page_no: int, now: datetime) -> OpenPage:
    """Return a page that the viewer has borrowed. Raises NotPermitted without a live grant of exactly this page."""
    grant = may_read_page(session, viewer, item_id, page_no, now)
    if grant is None:
        raise not_open()
    rows = session.execute(
        select(GrantPage.item_id, GrantPage.page_no, Item.item_no, Item.document_type)
        .join(Item, Item.id == GrantPage.item_id)
        .where(GrantPage.grant_id == grant.grant_id, Item.state == "filed", ~lasting(Item.id))
        .order_by(Item.item_no, GrantPage.page_no)
    ).all()
    return OpenPage(
        grant=grant,
        page=lent_page(session, item_id, page_no, masked=grant.masked),
        purpose_title=purpose_title(session, grant),
        beside=tuple((row.item_id, row.page_no) for row in rows),
        numbers={row.item_id: (row.item_no, row.document_type) for row in rows},
    )


def purpose_title(session: Session, grant: LiveGrant) -> str:
    """Return the words of the purpose for which a page is read."""
    edition = matrix.edition(session.get_one(LoanWish, grant.wish_id).edition)
    return edition.purposes.get(grant.purpose, grant.purpose)


def first_open(session: Session, viewer: Viewer, item_id: int, now: datetime) -> int | None:
    """Return the first page of a paper that the viewer may read by a grant now, none without one."""
    wanted = (
        select(GrantPage.page_no)
        .join(Item, Item.id == GrantPage.item_id)
        .where(
            GrantPage.grant_id.in_(live_grants(viewer, now).with_only_columns(ReadingGrant.id)),
            GrantPage.item_id == item_id,
            Item.state == "filed",
            ~lasting(Item.id),
        )
        .order_by(GrantPage.page_no)
        .limit(1)
    )
    return session.scalar(wanted)


def not_open() -> NotPermitted:
    """Return the refusal of a page that is not borrowed, or no longer."""
    return NotPermitted("reading.none", "您没有借阅这一页，或借阅时间已到。请重新申请借阅。")
