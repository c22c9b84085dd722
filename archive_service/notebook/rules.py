"""What may be remembered, and how much of it: pure decisions."""

from __future__ import annotations

from enum import StrEnum


class Kind(StrEnum):
    """What something remembered is."""

    #: A household file that was opened; the name is its account number.
    FILE = "file"
    #: A search that was made; the name is what was typed, the content its address.
    SEARCH = "search"
    #: A search kept under a name that the person gave it; the content is its address.
    SAVED = "saved"
    #: Columns of a list; the name is that of the list, the content their keys with commas between them.
    COLUMNS = "columns"
    #: A reminder that was seen; the content is the day.
    REMINDED = "reminded"
    #: What the person means to ask for; the name says which papers (`borrowing.lines`).
    BASKET = "basket"


#: So many of each are kept; the oldest makes room.
MOST = {Kind.FILE: 20, Kind.SEARCH: 12, Kind.SAVED: 50, Kind.COLUMNS: 50, Kind.REMINDED: 10, Kind.BASKET: 200}
LONGEST_NAME = 200
LONGEST_CONTENT = 2000
LONGEST_NOTE = 500
#: Notes that one page can hold; more would hide it.
MOST_NOTES = 50
#: A note's place is counted in thousandths of the page's width and height.
WHOLE = 1000


def is_place(x: int, y: int) -> bool:
    """Say whether a place, in thousandths of the upright page from its top left, lies on the page."""
    return 0 <= x <= WHOLE and 0 <= y <= WHOLE
