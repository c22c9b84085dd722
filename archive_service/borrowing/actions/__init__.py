"""Borrowing, step by step; what is changed is read under a lock, so of two people at once one wins. None commits."""

from archive_service.borrowing.actions.asking import ask, withdraw
from archive_service.borrowing.actions.deciding import decide
from archive_service.borrowing.actions.handing import hand_out, pass_over, recall_paper, renew
from archive_service.borrowing.actions.reading import end_due, end_reading, note_page
from archive_service.borrowing.actions.returning import Inspected, report_lost, take_back
from archive_service.borrowing.wishes import Wish

__all__ = [
    "Inspected",
    "Wish",
    "ask",
    "decide",
    "end_due",
    "end_reading",
    "hand_out",
    "note_page",
    "pass_over",
    "recall_paper",
    "renew",
    "report_lost",
    "take_back",
    "withdraw",
]
