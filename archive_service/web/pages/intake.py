"""Scan intake: bring files in and watch each of them move through the steps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fastapi import APIRouter
from fastapi.responses import JSONResponse, RedirectResponse, Response
from starlette.datastructures import UploadFile

from archive_service import ids, zone
from archive_service.errors import ArchiveError, Invalid
from archive_service.jobs.nudge import nudge
from archive_service.people import queries as people
from archive_service.web import i18n, labels, words
from archive_service.web.forms import Form, SentForm
from archive_service.web.i18n import N_
from archive_service.web.visit import Id, SignedIn, Visit, whole_number
from ingest import queries, quota, reach
from ingest.queries import BatchProgress
from ingest.receive import Receipt, Said, open_batch, receive

router = APIRouter()

_FILES_SHOWN = 50
_BATCHES_SHOWN = 12
_STOP_POLLING = 286
#: How many of the six steps a file in this state has behind it.
_BEHIND = {
    "received": 1,
    "checked": 2,
    "rendered": 3,
    "read": 4,
    "sorted": 5,
    "needs_review": 6,
    "filed": 6,
    "unpacked": 2,
}


@dataclass(frozen=True)
class Step:
    """One of the six steps with what has passed it."""

    icon: str
    word: str
    count: int
    unit: str
    now: bool


@dataclass(frozen=True)
class Pace:
    """How fast a batch goes and how long it still takes."""

    pages_a_minute: int
    minutes_left: int


@router.get("/intake")
def show_intake(visit: SignedIn) -> Response:
    """Show the drop zone, the batch looked at and the latest batches."""
    return show(visit, whole_number(visit.request.query_params.get("batch")))


def show(visit: Visit, chosen: int | None, error: ArchiveError | None = None) -> Response:
    """Show the page with a batch, or with the newest, and what was refused."""
    reach.check_may_hand_in(visit.viewer)
    with visit.services.database.reading() as session:
        batches = queries.batches(session, visit.viewer, limit=_BATCHES_SHOWN)
        returned = queries.batches(session, visit.viewer, state="returned", limit=_BATCHES_SHOWN)
        wanted = chosen or (batches[0].id if batches else None)
        facts = _batch_facts(visit, session, wanted) if wanted is not None else {"batch": None}
        units = people.tree_of(session, reach.handing_in(visit.viewer))
    settings = visit.services.settings
    return visit.page(
        "ingest/intake.html",
        status=error.http_status if error else 200,
        batches=[*returned, *(one for one in batches if one.state != "returned")],
        units=units,
        max_bytes=settings.max_upload_bytes,
        types=labels.document_types(),
        error=visit.told(error) if error else "",
        **facts,
    )


@router.get("/intake/batches/{batch_id}")
def show_batch(visit: SignedIn, batch_id: Id) -> Response:
    """Show one batch as a part of the page; once nothing moves any more, tell the page to stop asking."""
    with visit.services.database.reading() as session:
        facts = _batch_facts(visit, session, batch_id)
    still = facts["batch"].running or visit.request.query_params.get("keep") == "1"
    return visit.page("ingest/batch.html", status=200 if still else _STOP_POLLING, **facts)


@router.post("/intake")
def receive_files(visit: SignedIn, form: SentForm) -> Response:
    """Take all files of the form in as one batch; each is durable before the page answers."""
    files = form.files("files")
    if not files:
        raise Invalid("intake.no-files", N_("没有选择文件。请先选择要入库的文件。"))
    said = said_of(visit, form)
    batch_id = open_batch_for(visit, form)
    for file in files:
        take_in(visit, file, batch_id, said)
    return RedirectResponse(f"/intake?batch={batch_id}", status_code=303)


@router.post("/intake/batches")
def begin_batch(visit: SignedIn, form: SentForm) -> Response:
    """Begin a batch for files that follow one at a time."""
    said_of(visit, form)
    return JSONResponse({"batch": open_batch_for(visit, form)})


@router.post("/intake/files")
def receive_file(visit: SignedIn, form: SentForm) -> Response:
    """Take one file of a batch in and say what became of it."""
    files, batch_id = form.files("files"), form.id("batch")
    if len(files) != 1 or batch_id is None:
        raise Invalid("intake.one-file", N_("一次只能传一个文件。请刷新页面后再试。"))
    receipt = take_in(visit, files[0], batch_id, said_of(visit, form))
    state = words.SCAN["duplicate"] if receipt.duplicate_of else words.SCAN.get(receipt.state, words.PROCESSING)
    return JSONResponse(
        {
            "scan": receipt.scan_id,
            "state": receipt.state,
            "word": visit.say(state.word),
            "message": i18n.sentence(receipt.error_code, receipt.error_message, visit.language),
        }
    )


def open_batch_for(visit: Visit, form: Form, *, channel: str = "web") -> int:
    """Begin a batch in the unit of the form, or in the person's own, and return its id."""
    return begin(visit, form.text("batch_name", limit=120), unit_id=form.id("unit"), channel=channel)


def begin(visit: Visit, name: str, *, unit_id: int | None, channel: str) -> int:
    """Begin a batch in a unit, or in the person's own, under a name or the moment, and return its id."""
    unit_id = unit_id or _own_unit(visit)
    moment = visit.now
    with visit.services.database.unit_of_work() as session:
        reach.check_may_hand_in(visit.viewer, unit_id)
        name = name or batch_name(moment)
        return open_batch(session, visit.viewer, name=name, channel=channel, unit_id=unit_id, now=moment).id


def batch_name(moment: datetime) -> str:
    """Return the name of a batch that nobody named: the moment it came in."""

    return zone.local(moment).strftime("B%Y%m%d-%H%M%S")


def _own_unit(visit: Visit) -> int:
    units = reach.handing_in(visit.viewer)
    return visit.viewer.unit_id if visit.viewer.unit_id in units else min(units, default=visit.viewer.unit_id)


def take_in(visit: Visit, file: UploadFile, batch_id: int, said: Said) -> Receipt:
    """Take one uploaded file into a batch that this person may add to."""
    services = visit.services
    with services.database.reading() as session:
        queries.batch(session, visit.viewer, batch_id)
        quota.check(session, visit.viewer, limit_bytes=services.settings.upload_bytes_a_day, now=visit.now)
    receipt = receive(
        services.database,
        services.store,
        stream=file.file,
        file_name=file.filename or "",
        batch_id=batch_id,
        viewer=visit.viewer,
        said=said,
        max_bytes=services.settings.max_upload_bytes,
        now=visit.now,
    )
    nudge(services.settings)
    return receipt


def said_of(visit: Visit, form: Form) -> Said:
    """Return what the form says about the files, as the archive writes it. Raises Invalid for a malformed number."""
    account = form.optional("account_no", limit=40)
    if account:
        account = ids.account_no(account, pattern=visit.services.settings.account_no_pattern)
    application = form.optional("application_no", limit=40)
    kind = form.text("document_type", limit=120).split(" ")[0].upper() or None
    if kind and kind not in labels.document_types():
        raise Invalid("intake.document-type", N_("标准目录中没有这个文件类型。请从列表中选择，或留空由系统识别。"))
    return Said(account, ids.compact(application) if application else None, kind)


def _batch_facts(visit: Visit, session: Any, batch_id: int) -> dict[str, Any]:
    asked = visit.request.query_params
    state = visit.chosen("state", words.SCAN)
    after = whole_number(asked.get("after"))
    batch = queries.batch(session, visit.viewer, batch_id)
    files = queries.scans(
        session, visit.viewer, state=state or None, batch_id=batch_id, after=after, limit=_FILES_SHOWN
    )
    waiting = queries.review_queue(session, visit.viewer, batch_id=batch_id, limit=1).total
    documents = queries.documents_of(session, visit.viewer, [row.id for row in files.rows])
    return {
        "batch": batch,
        "standing": queries.standing_of(session, visit.viewer, batch_id),
        "files": files,
        "state": state,
        "after": after,
        "documents": documents,
        "waiting": waiting,
        "steps": steps(batch),
        "pace": pace(batch, visit.now),
        "done_share": done_share(batch),
    }


def steps(batch: BatchProgress) -> list[Step]:
    """Return the six steps with how many files, or pages, have passed each."""
    passed = [_passed(batch.by_state, number) for number in range(1, 7)]
    moving = [_BEHIND[state] for state in words.RUNNING if batch.by_state.get(state)]
    now = min(moving, default=None)
    counts = [batch.files, passed[1], passed[2], batch.pages_done, passed[4], batch.by_state.get("filed", 0)]
    units = [N_("份文件"), N_("份文件"), N_("份文件"), N_("页"), N_("份文件"), N_("份")]
    return [Step(icon, word, counts[at], units[at], now == at) for at, (_name, icon, word) in enumerate(words.STEPS)]


def _passed(by_state: Mapping[str, int], number: int) -> int:
    return sum(count for state, count in by_state.items() if _BEHIND.get(state, 0) >= number)


def done_share(batch: BatchProgress) -> int:
    """Return how far a batch is in percent: the pages read, never all of them while anything still moves."""
    if not batch.running:
        return 100
    return min(99, int(100 * batch.pages_done / batch.pages)) if batch.pages else 0


def pace(batch: BatchProgress, now: datetime) -> Pace | None:
    """Return the pace of a running batch; none while too little is done to tell."""
    minutes = (now - batch.received_at).total_seconds() / 60
    if not batch.running or batch.pages_done < 3 or minutes < 0.1:
        return None
    rate = batch.pages_done / minutes
    return Pace(max(1, round(rate)), max(1, round((batch.pages - batch.pages_done) / rate)))
