"""What the sheets in a scan may say, by the rights of whoever handed the scan in.

Anybody can print a code. So a sheet never opens more than its bearer could have typed when handing the file in: a case
outside the units in which that person hands papers in is not believed, and a person is asked.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy.orm import Session

from archive_service.households import queries as households
from archive_service.people.queries import units_below, viewer_for
from ingest import reach
from ingest.recognise.values import Sheet
from ingest.sheets import codes
from ingest.sheets.codes import SheetCode
from ingest.tables import Scan, ScanPage


def sheets(session: Session, scan: Scan, pages: Sequence[ScanPage], *, known_types: Collection[str]) -> list[Sheet]:
    """Return the sheets among `pages` in their order; what one may not say is left out and a doubt tells why."""
    found = [(page.page_no, said) for page in pages if (said := codes.of_flags(page.flags))]
    if not found:
        return []
    units = _units(session, scan)
    return [_sheet(session, page_no, said, units, known_types) for page_no, said in sorted(found)]


def is_sheet(page: ScanPage) -> bool:
    """Say whether the page is a sheet and so no part of any document."""
    return bool(codes.of_flags(page.flags))


def _units(session: Session, scan: Scan) -> frozenset[int]:
    """Return the units whose cases a sheet of this scan may name."""
    below = units_below(session, scan.unit_id)
    if scan.received_by is None:
        return below
    # As the rights were when the scan was handed in: a deputy's may have ended before it is read.
    person = viewer_for(session, scan.received_by, now=scan.received_at)
    return below & reach.handing_in(person) if person else frozenset()


def _sheet(
    session: Session, page_no: int, said: Sequence[SheetCode], units: Collection[int], known_types: Collection[str]
) -> Sheet:
    if len(said) > 1:
        return Sheet(page_no, doubt=f"第 {page_no} 页上有 {len(said)} 个不同的分隔页二维码，请人工指定归属")
    code, name = said[0], "封面页" if said[0].cover else "分隔页"
    kind = code.document_type if code.document_type in known_types else None
    number = code.application_no or None
    if number and number not in {one.application_no for one in households.known_by_application(session, units, number)}:
        doubt = f"第 {page_no} 页的{name}指明申请编号 {number}，该业务未登记或不在交件人的管辖范围内，请人工指定归属"
        return Sheet(page_no, None, kind, code.cover, doubt)
    return Sheet(page_no, number, kind, code.cover)
