"""A page of a received file ready to be drawn."""

from __future__ import annotations

from collections.abc import Sequence

from archive_service.web import pictures, sheet
from archive_service.web.i18n import N_
from archive_service.web.visit import Visit
from ingest.queries import ScanPageView


def scan_sheet(visit: Visit, scan_id: int, page: ScanPageView, marks: Sequence[sheet.Mark] = ()) -> sheet.Sheet:
    """Return a page of a scan ready to be drawn, with the boxes given."""
    lines = sheet.lines_of(visit.services.store, page.lines_digest)
    missing = "" if page.image_digest else _why_missing(page)
    return sheet.Sheet(
        image=image_address(scan_id, page),
        label=visit.say(N_("第 %(n)s 页"), n=page.page_no),
        width=page.width_px or 1240,
        height=page.height_px or 1754,
        words=sheet.place(lines, masked=page.masked),
        marks=marks,
        missing=missing,
        text=page.text or "",
    )


def masking(page: ScanPageView) -> pictures.Masking | None:
    """Return what is needed to black out what is personal in the picture of a page; none where all may be seen."""
    return pictures.Masking(page.lines_digest, page.width_px, page.height_px) if page.masked else None


def image_address(scan_id: int, page: ScanPageView) -> str:
    """Return the address of the image of a page, which changes with the image."""
    return f"/scans/{scan_id}/pages/{page.page_no}/image?v={pictures.version_of(page.image_digest)}"


def thumbnail_address(scan_id: int, page: ScanPageView) -> str:
    """Return the address of the small image of a page, which changes with the image."""
    return f"/scans/{scan_id}/pages/{page.page_no}/thumbnail?v={pictures.version_of(page.thumbnail_digest)}"


def _why_missing(page: ScanPageView) -> str:
    if page.error_code:
        return N_("这一页读取失败，其余各页不受影响。原件已保留；重扫这一页即可。")
    return N_("这一页正在生成，完成的页可以先看。")
