"""What the pipeline asks of a received file. Every question is answered in the sandbox, never in this process."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ingest.errors import FileRefused, refuse
from ingest.formats.limits import Limits
from ingest.lines import TextLine
from ingest.names import display_name
from ingest.sandbox import Allowance, shared
from ingest.signatures import SignatureSaid, from_json

__all__ = ["CHUNK", "Limits", "Member", "Probe", "RenderedPage", "probe", "render", "unpack"]

#: Most pages to ask for at once.
CHUNK = 20

_MIB = 1024 * 1024
#: Finding out what a file is needs less than showing it.
_PROBE_BYTES, _PROBE_S = 512 * _MIB, 20.0
_LOOK_S = 5.0
#: Text of a layer is the file's own word; it is not recognised, but neither is it proven.
_LAYER_CONFIDENCE = 0.99
#: What may be the doing of one page; everything else is said of the file.
_COSTS_A_PAGE = {
    "file.memory-limit", "file.time-limit", "file.crash", "file.unreadable", "file.unpack-limit", "file.pixel-limit",
}  # fmt: skip
#: A file of which so many pages in one chunk kill the child is not worth the time of the rest.
_MOST_DEATHS = 4


@dataclass(frozen=True)
class Probe:
    """What a file is."""

    #: pdf, ofd, jpeg, png, tiff or zip.
    format: str
    #: Pages; files inside, for a ZIP.
    page_count: int
    flags: tuple[str, ...]
    #: What a PDF says of itself: title, author, producer, creator, where present. Hostile text.
    metadata: Mapping[str, str] = field(default_factory=dict)
    #: Who signed an OFD, as it says. Hostile text, made harmless.
    signatures: tuple[SignatureSaid, ...] = ()


@dataclass(frozen=True)
class RenderedPage:
    """A page as a picture, and as text if the file carries sound text for it."""

    page_no: int
    #: Upright JPEG; none when the page could not be shown, then `error_code` says why.
    image: Path | None
    width_px: int
    height_px: int
    dpi: int
    #: Boxes in pixels of `image`; None sends the page to the reader.
    layer: tuple[TextLine, ...] | None
    error_code: str | None
    flags: tuple[str, ...]
    #: Resolution of the picture in the file, none when there is none or the file does not say.
    scanned_dpi: int | None = None


@dataclass(frozen=True)
class Member:
    """A file that came out of a ZIP."""

    #: Safe for showing.
    name: str
    path: Path
    flags: tuple[str, ...] = ()


def probe(path: Path, *, file_name: str, limits: Limits) -> Probe:
    """Say what the file at `path` is. Raises FileRefused when it is not for us, Unavailable for trouble on our side."""
    size = path.stat().st_size
    if size == 0:
        raise refuse("file.empty")
    if size > limits.max_upload_bytes:
        raise refuse("file.too-large", limit=limits.max_upload_bytes)
    seconds = min(_PROBE_S, limits.file_s)
    allow = _allow(limits, seconds=seconds, memory_bytes=_PROBE_BYTES)
    found = _run("probe", path, into=path.parent, allow=allow, limits=limits.as_json(), file_name=file_name)
    with _told():
        flags, signatures = tuple(map(str, found["flags"])), from_json(found["signatures"])
        result = Probe(str(found["format"]), int(found["page_count"]), flags, signatures=signatures)
    return _looked_inside(path, result, limits) if result.format == "pdf" else result


def render(path: Path, *, format: str, first: int, last: int, out_dir: Path, limits: Limits) -> list[RenderedPage]:
    """Show the pages `first` to `last`, both included, from 1, as JPEG files in `out_dir`; at most CHUNK of them.

    A page that cannot be shown costs itself only: it comes back with `error_code`. Raises FileRefused when the file
    itself cannot be opened, Unavailable for trouble on our side.
    """
    if not 1 <= first <= last < first + CHUNK:
        raise ValueError("between one and CHUNK pages at a time")
    try:
        return _rendered(path, format, first, last, out_dir, limits)
    except FileRefused as error:
        if error.code not in _COSTS_A_PAGE:
            raise
        if first == last:
            return [_failed(first, error.code)]
    return list(_page_by_page(path, format, range(first, last + 1), out_dir, limits))


def unpack(path: Path, *, out_dir: Path, limits: Limits) -> list[Member]:
    """Unpack a ZIP into `out_dir`, all or nothing, under names of ours. Raises FileRefused, Unavailable."""
    allow = _allow(
        limits, seconds=limits.file_s, file_bytes=limits.max_unpacked_bytes, work_bytes=limits.max_unpacked_bytes
    )
    found = _run("unpack", path, into=out_dir, allow=allow, limits=limits.as_json())
    with _told():
        return [
            Member(display_name(str(m["name"])), _inside(out_dir, m["file"]), tuple(map(str, m["flags"])))
            for m in found
        ]


def _looked_inside(path: Path, result: Probe, limits: Limits) -> Probe:
    """Add what pypdf finds. It is the slowest of the libraries on odd files, so it has little time and no veto."""
    allow = _allow(limits, seconds=_LOOK_S, memory_bytes=_PROBE_BYTES)
    try:
        found = _run("look_inside", path, into=path.parent, allow=allow)
        with _told():
            flags = tuple(map(str, found["flags"]))
            metadata = {str(k): str(v) for k, v in found["metadata"].items()}
    except FileRefused:
        return replace(result, flags=(*result.flags, "structure-unread"))
    return replace(result, flags=(*result.flags, *flags), metadata=metadata)


def _page_by_page(path: Path, format: str, numbers: range, out_dir: Path, limits: Limits) -> Iterator[RenderedPage]:
    deaths = 0
    for number in numbers:
        try:
            yield from _rendered(path, format, number, number, out_dir, limits)
        except FileRefused as error:
            deaths += 1
            if error.code not in _COSTS_A_PAGE or deaths >= _MOST_DEATHS:
                raise
            yield _failed(number, error.code)


def _rendered(path: Path, format: str, first: int, last: int, out_dir: Path, limits: Limits) -> list[RenderedPage]:
    count = last - first + 1
    seconds = min(limits.file_s, limits.page_s * count)
    found = _run(
        "render", path, into=out_dir, allow=_allow(limits, seconds=seconds),
        limits=limits.as_json(), format=format, first=first, last=last,
    )  # fmt: skip
    with _told():
        pages = [_page(row, out_dir) for row in found]
        if [page.page_no for page in pages] != list(range(first, last + 1)):
            raise ValueError
    return pages


def _page(row: Mapping[str, Any], out_dir: Path) -> RenderedPage:
    rows = row["layer"]
    return RenderedPage(
        page_no=int(row["page_no"]),
        image=_inside(out_dir, row["file"]) if row["file"] else None,
        width_px=int(row["width_px"]),
        height_px=int(row["height_px"]),
        dpi=int(row["dpi"]),
        layer=None if rows is None else tuple(_line(line) for line in rows),
        error_code=refuse(row["error_code"]).code if row["error_code"] else None,
        flags=tuple(map(str, row["flags"])),
        scanned_dpi=int(row["scanned_dpi"]) if row["scanned_dpi"] else None,
    )


def _line(row: Mapping[str, Any]) -> TextLine:
    x0, y0, x1, y1 = (int(side) for side in row["box"])
    return TextLine(str(row["text"]), (x0, y0, x1, y1), _LAYER_CONFIDENCE)


def _failed(page_no: int, code: str) -> RenderedPage:
    return RenderedPage(page_no, None, 0, 0, 0, None, code, ())


def _inside(folder: Path, name: Any) -> Path:
    """Return the file `name` of `folder`; a name that leads elsewhere is none that a step gives."""
    path = folder / Path(str(name)).name
    if path.name != name or not path.is_file():
        raise ValueError
    return path


def _allow(limits: Limits, *, seconds: float, memory_bytes: int | None = None, **more: int) -> Allowance:
    memory = min(limits.memory_bytes, memory_bytes or limits.memory_bytes)
    return Allowance(memory_bytes=memory, wall_s=seconds, cpu_s=math.ceil(seconds), **more)


def _run(step: str, path: Path, *, into: Path, allow: Allowance, **arguments: Any) -> Any:
    return shared().run(step, path, into=into, allow=allow, **arguments)


@contextmanager
def _told() -> Iterator[None]:
    """Take an answer that is not what a step says as the work of the file: something else has answered."""
    try:
        yield
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise refuse("file.crash") from error
