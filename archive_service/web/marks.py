"""Signatures and seals as pages show them: the name, what was seen, the picture, and what a person says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fastapi.responses import Response

from archive_service.completeness.marks import MarkVerdict, Sight
from archive_service.errors import NotFound
from archive_service.storage.store import ObjectStore
from archive_service.web import pictures
from archive_service.web.forms import Form
from archive_service.web.i18n import N_
from archive_service.web.labels import Labels
from archive_service.web.visit import Visit
from archive_service.web.words.states import State
from ingest.lines import Box
from ingest.marks import picture

#: What was seen, on a page.
SIGHT = {
    Sight.SEEN: State("check", "ok", N_("已看到")),
    Sight.NOT_SEEN: State("x", "bad", N_("未看到")),
    Sight.DOUBTFUL: State("alert-triangle", "warn", N_("存疑")),
}
#: What a person may say, in the order of the buttons.
WORDS = ((Sight.SEEN, N_("有")), (Sight.NOT_SEEN, N_("没有")), (Sight.DOUBTFUL, N_("看不清")))
_PREFIX = "mark."


@dataclass(frozen=True)
class MarkRow:
    """A mark as a row of a page: its number among the marks of the document, from 1, and what holds of it."""

    number: int
    key: str
    name: str
    state: State
    why: str
    #: Page of the scan or item on which it was looked for, none where it has no place.
    page_no: int | None
    #: What a person said: a value of `Sight`, empty where nobody did; and who.
    said: str
    said_by: str
    said_at: str


def rows(visit: Visit, marks: Sequence[MarkVerdict], pages: Sequence[int], typed: Form | None = None) -> list[MarkRow]:
    """Return the marks of a document whose pages have these numbers, with what was `typed` of them."""
    given = typed.group(_PREFIX) if typed else {}
    return [_row(visit, number, mark, pages, given.get(mark.key)) for number, mark in enumerate(marks, start=1)]


def said(form: Form) -> dict[str, str]:
    """Return what a form says of marks, by key; what was left open is left out."""
    return {key: word for key, word in form.group(_PREFIX).items() if word}


def cut_out(store: ObjectStore, digest: str | None, box: Box, masked: pictures.Masking | None = None) -> Response:
    """Answer with the part of a page image around a mark, with `masked` what is personal in it blacked out.

    Raises NotFound where there is no image, NotPermitted when nobody can tell what is personal in it.
    """
    if digest is None:
        raise no_picture()
    data = picture.crop(pictures.shown(store, digest, masked), box)
    return Response(data, media_type="image/jpeg", headers={"Content-Disposition": "inline"})


def numbered(marks: Sequence[MarkVerdict], number: int) -> tuple[int, Box]:
    """Return page (from 1) and box of the mark with a number; raises NotFound where it has no place."""
    mark = marks[number - 1] if 0 < number <= len(marks) else None
    if mark is None or mark.page is None or mark.box is None:
        raise no_picture()
    return mark.page, mark.box


def no_picture() -> NotFound:
    """Return the refusal for a mark without a place on a page."""
    return NotFound("mark.no-picture", "这个签字或盖章没有可显示的位置。请对照整页影像核对。")


def _row(visit: Visit, number: int, mark: MarkVerdict, pages: Sequence[int], given: str | None) -> MarkRow:
    word = mark.said
    return MarkRow(
        number=number,
        key=mark.key,
        name=_name(visit, mark),
        state=SIGHT[mark.standing],
        why=mark.why,
        page_no=pages[mark.page - 1] if mark.page and mark.box and mark.page <= len(pages) else None,
        said=given if given is not None else str(word.sight) if word else "",
        said_by=word.name if word else "",
        said_at=word.at if word else "",
    )


def _name(visit: Visit, mark: MarkVerdict) -> str:
    party = Labels(visit.language).party(mark.party, mark.party_zh)
    return visit.say(N_("%(party)s签字") if mark.kind == "signature" else N_("%(party)s盖章"), party=party)
