"""Steps of cases. Each reads the case afresh under a lock, so that of two people at once one wins. None commits."""

from archive_service.lifecycle.actions.deadlines import keep_year
from archive_service.lifecycle.actions.filing import close_household, file_case, reopen_case
from archive_service.lifecycle.actions.hand_overs import accept_case, submit_case
from archive_service.lifecycle.actions.returns import Mark, return_case

__all__ = [
    "Mark",
    "accept_case",
    "close_household",
    "file_case",
    "keep_year",
    "reopen_case",
    "return_case",
    "submit_case",
]
