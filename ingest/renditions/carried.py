"""Searchable copies that go out with a package, and come in with one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive_service.exchange.content import KeptRendition
from ingest.renditions import source
from ingest.renditions.about import BUILDER
from ingest.renditions.tables import PDF_A, Rendition


def renditions_of(session: Session, item_ids: Sequence[int]) -> dict[int, KeptRendition]:
    """Return the searchable copies that items have, by the ids of the items."""
    wanted = select(Rendition).where(
        Rendition.item_id.in_(item_ids), Rendition.kind == PDF_A, Rendition.digest.is_not(None)
    )
    return {
        one.item_id: KeptRendition(one.digest, one.fingerprint, one.builder)
        for one in session.scalars(wanted)
        if one.digest is not None
    }


def keep(session: Session, item_id: int, kept: KeptRendition, *, now: datetime) -> None:
    """Keep a copy that came along if it is of what the item is here; another one is made by the sweep."""
    found = source.load(session, item_id)
    if found is None or found.fingerprint != kept.fingerprint or kept.builder != BUILDER:
        return
    session.add(
        Rendition(
            item_id=item_id,
            kind=PDF_A,
            digest=kept.digest,
            fingerprint=kept.fingerprint,
            builder=kept.builder,
            made_at=now,
        )
    )
