"""The newest checkpoint that this machine signed, in a file beside the keys, where no database reaches.

Whoever can only write to the database can set it back to an older state, or take all checkpoints away and let the
archive sign a history of their own: then what stands here is not in the database any more.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from sqlalchemy import String, select, type_coerce
from sqlalchemy.orm import Session

from archive_service import logs
from archive_service.audit import note
from archive_service.audit.tables import AuditCheckpoint
from archive_service.settings import Settings

log = logs.get("audit")
FILE = "audit-last.txt"


def keep(settings: Settings, said: note.Statement, signature: str) -> None:
    """Remember a checkpoint that is in the database now; where that cannot be written the one before stays."""
    path = _path(settings)
    part = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as opened:
            opened.write(note.file_of(said.text(), signature))
            opened.flush()
            os.fsync(opened.fileno())
        part.replace(path)
    except OSError:
        log.warning("checkpoint not remembered", size=said.size)
    finally:
        part.unlink(missing_ok=True)


def missing(session: Session, settings: Settings) -> int | None:
    """Return the size of the checkpoint that is remembered and not in the database as it was signed, none if it is.

    A file that says nothing any more counts for size 0.
    """
    try:
        kept, _, _ = _path(settings).read_text("utf-8").partition("\n")
    except FileNotFoundError:
        return None
    except (OSError, ValueError):
        return 0
    size = note.size_of(kept)
    there = select(type_coerce(AuditCheckpoint.note, String)).where(AuditCheckpoint.size == size)
    return size if session.scalar(there) != kept else None


def _path(settings: Settings) -> Path:
    return settings.home / "secrets" / FILE
