"""Every kind of job and what does it, for all ways of running workers."""

from __future__ import annotations

from archive_service import clock
from archive_service.catalogue import load
from archive_service.db.session import Database
from archive_service.editions.actions import CHECK_JOB
from archive_service.editions.recheck import CheckHandler
from archive_service.exchange.actions import PACK_JOB
from archive_service.exchange.hand_ins.actions import TAKE_JOB
from archive_service.exchange.hand_ins.work import TakeHandler, Taking
from archive_service.exchange.work import PackHandler
from archive_service.imports.actions import IMPORT_JOB
from archive_service.imports.work import ImportHandler
from archive_service.jobs.queue import QUEUES as QUEUES
from archive_service.jobs.runner import Handler, Runner
from archive_service.notices.outbox import SEND_JOB, SendHandler
from archive_service.proofs import work as proofs
from archive_service.proofs.actions import CHECK_JOB as AUDIT_CHECK_JOB
from archive_service.proofs.actions import EXPORT_JOB as AUDIT_EXPORT_JOB
from archive_service.settings import Settings
from archive_service.storage.choose import open_store, open_stores
from archive_service.webhooks.actions import DELIVERY_JOB
from archive_service.webhooks.deliver import DeliveryHandler
from archive_service.worker import hand_ins
from archive_service.worker.fit import Fit
from indexing.erasing import IndexRoad
from indexing.index import index_of
from ingest.again.handler import ReadAgainHandler
from ingest.again.queries import READ_AGAIN_JOB
from ingest.erasing import ScanRoad
from ingest.pipeline import StepHandler
from ingest.quality.received import better_scans
from ingest.quality.rescan import RESCAN_JOB
from ingest.quality.supersede import RescanHandler
from ingest.receive import STEP_JOB
from ingest.renditions import carried
from ingest.renditions.make import RenditionHandler
from ingest.renditions.owed import RENDITION_JOB
from ingest.review.reread import RereadHandler
from ingest.review.turns import REREAD_JOB
from ingest.workshop import Workshop
from retention import paper_rules
from retention.actions import RUN_JOB
from retention.disposal import EXECUTE_JOB
from retention.erase import ExecuteHandler
from retention.locking import LOCK_JOB, LockHandler
from retention.roads import FileRoad
from retention.run import RunHandler


def handlers(workshop: Workshop) -> dict[str, Handler]:
    """Return the handler of each kind of job."""
    return {
        STEP_JOB: StepHandler(workshop),
        RENDITION_JOB: RenditionHandler(workshop),
        REREAD_JOB: RereadHandler(workshop),
        RESCAN_JOB: RescanHandler(workshop),
        DELIVERY_JOB: DeliveryHandler(workshop.settings, workshop.database, clock.now),
        SEND_JOB: SendHandler(workshop.settings, workshop.database, workshop.now),
        READ_AGAIN_JOB: ReadAgainHandler(workshop),
        IMPORT_JOB: ImportHandler(workshop.settings, workshop.database, clock.now),
        PACK_JOB: PackHandler(workshop.settings, workshop.database, workshop.store, carried.renditions_of, clock.now),
        TAKE_JOB: TakeHandler(lambda: _taking(workshop), workshop.database, workshop.settings.lease_s, workshop.now),
        AUDIT_CHECK_JOB: proofs.CheckHandler(workshop.settings, workshop.database, clock.now),
        AUDIT_EXPORT_JOB: proofs.ExportHandler(workshop.settings, workshop.database, workshop.store, clock.now),
        CHECK_JOB: CheckHandler(workshop.database, workshop.settings.lease_s, clock.now),
        EXECUTE_JOB: execution(workshop),
        LOCK_JOB: locking(workshop),
        RUN_JOB: RunHandler(workshop.database, workshop.settings.lease_s, clock.now, clock.today),
    }


def _taking(workshop: Workshop) -> Taking:
    return hand_ins.taking(workshop.settings, workshop.database, workshop.store, now=workshop.now, today=workshop.today)


def execution(workshop: Workshop) -> ExecuteHandler:
    """Return what executes a disposal, with all ways to the content of an item."""
    settings = workshop.settings
    return ExecuteHandler(
        workshop.database,
        lambda: open_stores(settings, workshop.store),
        (FileRoad(), ScanRoad(), IndexRoad(lambda: index_of(settings))),
        settings.lease_s,
        settings.backup_kept_days,
        workshop.now,
        passed=lambda point: workshop.passed(point),
    )


def locking(workshop: Workshop) -> LockHandler:
    """Return what locks stored objects as long as their records are kept."""
    settings = workshop.settings
    return LockHandler(
        workshop.database,
        lambda: open_stores(settings, workshop.store),
        settings.lease_s,
        settings.lock_span_days,
        lambda: paper_rules.load(settings.paper_rules_file),
        better_scans,
        workshop.now,
        workshop.today,
    )


def open_workshop(settings: Settings) -> Workshop:
    """Open what the steps work with."""
    load.use_folder(settings.home / "catalogue")
    return Workshop(settings, Database(settings.url()), open_store(settings), now=clock.now, today=clock.today)


def open_runner(settings: Settings, *, worker: str, queues: tuple[str, ...] = QUEUES) -> Runner:
    """Open a runner that takes jobs from `queues` under the name `worker`."""
    workshop = open_workshop(settings)
    return Runner(workshop.database, handlers(workshop), worker, queues, settings.lease_s, clock.now, Fit(settings))
