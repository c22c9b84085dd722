"""The audit trail for auditors: its entries, signed checkpoints over them, and the proof that an entry is under one."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import Path, Query
from pydantic import BaseModel, Field

from archive_service.audit import proofs
from archive_service.audit.queries import EntryFilters
from archive_service.households.queries import trail
from archive_service.people import queries as people
from archive_service.web.api.caller import Caller, Words
from archive_service.web.api.route import api_router
from archive_service.web.api.told import Told
from archive_service.web.visit import LARGEST_ID

router = api_router("audit")

_Place = Annotated[int | None, Query(ge=1, le=LARGEST_ID)]
_Limit = Annotated[int, Query(ge=1, le=200)]
_Said = Annotated[Words | None, Query(max_length=80)]
_Number = Annotated[int, Path(ge=1, le=LARGEST_ID)]
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


class CheckpointOut(Told):
    """A signed statement about the first `size` entries: the text that was signed and its signature, docs/proof.md."""

    size: int
    root: str = Field(examples=[_HASH])
    made_at: datetime
    algorithm: str = Field(examples=["ed25519"])
    note: str
    signature: str


class CheckpointList(BaseModel):
    """A page of checkpoints, newest first; `next` goes into `after`."""

    checkpoints: list[CheckpointOut]
    next: int | None


class ProofOut(Told):
    """That an entry is under a checkpoint: RFC 9162, 2.1.3, `index` from 0, `path` from the leaf up."""

    entry: int = Field(validation_alias="seq")
    entry_hash: str = Field(examples=[_HASH])
    leaf: str = Field(examples=[_HASH])
    size: int
    root: str = Field(examples=[_HASH])
    index: int
    path: list[str]


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


@router.get("/audit/entries/{entry_no}/proof")
def get_proof(visit: Caller, entry_no: _Number, size: _Place = None) -> ProofOut:
    """Prove that an entry is under the checkpoint over `size` entries, or the newest; for who may read the entry."""
    with visit.services.database.reading() as session:
        entry = people.audit_entry(session, visit.viewer, entry_no)
        return ProofOut.model_validate(proofs.proof(session, entry, size))


@router.get("/audit/checkpoints")
def list_checkpoints(visit: Caller, after: _Place = None, limit: _Limit = 50) -> CheckpointList:
    """List signed checkpoints, newest first, for who audits all units."""
    with visit.services.database.reading() as session:
        trail.require_whole(session, visit.viewer)
        found = proofs.listing(session, below=after, limit=limit)
    return CheckpointList(checkpoints=[CheckpointOut.model_validate(one) for one in found.rows], next=found.next)


@router.get("/audit/checkpoints/{size}")
def get_checkpoint(visit: Caller, size: _Number) -> CheckpointOut:
    """Return the checkpoint over just `size` entries."""
    with visit.services.database.reading() as session:
        trail.require_whole(session, visit.viewer)
        return CheckpointOut.model_validate(proofs.checkpoint(session, size))
