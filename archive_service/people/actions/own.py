"""What people choose for themselves."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from archive_service.errors import Invalid, NotFound
from archive_service.people.actions.parts import note as _note
from archive_service.people.tables import Person
from archive_service.people.viewer import Viewer

#: What a person may choose for their pages, and the values each choice takes.
PREFERENCES: dict[str, frozenset[str]] = {
    "language": frozenset({"zh", "en"}),
    "theme": frozenset({"auto", "light", "dark"}),
    "print": frozenset({"normal", "large"}),
    "density": frozenset({"default", "roomy"}),
    "single_keys": frozenset({"on", "off"}),
}


def set_preference(session: Session, *, key: str, value: str, by: Viewer, now: datetime) -> None:
    """Keep what the viewer chose for their own pages; only the known keys and values are taken."""
    if value not in PREFERENCES.get(key, frozenset()):
        raise Invalid("people.preference", "没有这个选项。请从页面上的选项中选择。", key=key[:40])
    person = session.get(Person, by.person_id) if by.person_id is not None else None
    if person is None:
        raise NotFound("people.not-found", "没有这位人员。请重新登录后再试。")
    if (person.preferences or {}).get(key) == value:
        return
    # A new mapping, not a changed one: the column notices only replacement.
    person.preferences = {**(person.preferences or {}), key: value}
    session.flush()
    _note(session, person, "person.preference-set", by=by, now=now, key=key, value=value)
