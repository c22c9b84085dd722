"""What the desks of all kinds of editions share: the page on which a text is written, who may do what with a draft."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from fastapi.responses import Response

from archive_service.errors import ArchiveError
from archive_service.people.roles import Right
from archive_service.web.visit import Visit


def write_page(visit: Visit, template: str, *, draft: object, text: str, error: ArchiveError | None = None) -> Response:
    """Return the page with the text of a draft, what was typed last, and everything that is wrong in it by line."""
    return visit.page(template, refusal=error, draft=draft, text=text, findings=findings(error))


def findings(error: ArchiveError | None) -> list[Mapping[str, Any]]:
    """Return what is wrong in a text that was refused, by line."""
    found: list[Mapping[str, Any]] = error.facts.get("findings", []) if error else []
    return found


def rights(visit: Visit, unit_id: int, writers: Collection[int | None]) -> dict[str, Any]:
    """Return what the viewer may do with a draft of a unit; `own`: they are among its writers and do not release it."""
    return {
        "own": visit.viewer.person_id in writers,
        "may_change": visit.viewer.may(Right.CATALOGUE_CHANGE, unit_id),
        "may_release": visit.viewer.may(Right.CATALOGUE_RELEASE, unit_id),
    }
