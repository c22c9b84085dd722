"""The steps that the sandbox child knows. Each takes the file, a folder to write to and arguments, and returns JSON."""

from __future__ import annotations

import signal
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ingest.errors import FileRefused, refuse
from ingest.formats import fonts, kinds, packages, pages, pdf, pictures, structure, workbook, zips
from ingest.formats.limits import Limits
from ingest.formats.ofd import pages as ofd
from ingest.sandbox.child import Step

fonts.register()


def probe(path: Path, work: Path, arguments: Mapping[str, Any]) -> Any:
    """Say what the file is, how many pages it has, what is odd about it and who signed it."""
    limits = Limits(**arguments["limits"])
    kind = kinds.identify(path)
    signatures: list[dict[str, Any]] = []
    if kind == "zip" and arguments["file_name"].lower().endswith(".ofd"):
        # Taken for a ZIP of scans it would be refused file by file, and nobody would know why.
        raise refuse("file.damaged/ofd")
    if kind == "zip":
        count, flags = zips.check(path, limits)
    elif kind == "pdf":
        count, flags = pdf.check(path, work, limits)
        if kinds.ends_as_zip(path):
            flags.append("two-formats")
    elif kind == "ofd":
        count, flags, signatures = ofd.check(path, limits)
    else:
        count, flags = pictures.check(path, kind, limits)
    if kinds.extension_differs(kind, arguments["file_name"]):
        flags.append("extension-differs")
    return {"format": kind, "page_count": count, "flags": flags, "signatures": signatures}


def render(path: Path, work: Path, arguments: Mapping[str, Any]) -> Any:
    """Make page images of the pages `first` to `last`, both included, and read what text they carry."""
    limits = Limits(**arguments["limits"])
    kind, numbers = arguments["format"], range(arguments["first"], arguments["last"] + 1)
    if kind == "ofd":
        with ofd.opened(path, limits) as book:
            return [_ofd_page(book, number, work, limits) for number in numbers]
    if kind != "pdf":
        return [_picture(path, kind, number, work, limits) for number in numbers]
    with pdf.opened(path, work) as (document, _):
        return [_pdf_page(document, number, work, limits) for number in numbers]


def unpack(path: Path, work: Path, arguments: Mapping[str, Any]) -> Any:
    """Unpack a ZIP."""
    return zips.unpack(path, work, Limits(**arguments["limits"]))


def unpack_package(path: Path, work: Path, arguments: Mapping[str, Any]) -> Any:
    """Unpack a package of another archive, under the names of its files."""
    return packages.unpack(path, work, Limits(**arguments["limits"]), most_files=arguments["files"])


def check_bag(path: Path, work: Path, arguments: Mapping[str, Any]) -> Any:
    """Check a bag that lies in a folder."""
    return packages.check_bag(path, files=arguments["files"], size_bytes=arguments["size_bytes"])


def check_eep(path: Path, work: Path, arguments: Mapping[str, Any]) -> Any:
    """Read an EEP package that lies in a folder."""
    return packages.check_eep(path, work, files=arguments["files"], size_bytes=arguments["size_bytes"])


def look_inside(path: Path, work: Path, arguments: Mapping[str, Any]) -> Any:
    """Say what a PDF holds besides its pages."""
    return structure.read(path)


def tabulate(path: Path, work: Path, arguments: Mapping[str, Any]) -> Any:
    """Write the first sheet of a workbook as CSV."""
    limits = Limits(**arguments["limits"])
    return workbook.to_csv(path, work / "rows.csv", limits, most_rows=arguments["most_rows"])


def _pdf_page(document: Any, number: int, work: Path, limits: Limits) -> dict[str, Any]:
    _start_clock(limits)
    return pdf.render(document, number, work, limits)


def _ofd_page(book: ofd.Book, number: int, work: Path, limits: Limits) -> dict[str, Any]:
    _start_clock(limits)
    return ofd.render(book, number, work, limits)


def _picture(path: Path, kind: str, number: int, work: Path, limits: Limits) -> dict[str, Any]:
    _start_clock(limits)
    try:
        return pictures.render(path, kind, number, work, limits)
    except FileRefused as error:
        # One bad page of a TIFF costs one page.
        return pages.record(number, error_code=error.code)


def _start_clock(limits: Limits) -> None:
    """Give this page its own time. No handler: a library deep in its own code would not let one run."""
    signal.setitimer(signal.ITIMER_REAL, limits.page_s)


STEPS: Mapping[str, Step] = {
    "probe": probe,
    "render": render,
    "unpack": unpack,
    "unpack_package": unpack_package,
    "check_bag": check_bag,
    "check_eep": check_eep,
    "look_inside": look_inside,
    "tabulate": tabulate,
}
