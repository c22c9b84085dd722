"""Reading what was asked for, who decides it, what may be read now, and where each paper is."""

from archive_service.borrowing.queries.access import LiveGrant, may_read_page
from archive_service.borrowing.queries.availability import PaperWhereabouts, queue_of, whereabouts
from archive_service.borrowing.queries.deciding import deciders_of, to_decide, who_decides
from archive_service.borrowing.queries.preview import Preview, preview
from archive_service.borrowing.queries.registers import (
    LoanRow,
    ReadingRow,
    WishView,
    loans_out,
    own_wishes,
    readings,
)

__all__ = [
    "LiveGrant",
    "LoanRow",
    "PaperWhereabouts",
    "Preview",
    "ReadingRow",
    "WishView",
    "deciders_of",
    "loans_out",
    "may_read_page",
    "own_wishes",
    "preview",
    "queue_of",
    "readings",
    "to_decide",
    "who_decides",
    "whereabouts",
]
