"""Released editions in the folder from which every process judges: the rows are the truth, the files follow them."""

from __future__ import annotations

import os
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive_service.catalogue import load
from archive_service.editions.tables import CatalogueDraft


def bring_up(session: Session, folder: Path | None = None) -> int:
    """Write the file of each released edition that the folder lacks or has otherwise; return how many.

    `folder` is by default the one that this process uses. A file is put in place whole; writing it again changes
    nothing, so whoever died half way is no harm.
    """
    at = folder or load.own_folder()
    if at is None:
        return 0
    written = 0
    released = select(CatalogueDraft.code, CatalogueDraft.text).where(CatalogueDraft.state == "released")
    for code, text in session.execute(released.order_by(CatalogueDraft.id)):
        written += _put(at / f"{code}.yaml", text)
    return written


def _put(path: Path, text: str) -> bool:
    if path.is_file() and path.read_text(encoding="utf-8", errors="replace") == text:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    # The ending keeps it from being read before it is whole.
    half = path.with_suffix(f".{os.getpid()}.new")
    half.write_text(text, encoding="utf-8")
    half.replace(path)
    return True
