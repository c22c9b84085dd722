"""What commands show of records is on record before it is shown, as it is of pages.

A command prints into memory, and what it printed is looked through for numbers of accounts; then the entry is written,
and only then does anything reach the screen, a pipe or a file. Source: docs/decisions/0059.
"""

from __future__ import annotations

import getpass
import io
import socket
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

from sqlalchemy.orm import Session

from archive_service import clock
from archive_service.cli.services import Services
from archive_service.households import actions
from archive_service.people.viewer import Viewer
from ingest import reads as scans

#: Commands that show nothing of a record that is there, or that work on while others read what they say; what these
#: do to records is on record by its own verbs.
QUIET = frozenset({
    "init", "db", "demo", "serve", "worker", "ingest", "watch", "batch", "jobs", "recognise", "notices", "catalogue",
    "people", "verify", "doctor", "reindex", "keys", "fixity", "storage", "backup", "restore", "audit verify",
    "audit export", "audit checkpoint", "audit verifier",
})  # fmt: skip
_ITEM, _SCAN = frozenset({"item"}), frozenset({"scan", "text"})


class _Held(io.StringIO):
    """Keeps what is printed, and looks like the screen that it is meant for."""

    def __init__(self, to: object) -> None:
        super().__init__()
        self._is_screen = bool(getattr(to, "isatty", bool)())

    def isatty(self) -> bool:
        return self._is_screen


@contextmanager
def traced(services: Services, words: Sequence[str]) -> Iterator[None]:
    """Hold back what the command of these words prints until it is on record who saw what."""
    if {words[0], " ".join(words[:2])} & QUIET:
        yield
        return
    screen, held = sys.stdout, _Held(sys.stdout)
    sys.stdout = held
    try:
        yield
    finally:
        sys.stdout = screen
        shown = held.getvalue()
        # Help and what was refused never came to the database.
        if shown and "database" in services.__dict__:
            _note(services, words, shown)
        screen.write(shown)
        screen.flush()


def _note(services: Services, words: Sequence[str], shown: str) -> None:
    place, now = _place(), clock.now()
    with services.writing() as (session, viewer):
        if not _of_one(session, viewer, words, place):
            accounts = actions.accounts_in(session, shown)
            # The words that follow may be what was looked for, which may be the number of a person.
            command = " ".join(one for one in words[:2] if one.isascii() and one.isalpha())
            actions.note_list(session, viewer, f"archive-service {command}", accounts, now=now, place=place)


def _of_one(session: Session, viewer: Viewer, words: Sequence[str], place: str) -> bool:
    """Note a command about one household, paper or scan as the page of it is noted."""
    now = clock.now()
    for word in words[1:]:
        if words[0] in _ITEM and word.isdecimal():
            return actions.note_item(session, viewer, int(word), now=now, place=place)
        if words[0] in _SCAN and word.isdecimal():
            return scans.note_scan(session, viewer, scan_id=int(word), document_id=0, now=now, place=place)
        if words[0] == "household" and actions.note_file(session, viewer, word, "", now=now, place=place):
            return True
    return False


def _place() -> str:
    """Return who runs the command and where: the system knows, whoever the command acts for."""
    user = "?"
    with suppress(OSError, KeyError):
        user = getpass.getuser()
    return f"{user}@{socket.gethostname()}"
