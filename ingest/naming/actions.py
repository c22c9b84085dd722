"""Put a trained model in use, or take it back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive_service.audit.record import record
from archive_service.errors import Refused
from archive_service.people.roles import Right
from archive_service.people.viewer import Viewer
from archive_service.storage.record import record_object
from archive_service.storage.store import Stored
from ingest.naming.tables import IN_USE, REPLACED, TAKEN_BACK, NamingModel
from ingest.naming.training import Trained

MEDIA_TYPE = "application/octet-stream"


def install(session: Session, viewer: Viewer, trained: Trained, stored: Stored, *, now: datetime) -> NamingModel:
    """Put the model, whose file is in the store already, in use; the one before is kept for taking this back."""
    viewer.require(Right.SYSTEM_HEALTH)
    record_object(session, stored, role="model", media_type=MEDIA_TYPE, now=now)
    before = _in_use(session)
    if before is not None:
        before.state = REPLACED
    row = NamingModel(
        digest=stored.digest,
        state=IN_USE,
        before_id=before.id if before else None,
        trained_at=now,
        trained_by=viewer.person_id,
        generated=trained.generated,
        confirmed=trained.confirmed,
        held_back=trained.after.papers,
        accuracy=trained.after.accuracy,
    )
    session.add(row)
    session.flush()
    _audit(session, viewer, "model.installed", stored.digest, facts_of(trained), now=now)
    return row


def decline(session: Session, viewer: Viewer, trained: Trained, *, now: datetime) -> None:
    """Write down that a model was trained and not put in use, because it names fewer papers right."""
    viewer.require(Right.SYSTEM_HEALTH)
    _audit(session, viewer, "model.declined", trained.model.digest, facts_of(trained), now=now)


def roll_back(session: Session, viewer: Viewer, *, now: datetime) -> NamingModel | None:
    """Take the model in use back and return the one before it, which is in use again; None is that of the package.

    Raises Refused when the one of the package is in use.
    """
    viewer.require(Right.SYSTEM_HEALTH)
    row = _in_use(session)
    if row is None:
        raise Refused("naming.nothing-before", "正在使用的是随程序提供的模型，没有更早的模型可换回。")
    row.state = TAKEN_BACK
    before = session.get(NamingModel, row.before_id) if row.before_id else None
    if before is not None:
        before.state = IN_USE
    facts = {"before": before.digest if before else None}
    _audit(session, viewer, "model.rolled-back", row.digest, facts, now=now)
    return before


def facts_of(trained: Trained) -> dict[str, object]:
    """Return what the audit trail keeps of a training."""
    return {
        "generated": trained.generated,
        "confirmed": trained.confirmed,
        "held_back": trained.after.papers,
        "right": trained.after.right,
        "right_before": trained.before.right,
    }


def _in_use(session: Session) -> NamingModel | None:
    return session.scalar(select(NamingModel).where(NamingModel.state == IN_USE).with_for_update())


def _audit(
    session: Session, viewer: Viewer, did: str, digest: str, facts: Mapping[str, object], *, now: datetime
) -> None:
    record(
        session,
        by=viewer.actor,
        did=did,
        object_kind="model",
        object_id=digest[:12],
        unit_id=None,
        facts={"digest": digest, **facts},
        now=now,
    )
