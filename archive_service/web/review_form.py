"""What the review desk shows beside a page: likely types, where the document belongs, its fields and their doubts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from archive_service import ids
from archive_service.errors import NotFound
from archive_service.households import queries as households
from archive_service.households.views import HouseholdView
from archive_service.web import labels, pictures, scan_sheet, sheet
from archive_service.web.forms import Form
from archive_service.web.i18n import N_
from archive_service.web.visit import Visit, whole_number
from ingest.lines import Box
from ingest.queries import DocumentView, ScanPageView, ScanView

_PILLS = 3
#: Reasons offered when a page is dropped.
DROP_REASONS = (N_("空白页"), N_("广告或无关页"), N_("重复扫描"), N_("分隔页"))


@dataclass(frozen=True)
class FieldRow:
    """A field of the form: what was read or typed, and whether to look twice."""

    name: str
    label: str
    value: str
    unit: str
    doubtful: bool
    why: str
    #: What the business system has instead, offered for one key.
    suggestion: str
    #: Page of the scan on which it stands.
    page_no: int | None
    #: Address of the piece of that page; empty where its place is not known.
    crop: str = ""


@dataclass(frozen=True)
class Place:
    """Where a field stands: the page of the scan, and the box on its upright image in pixels."""

    page_no: int
    box: Box


@dataclass(frozen=True)
class Belonging:
    """Where the document is to go: the account as typed, its file if there is one, the case chosen in it."""

    account_no: str
    household: HouseholdView | None
    application_no: str

    def registered(self) -> dict[str, str]:
        """Return what the business system says of the fields that papers repeat."""
        if self.household is None:
            return {}
        known = {"account_no": self.household.account_no, "account_name": self.household.account_name}
        numbers = [case.application_no for case in self.household.cases]
        if self.application_no in numbers:
            known["application_no"] = self.application_no
        elif len(numbers) == 1:
            known["application_no"] = numbers[0]
        return known


def belonging(visit: Visit, account: str, application: str | None) -> Belonging:
    """Return where a document with this account and application goes; no household when none may be known."""
    number = account.strip().split(" ")[0][:40]
    household = None
    if number:
        try:
            with visit.services.database.reading() as session:
                household = households.household(session, visit.viewer, number)
        except NotFound:
            household = None
    return Belonging(number, household, application or "")


def proposed_belonging(visit: Visit, document: DocumentView, typed: Form | None) -> Belonging:
    """Return where the form says the document goes: as typed, as proposed, or by the account number read."""
    if typed:
        return belonging(visit, typed.text("account_no", limit=200), typed.text("application_no"))
    read = str(document.fields.get("account_no", {}).get("value") or "")
    return belonging(visit, document.account_no or read, document.application_no)


def page_shown(visit: Visit, document: DocumentView) -> int:
    """Return the page of the scan asked for, if the document has it, else its first."""
    asked = whole_number(visit.request.query_params.get("page"))
    if asked is not None and asked in document.pages:
        return asked
    return document.pages[0] if document.pages else 1


def pills(document: DocumentView) -> list[tuple[str, float]]:
    """Return the likeliest types with their confidence, the proposal first."""
    ranked = [(document.document_type, document.confidence), *document.candidates]
    best: dict[str, float] = {}
    for code, confidence in ranked:
        best.setdefault(code, confidence)
    return list(best.items())[: _PILLS - 1]


def place_of(document: DocumentView, name: str) -> Place | None:
    """Return where a field of a document stands, none when that is not known."""
    read = document.fields.get(name, {})
    page, box = read.get("page"), read.get("box")
    if not page or not box or page > len(document.pages):
        return None
    x0, y0, x1, y1 = (int(value) for value in box)
    return Place(document.pages[page - 1], (x0, y0, x1, y1))


def crop_version(page: ScanPageView, place: Place) -> str:
    """Return what tells one piece of a page from another: the image and the box."""
    return pictures.version_of(page.image_digest, place.box)


def rows(
    visit: Visit, document: DocumentView, scan: ScanView, belongs: Belonging, typed: Form | None
) -> list[FieldRow]:
    """Return the fields of the form: what was read, then what the type asks for and was not found."""
    given = typed.group("field.") if typed else {}
    asked = labels.document_types().get(document.document_type)
    names = dict.fromkeys([*document.fields, *(asked.key_fields if asked else ())])
    known = belongs.registered()
    pages = {page.page_no: page for page in scan.pages}
    return [_row(visit, document, name, pages, given.get(name), known.get(name, "")) for name in names]


def _row(
    visit: Visit,
    document: DocumentView,
    name: str,
    pages: Mapping[int, ScanPageView],
    given: str | None,
    known: str,
) -> FieldRow:
    read: Mapping[str, Any] = document.fields.get(name, {})
    value = str(read.get("value") or "") if given is None else given
    other = known if known and value and ids.compact(value) != ids.compact(known) else ""
    why = _differs(visit, other) if other else _why(visit, read) if read else ""
    page = read.get("page")
    return FieldRow(
        name=name,
        label=labels.Labels(visit.language).field(name),
        value=value,
        unit=str(read.get("unit") or ""),
        doubtful=bool(why),
        why=why,
        suggestion=other,
        page_no=document.pages[page - 1] if page and page <= len(document.pages) else None,
        crop=_crop(document, name, pages),
    )


def _crop(document: DocumentView, name: str, pages: Mapping[int, ScanPageView]) -> str:
    place = place_of(document, name)
    page = pages.get(place.page_no) if place else None
    if place is None or page is None or page.image_digest is None:
        return ""
    return f"/review/{document.id}/fields/{name}/crop?v={crop_version(page, place)}"


def _differs(visit: Visit, known: str) -> str:
    return visit.say(N_("业务系统登记为 %(value)s"), value=known)


def _why(visit: Visit, read: Mapping[str, Any]) -> str:
    if read.get("checked") is False:
        return visit.say(N_("校验位不符，请对照影像核对。"))
    if float(read.get("confidence") or 0) < visit.services.settings.file_type_threshold:
        return visit.say(N_("识别把握不足，请对照影像核对。"))
    return ""


def drawn(
    visit: Visit, document: DocumentView, scan: ScanView, page_no: int, fields: Sequence[FieldRow]
) -> sheet.Sheet | None:
    """Return the page with a box around every field that stands on it, the doubtful ones marked."""
    page = next((page for page in scan.pages if page.page_no == page_no), None)
    if page is None or page_no not in document.pages:
        return None
    doubtful = {row.name for row in fields if row.doubtful}
    here = {row.name: row.label for row in fields if row.page_no == page_no}
    marks = [
        sheet.Mark(name, here[name], tuple(read["box"]), name in doubtful)
        for name, read in document.fields.items()
        if read.get("box") and name in here
    ]
    return scan_sheet.scan_sheet(visit, scan.row.id, page, marks)
