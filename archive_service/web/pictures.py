"""Bytes out of the store for a browser: page images shown here, originals only handed over."""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from fastapi.responses import FileResponse, Response
from starlette.background import BackgroundTask

from archive_service.errors import Damaged, NotFound, NotPermitted
from archive_service.storage.store import ObjectStore
from archive_service.web.guard import SANDBOX
from archive_service.web.i18n import N_
from ingest.lines import Box, from_json
from ingest.redaction import rules as redaction
from ingest.redaction.picture import blacked_out
from ingest.redaction.watermark import Mark, watermarked

_KINDS = ((b"\xff\xd8\xff", "image/jpeg"), (b"\x89PNG\r\n\x1a\n", "image/png"), (b"RIFF", "image/webp"))
_LOCK = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 80 100" fill="none" stroke="#5f6c68" stroke-width="2">'
    '<rect width="80" height="100" fill="#edf1f0" stroke="none"/><rect x="30" y="47" width="20" height="15" rx="2"/>'
    '<path d="M34 47v-5a6 6 0 0 1 12 0v5"/></svg>'
)
#: Seconds for which a browser may show a picture again.
_KEPT_S = 600
_CONTROL = re.compile(r"[\x00-\x1f\x7f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True)
class Masking:
    """What has to be known of a page to black out what is personal in its picture."""

    lines_digest: str | None
    width_px: int
    height_px: int
    #: Places of personal values that are known otherwise, as pixels of the page.
    boxes: Sequence[Box] = ()


def image(
    store: ObjectStore, digest: str | None, masked: Masking | None = None, *, version: str | None = None
) -> Response:
    """Answer with a page image made by this program, checked against its digest on the way.

    With `masked`, with what is personal in it blacked out; what is shown so is never kept, for it hangs on what was
    read and on who looks. `version` is what the address names; where it is that of the image, the browser may keep
    what it was shown. Raises NotFound while it is still being made, Damaged when it is not what was stored,
    NotPermitted when nobody can tell what is personal in it.
    """
    if digest is None:
        raise no_image()
    data = shown(store, digest, masked)
    kept = masked is None and version == version_of(digest)
    for magic, kind in _KINDS:
        if data.startswith(magic):
            answer = Response(data, media_type=kind, headers={"Content-Disposition": "inline"})
            return keep_for_a_while(answer) if kept else answer
    raise Damaged("page.not-an-image", "这一页的图像内容不符，已停止显示。请把本页编号告诉管理员。", digest=digest)


def borrowed(store: ObjectStore, digest: str | None, mark: Mark, masked: Masking | None) -> Response:
    """Answer with a borrowed page, the reader drawn into it; neither the program nor the browser keeps it.

    The caller has put the reading on record. Raises like `image`.
    """
    if digest is None:
        raise no_image()
    data = watermarked(shown(store, digest, masked), mark)
    headers = {"Content-Disposition": "inline", "Cache-Control": "no-store"}
    return Response(data, media_type="image/jpeg", headers=headers)


def no_image() -> NotFound:
    """Return the refusal for a page without a picture."""
    return NotFound("page.no-image", "这一页的图像还没有生成或无法生成。原件已保留；请稍后再看，或重扫这一页。")


def version_of(*parts: object) -> str:
    """Return what an address says of the picture behind it: another picture has another address."""
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]


def keep_for_a_while(answer: Response) -> Response:
    """Let this browser show a picture again without asking, for this sign-in alone and no longer than it is worked on.

    So the next page is on the screen at once; it may only be said of a picture whose address changes with it.
    """
    answer.headers["Cache-Control"] = f"private, max-age={_KEPT_S}"
    answer.headers["Vary"] = "Cookie"
    return answer


def shown(store: ObjectStore, digest: str, masked: Masking | None) -> bytes:
    """Return the bytes of a page image as they may be shown, with `masked` blacked out; raises like `image`."""
    data = store.read(digest)
    return data if masked is None else _masked(store, data, masked)


def _masked(store: ObjectStore, data: bytes, page: Masking) -> bytes:
    try:
        lines = from_json(store.read(page.lines_digest)) if page.lines_digest else None
    except (Damaged, NotFound):
        lines = None
    if lines is None:
        raise NotPermitted("item.withheld", WITHHELD)
    found = redaction.boxes(lines, page.boxes)
    return blacked_out(data, found, width_px=page.width_px, height_px=page.height_px)


WITHHELD = N_("需借阅审批：这份资料含个人信息，您没有查看影像的权限。请向本单位档案员申请借阅。")


def lock() -> Response:
    """Answer with a lock: there is a page here that this person may not see."""
    return Response(_LOCK, media_type="image/svg+xml", headers={"Content-Disposition": "inline"})


def original(store: ObjectStore, digest: str, name: str) -> Response:
    """Answer with an original as a file to keep, never to be shown: what it holds came from outside."""
    return _file(store, digest, name, media_type="application/octet-stream")


def rendition(store: ObjectStore, digest: str, name: str) -> Response:
    """Answer with a searchable PDF as a file to keep; it holds pictures that came from outside."""
    return _file(store, digest, name, media_type="application/pdf")


def package(store: ObjectStore, digest: str, name: str) -> Response:
    """Answer with a package as a file to keep."""
    return _file(store, digest, name, media_type="application/zip")


def data(store: ObjectStore, digest: str, name: str) -> Response:
    """Answer with a report as data, as a file to keep."""
    return _file(store, digest, name, media_type="application/json")


def _file(store: ObjectStore, digest: str, name: str, *, media_type: str) -> Response:
    handle, path = tempfile.mkstemp(prefix="download-")
    os.close(handle)
    try:
        store.fetch(digest, Path(path))
    except BaseException:
        Path(path).unlink(missing_ok=True)
        raise
    headers = {"Content-Disposition": attachment(name), "Content-Security-Policy": SANDBOX}
    leave = BackgroundTask(lambda: Path(path).unlink(missing_ok=True))
    return FileResponse(path, media_type=media_type, headers=headers, background=leave)


def attachment(name: str) -> str:
    """Return the header that names a download after RFC 6266: plain letters for old programs, all of it for new."""
    clean = (
        _CONTROL.sub("", unicodedata.normalize("NFC", name)).replace("/", "_").replace("\\", "_").strip(". ") or "file"
    )
    plain = re.sub(r"[^A-Za-z0-9._-]+", "_", clean).strip("_") or "file"
    return f"attachment; filename=\"{plain[:100]}\"; filename*=UTF-8''{quote(clean[:200], safe='')}"
