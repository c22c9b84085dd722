"""Reading what was asked for, who decides it, what may be read now, and where each paper is."""

from archive_service.borrowing.queries.access import LiveGrant, may_read_page
from archive_service.borrowing.queries.availability import PaperWhereabouts, queue_of, whereabouts
from archive_service.borrowing.queries.deciding import count_to_decide, deciders_of, to_decide, wish_in
from archive_service.borrowing.queries.desk import LoanView, ToHandOut, loan_view, to_hand_out, wish_to_hand_out
from archive_service.borrowing.queries.letters import Letter, letters_of
from archive_service.borrowing.queries.own import OwnLine, own_counts, own_lines
from archive_service.borrowing.queries.preview import Preview, preview
from archive_service.borrowing.queries.reading import OpenPage, first_open, open_page, purpose_title
from archive_service.borrowing.queries.registers import (
    LoanRow,
    ReadingRow,
    RegisterRow,
    UsageRow,
    WishView,
    loan_register,
    loans_out,
    own_wishes,
    readings,
    usage,
)
from archive_service.borrowing.queries.requests import LineView, RequestView, WaitingRow, request_view, waiting_rows

__all__ = [
    "Letter",
    "LineView",
    "LiveGrant",
    "LoanRow",
    "LoanView",
    "OpenPage",
    "OwnLine",
    "PaperWhereabouts",
    "Preview",
    "ReadingRow",
    "RegisterRow",
    "RequestView",
    "ToHandOut",
    "UsageRow",
    "WaitingRow",
    "WishView",
    "count_to_decide",
    "deciders_of",
    "first_open",
    "letters_of",
    "loan_register",
    "loan_view",
    "loans_out",
    "may_read_page",
    "open_page",
    "own_counts",
    "own_lines",
    "own_wishes",
    "preview",
    "purpose_title",
    "queue_of",
    "readings",
    "request_view",
    "to_decide",
    "to_hand_out",
    "usage",
    "waiting_rows",
    "whereabouts",
    "wish_in",
    "wish_to_hand_out",
]
