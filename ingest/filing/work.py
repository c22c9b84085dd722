"""What the doors do to file a batch: read its objects back outside any transaction, act in one, write the report.

Stopped before the report, the run is on record without one, and the upkeep writes it.
"""

from __future__ import annotations

from archive_service.people.viewer import Viewer
from archive_service.properties.work import Desk, write_report
from ingest.filing import actions, gather


def file_batch(desk: Desk, viewer: Viewer, batch_id: int) -> int:
    """File a batch through the check and return the run.

    Raises NotFound, NotPermitted, and Refused for a batch that cannot be filed yet, or, with everything on record, for
    one that was sent back.
    """
    with desk.database.reading() as session:
        batch = actions.to_file(session, viewer, batch_id)
        originals, images = gather.named_by(session, gather.scans_of(session, batch.id))
    looked = desk.look_at(originals, images)
    with desk.database.unit_of_work() as session:
        done = actions.file_batch(
            session,
            viewer,
            batch_id,
            looked=looked,
            asked=originals | images,
            now=desk.now(),
            today=desk.today(),
        )
    write_report(desk, done.run_id)
    if done.refused is not None:
        raise done.refused
    return done.run_id
