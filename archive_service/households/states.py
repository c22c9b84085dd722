"""The states of a case on its way into the archive, and what each of them keeps shut: pure."""

from __future__ import annotations

from archive_service.errors import Refused

COLLECTING, SUBMITTED, RETURNED = "collecting", "submitted", "returned"
ACCEPTED, FILED, REOPENED, CLOSED = "accepted", "filed", "reopened", "closed"
#: All states, in the order in which a case goes through them.
STATES = (COLLECTING, SUBMITTED, RETURNED, ACCEPTED, FILED, REOPENED, CLOSED)
#: Still to be filed: their deadline runs.
OPEN = (COLLECTING, SUBMITTED, RETURNED, ACCEPTED, REOPENED)
#: Stands in filters for all states in OPEN.
ANY_OPEN = "open"
#: Handed over, so that what is on the list is no longer taken out.
HANDED_OVER = frozenset({SUBMITTED, ACCEPTED})
#: For good in the archive, with order and numbers locked.
KEPT = frozenset({FILED, CLOSED})


def of_filter(state: str | None) -> tuple[str, ...]:
    """Return the states that a filter lets through; none lets all through."""
    if state is None:
        return STATES
    return OPEN if state == ANY_OPEN else (state,)


def check_may_leave(state: str, *, placed: bool, application_no: str) -> None:
    """Refuse to take a paper out of a case that is handed over or filed; a reopened case lets go of its papers."""
    if state in HANDED_OVER:
        raise Refused(
            "case.handed-over",
            f"案件 {application_no} 已经移交，移交清单上的资料不能移出或撤回。请先由接收人退回，改好后重新移交。",
            state=state,
        )
    if state in KEPT or (placed and state != REOPENED):
        raise _locked(state, application_no)


def check_may_change(state: str, *, application_no: str) -> None:
    """Refuse to say that a filed paper is something else, unless the case was reopened for it."""
    if state in KEPT:
        raise _locked(state, application_no)


def _locked(state: str, application_no: str) -> Refused:
    return Refused(
        "case.locked",
        f"案件 {application_no} 已归档，件号和顺序已锁定。新来的资料按补充件归入；确需更换的，请先启封案件并写明原因。",
        state=state,
    )
