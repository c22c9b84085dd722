"""The states of a received file, in order, and the words for how it ended."""

from __future__ import annotations

from collections.abc import Collection

RECEIVED, CHECKED, RENDERED, READ, SORTED = "received", "checked", "rendered", "read", "sorted"
#: A container whose members have become scans of their own and are not all finished.
UNPACKED = "unpacked"
FILED, NEEDS_REVIEW, REFUSED, SET_ASIDE = "filed", "needs_review", "refused", "set_aside"

#: On the way; the pipeline owes these a step.
MOVING = (RECEIVED, CHECKED, RENDERED, READ, SORTED)
#: Where a file comes to rest.
FINAL = (FILED, NEEDS_REVIEW, REFUSED, SET_ASIDE)

#: How a batch stands: files may be added, it passed the four-property check, or it went back to who handed it in. The
#: word for a batch that passed is that of a file that was filed.
OPEN, RETURNED = "open", "returned"


def of_container(members: Collection[tuple[str, str | None]]) -> str:
    """Return the state of a container from its members' (state, error code), all of them at rest.

    A member that was there before is as good as filed: nothing of it is missing.
    """
    states = [FILED if code == "file.duplicate" else state for state, code in members]
    if not states or all(state == REFUSED for state in states):
        return REFUSED
    if all(state == FILED for state in states):
        return FILED
    return SET_ASIDE if SET_ASIDE in states else NEEDS_REVIEW
