"""The report of a run as a paper of its case: it goes the way of every scan, as the other papers of the program do."""

from __future__ import annotations

import io

from archive_service.errors import Refused
from archive_service.jobs.nudge import nudge
from archive_service.people.roles import Right
from archive_service.people.viewer import Viewer
from archive_service.properties import queries
from archive_service.properties.actions.runs import note
from archive_service.properties.queries import RunView
from archive_service.web.visit import Visit
from ingest.receive import Said, first_with, open_batch, receive

#: The catalogue has no type of its own for it.
TYPE = "OTHER"


def may_be_filed(viewer: Viewer, run: RunView) -> bool:
    """Say whether a viewer may hand the report of a run in."""
    there = run.report_digest is not None and run.application_no is not None
    return there and viewer.may(Right.SCAN_RECEIVE, run.unit_id)


def write(visit: Visit, run_id: int) -> tuple[bool, int]:
    """Hand the report of a run in; return whether it is new, and the scan that has it.

    Raises NotFound, NotPermitted, Refused without a report or a case.
    """
    with visit.services.database.reading() as session:
        run = queries.run(session, visit.viewer, run_id)
    visit.viewer.require(Right.SCAN_RECEIVE, run.unit_id)
    if run.report_digest is None or run.application_no is None:
        raise Refused("properties.no-paper", "这次检测还没有报告，或者不属于一个案件，不能作为案件资料归档。")
    name = f"四性检测报告 {run.application_no} {run.id}"
    with visit.services.database.unit_of_work() as session:
        there = first_with(session, run.report_digest)
        if there is not None:
            return False, there.id
        batch = open_batch(
            session, visit.viewer, name=name, channel="program", unit_id=run.unit_id, now=visit.now
        ).id  # fmt: skip
    receipt = receive(
        visit.services.database,
        visit.services.store,
        stream=io.BytesIO(visit.services.store.read(run.report_digest)),
        file_name=f"{name}.pdf",
        batch_id=batch,
        viewer=visit.viewer,
        said=Said(run.account_no, run.application_no, TYPE),
        max_bytes=visit.services.settings.max_upload_bytes,
        now=visit.now,
    )
    with visit.services.database.unit_of_work() as session:
        row = queries.row_for_update(session, visit.viewer, run_id)
        facts = {"sha256": run.report_digest, "batch": batch, "scan": receipt.scan_id}
        note(session, visit.viewer, row, "properties.filed", facts, now=visit.now)
    nudge(visit.services.settings)
    return True, receipt.scan_id
