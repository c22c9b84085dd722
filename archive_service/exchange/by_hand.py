"""Packages that a command writes into a folder: on record before the first byte leaves, and once more at the end."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from pathlib import Path

from sqlalchemy.orm import Session

from archive_service.exchange import actions, queries
from archive_service.exchange import content as contents
from archive_service.exchange.pack import manifest_digest
from archive_service.exchange.tables import Package
from archive_service.exchange.work import MANIFESTS
from archive_service.households.tables import HouseholdFile
from archive_service.people import queries as people
from archive_service.people.viewer import Viewer


def begin(
    session: Session,
    viewer: Viewer,
    account_no: str,
    *,
    format: str,
    items: Collection[int] | None,
    now: datetime,
) -> Package:
    """Put on record that a package is being written. Raises NotFound, NotPermitted, Invalid."""
    return actions.new_package(session, viewer, account_no, format=format, items=items, now=now)


def finish(session: Session, viewer: Viewer, package_id: int, *, folder: Path, files: int, now: datetime) -> Package:
    """Put on record that the package in `folder` is whole."""
    made = queries.row(session, viewer, package_id)
    contents.require(viewer, made.unit_id)
    manifest = manifest_digest(lambda name: (folder / name).read_bytes(), MANIFESTS[made.format])
    made.state, made.finished_at, made.file_count, made.manifest_sha256 = "ready", now, files, manifest
    made.size_bytes = sum(one.stat().st_size for one in folder.rglob("*") if one.is_file())
    head = session.get_one(HouseholdFile, made.household_id)
    facts = {"files": files, "manifest_sha256": manifest, "by": "command"}
    actions.note(session, viewer, made, head, did="package.made", facts=facts, now=now)
    return made


def stop(session: Session, package_id: int, *, now: datetime) -> None:
    """Put on record, as the archive itself, that a command ended before its package was whole.

    Packages that are whole, and those that a job makes, are left alone.
    """
    made = session.get(Package, package_id, with_for_update=True)
    if made is None or made.state != "making" or queries.has_job(session, package_id):
        return
    made.state, made.finished_at = "stopped", now
    head = session.get_one(HouseholdFile, made.household_id)
    actions.note(session, people.system_viewer(session), made, head, did="package.stopped", facts={}, now=now)
