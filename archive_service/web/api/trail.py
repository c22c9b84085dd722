"""The audit trail for auditors: its entries, signed checkpoints, what proves that they hold, checks and bundles."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path as File
from typing import Annotated, Any, Literal

from fastapi import Path, Query, Response
from pydantic import BaseModel, BeforeValidator, Field

from archive_service.audit import checkpoints as signing
from archive_service.audit import offline, sheet
from archive_service.audit.queries import EntryFilters
from archive_service.errors import Invalid
from archive_service.jobs.nudge import nudge
from archive_service.people import queries as people
from archive_service.people.roles import Right
from archive_service.proofs import actions, queries
from archive_service.proofs.selecting import Asked
from archive_service.web import pictures
from archive_service.web.api.caller import Caller, Day, Words
from archive_service.web.api.route import api_router
from archive_service.web.api.told import Told
from archive_service.web.visit import LARGEST_ID, Id

router = api_router("audit")

_Place = Annotated[int | None, Query(ge=1, le=LARGEST_ID)]
_Limit = Annotated[int, Query(ge=1, le=200)]
_Said = Annotated[Words | None, Query(max_length=80)]
_Size = Annotated[int, Path(ge=1, le=LARGEST_ID)]
_CHECKER = "check.py"
_HASH = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"


class EntryOut(Told):
    """One thing that happened; `person` is null for the archive itself."""

    entry: int = Field(validation_alias="seq")
    at: datetime
    person: str | None = Field(validation_alias="person_id")
    person_name: str
    did: str = Field(examples=["item.filed"])
    object_kind: str = Field(examples=["item"])
    object_id: str
    facts: dict[str, Any]
    hash: str = Field(examples=[_HASH])


class EntryList(BaseModel):
    """A page of entries, newest first; `next` goes into `after`."""

    entries: list[EntryOut]
    total: int
    next: int | None


class DepositOut(Told):
    """A place outside of the archive, and since when the checkpoint lies there; null: it waits."""

    place: str
    written_at: datetime | None = Field(validation_alias="done_at")
    tries: int


class CheckpointOut(BaseModel):
    """A signed statement about the first `size` entries: the text that was signed and its signature, docs/proof.md."""

    size: int
    root: str = Field(examples=[_HASH])
    made_at: datetime
    algorithm: str = Field(examples=["ed25519"])
    note: str
    signature: str
    places: list[DepositOut]


class CheckpointList(BaseModel):
    """A page of checkpoints, newest first; `next` goes into `after`."""

    checkpoints: list[CheckpointOut]
    next: int | None


class Export(BaseModel):
    """What a bundle is about: an account, a sample, or days from one to another; nothing of it is the whole trail."""

    account_no: Words | None = Field(None, max_length=40)
    sample: Annotated[int, Field(ge=1, le=LARGEST_ID)] | None = None
    first_day: Day | None = None
    last_day: Day | None = None


class FaultOut(BaseModel):
    """Something that does not hold: number of the entry, or size of the checkpoint, and why."""

    entry: int
    why: str


def _faults(found: Sequence[Any]) -> list[FaultOut]:
    """Name what a view has in pairs."""
    return [FaultOut(entry=int(entry), why=str(why)) for entry, why in found]


class RunOut(Told):
    """A check of the whole trail, or a bundle of entries: `asked` with `done` of `total` entries, or `done`."""

    run: str = Field(validation_alias="id")
    kind: Literal["check", "export"]
    state: str = Field(examples=["done"])
    account_no: str | None
    sample: int | None = Field(validation_alias="sample_id")
    first_day: date | None
    last_day: date | None
    asked_by: str | None
    asked_at: datetime
    finished_at: datetime | None
    entries: int
    #: Entries under the checkpoint that it goes by.
    covered: int
    #: How much does not hold, and the first of it.
    finding_count: int
    findings: Annotated[list[FaultOut], BeforeValidator(_faults)]
    sha256: str | None = Field(validation_alias="digest")
    size_bytes: int
    done: int
    total: int
    #: Its job ended before it was done: ask again.
    stuck: bool


class RunList(BaseModel):
    """The newest checks or exports, newest first."""

    runs: list[RunOut]


@router.get("/audit/entries")
def list_entries(
    visit: Caller,
    did: _Said = None,
    object_kind: _Said = None,
    object_id: _Said = None,
    after: _Place = None,
    limit: _Limit = 50,
) -> EntryList:
    """List the entries of the caller's units, newest first; those of no unit for who audits all units."""
    filters = EntryFilters(object_kind=object_kind, object_id=object_id, did=did)
    with visit.services.database.reading() as session:
        found = people.audit_entries(session, visit.viewer, filters=filters, before=after, limit=limit)
    return EntryList(
        entries=[EntryOut.model_validate(one) for one in found.entries], total=found.total, next=found.next
    )


@router.get("/audit/checkpoints")
def list_checkpoints(visit: Caller, after: _Place = None, limit: _Limit = 50) -> CheckpointList:
    """List signed checkpoints and where they lie outside, newest first."""
    places = signing.places(visit.services.settings)
    with visit.services.database.reading() as session:
        found = queries.checkpoints(session, visit.viewer, places=places, before=after, limit=limit)
    return CheckpointList(checkpoints=[_out(one) for one in found.rows], next=found.next)


@router.get("/audit/checkpoints/{size}")
def get_checkpoint(visit: Caller, size: _Size) -> CheckpointOut:
    """Return the checkpoint over just `size` entries."""
    with visit.services.database.reading() as session:
        return _out(queries.checkpoint(session, visit.viewer, size))


@router.get("/audit/checkpoints/{size}/sheet", response_class=Response)
def get_sheet(visit: Caller, size: _Size) -> Response:
    """Return a checkpoint as a PDF to print, with its QR code."""
    with visit.services.database.reading() as session:
        found = queries.checkpoint(session, visit.viewer, size)
    headers = {"Content-Disposition": pictures.attachment(f"checkpoint-{size}.pdf")}
    return Response(sheet.pdf(found.of), media_type="application/pdf", headers=headers)


@router.get("/audit/checkpoints/{size}/proof")
def get_proof(visit: Caller, size: _Size, entry: _Place = None, older: _Place = None) -> dict[str, Any]:
    """Prove that `entry` is under this checkpoint, or that it goes on from the `older` one; on record.

    Kept as a file, the answer is what the checker of docs/proof.md reads.
    """
    if (entry is None) == (older is None):
        raise Invalid("audit.proof-of", "请给出条目序号或较早的检查点，只给一个。", field="entry")
    with visit.services.database.reading() as session:
        if entry is not None:
            found, facts = queries.inclusion(session, visit.viewer, entry, size), {"entry": entry}
        else:
            found, facts = queries.consistency(session, visit.viewer, older or 0, size), {"older": older or 0}
    with visit.services.database.unit_of_work() as session:
        actions.note_proof(
            session, visit.viewer, {"checkpoint": size} | facts, unit_id=visit.viewer.unit_id, now=visit.now
        )
    return found


@router.get("/audit/checker", response_class=Response)
def get_checker(visit: Caller) -> Response:
    """Return the program, one file of Python, that checks bundles and proofs elsewhere."""
    visit.viewer.require(Right.AUDIT_READ)
    headers = {"Content-Disposition": pictures.attachment(_CHECKER)}
    return Response(File(offline.__file__).read_bytes(), media_type="text/x-python", headers=headers)


@router.get("/audit/runs")
def list_runs(visit: Caller, kind: Literal["check", "export"] = "export", limit: _Limit = 20) -> RunList:
    """List the newest checks or exports that the caller may know of."""
    with visit.services.database.reading() as session:
        found = queries.runs(session, visit.viewer, kind=kind, limit=limit)
    return RunList(runs=[RunOut.model_validate(one) for one in found])


@router.get("/audit/runs/{run_id}")
def get_run(visit: Caller, run_id: Id) -> RunOut:
    """Return a check or an export and how far it is."""
    with visit.services.database.reading() as session:
        return RunOut.model_validate(queries.run(session, visit.viewer, run_id))


@router.get("/audit/runs/{run_id}/file", response_class=Response)
def get_bundle(visit: Caller, run_id: Id) -> Response:
    """Return a bundle, on record."""
    with visit.services.database.unit_of_work() as session:
        digest, name = actions.hand_over(session, visit.viewer, run_id, now=visit.now)
    return pictures.package(visit.services.store, digest, name)


@router.post("/audit/checks", status_code=202)
def ask_check(visit: Caller, response: Response) -> RunOut:
    """Ask that the whole trail is checked now; while that is under way, the same one is answered."""
    with visit.services.database.unit_of_work() as session:
        run_id = actions.ask_check(session, visit.viewer, now=visit.now).id
    return _asked(visit, response, run_id)


@router.post("/audit/exports", status_code=202)
def ask_export(visit: Caller, wanted: Export, response: Response) -> RunOut:
    """Ask for a bundle of the trail."""
    asked = Asked(wanted.account_no, wanted.sample, wanted.first_day, wanted.last_day)
    with visit.services.database.unit_of_work() as session:
        run_id = actions.ask_export(session, visit.viewer, asked, now=visit.now).id
    return _asked(visit, response, run_id)


def _asked(visit: Caller, response: Response, run_id: int) -> RunOut:
    nudge(visit.services.settings, ("upkeep",))
    response.headers["Location"] = f"/api/v1/audit/runs/{run_id}"
    return get_run(visit, run_id)


def _out(row: queries.CheckpointRow) -> CheckpointOut:
    of = row.of
    return CheckpointOut(
        size=of.size,
        root=of.root,
        made_at=of.made_at,
        algorithm=of.algorithm,
        note=of.note,
        signature=of.signature,
        places=[DepositOut.model_validate(one) for one in row.deposits],
    )
