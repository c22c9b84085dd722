"""Steps of cases. Each reads the case afresh under a lock, so that of two people at once one wins. None commits."""

from archive_service.lifecycle.actions.clocks import pause_case, resume_case, say_why_late
from archive_service.lifecycle.actions.closing import reopen_household
from archive_service.lifecycle.actions.codes import number_filed, set_pattern
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
    "number_filed",
    "pause_case",
    "reopen_case",
    "reopen_household",
    "resume_case",
    "return_case",
    "say_why_late",
    "set_pattern",
    "submit_case",
]
