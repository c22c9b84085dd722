"""Putting a household that came in a package into an archive that does not have it yet."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive_service.audit.record import Deed, record, record_all
from archive_service.errors import Refused
from archive_service.exchange.arriving import Arrived
from archive_service.exchange.content import KeptRendition
from archive_service.exchange.schema import CaseSaid, HouseholdSaid, ItemSaid
from archive_service.exchange.sealing import Seal
from archive_service.exchange.tables import CarriedHistory, Package
from archive_service.households import counting, states
from archive_service.households.actions.register import Register
from archive_service.households.assessment import reassess_case
from archive_service.households.tables import (
    ArchiveCode,
    CaseFile,
    CasePlace,
    CaseStage,
    HouseholdFile,
    Item,
    ItemField,
    Page,
)
from archive_service.households.values import CaseData, HouseholdData
from archive_service.lifecycle.tables import ArchiveSeries
from archive_service.people.roles import Right
from archive_service.people.viewer import Viewer
from archive_service.storage.record import record_object

#: A case that was on its way between people comes in as one that is still collected: who had it is not here.
_KEPT_STATES = frozenset({states.COLLECTING, states.FILED, states.REOPENED, states.CLOSED})
#: Keeps a searchable copy that came along, if it is what would be made here; the workflow stands above this package.
KeepRendition = Callable[[Session, int, KeptRendition], None]


def restore(
    session: Session,
    viewer: Viewer,
    arrived: Arrived,
    *,
    unit_id: int,
    format: str,
    seal: Seal,
    keep_rendition: KeepRendition,
    filing_due_workdays: int,
    now: datetime,
    today: date,
) -> Package:
    """Enter household, cases, items and the histories it brings; the store holds the objects already.

    Raises NotPermitted, and Refused where the archive has the household, one of its cases or codes already.
    """
    admit(session, viewer, arrived.said, unit_id=unit_id)
    said = arrived.said
    _record_objects(session, arrived, now=now)
    head = _register(session, viewer, arrived, unit_id, filing_due_workdays=filing_due_workdays, now=now, today=today)
    cases = {
        one.application_no: one for one in session.scalars(select(CaseFile).where(CaseFile.household_id == head.id))
    }
    items = {one.item_no: _item(session, head, cases, one) for one in said.items}
    session.flush()
    for one in said.cases:
        _case(session, cases[one.application_no], one, items, now=now)
    _carry_histories(session, head, arrived, seal, now=now)
    _judge(session, head, cases.values(), items.values(), now=now, today=today)
    for of in said.items:
        if of.rendition is not None:
            kept = KeptRendition(of.rendition.digest, of.rendition.fingerprint, of.rendition.builder)
            keep_rendition(session, items[of.item_no].id, kept)
    return _entered(session, viewer, head, arrived, items, format=format, seal=seal, now=now)


_MEDIA = {"lines_digest": "application/json", "rendition": "application/pdf"}


def admit(session: Session, viewer: Viewer, said: HouseholdSaid, *, unit_id: int) -> None:
    """See that the viewer may take in a household and that the archive has nothing of it, before any of it is kept.

    Raises NotPermitted, Refused.
    """
    for right in (Right.CASE_IMPORT, Right.SCAN_RECEIVE, Right.ITEM_CHANGE):
        viewer.require(right, unit_id)
    _check_new(session, said)


def _check_new(session: Session, said: HouseholdSaid) -> None:
    number = said.household.account_no
    if session.scalar(select(HouseholdFile.id).where(HouseholdFile.account_no == number)) is not None:
        raise Refused("package.household-known", f"档案库中已有户号 {number}，没有覆盖。请核对后改为移交新增资料。")
    known = select(CaseFile.application_no).where(CaseFile.application_no.in_([c.application_no for c in said.cases]))
    if (case := session.scalar(known)) is not None:
        raise Refused("package.case-known", f"案件 {case} 已属于另一户，没有接收。请与移交方核对。")
    codes = [case.archive_code.code for case in said.cases if case.archive_code]
    if (code := session.scalar(select(ArchiveCode.code).where(ArchiveCode.code.in_(codes)))) is not None:
        raise Refused("package.code-known", f"档号 {code} 已经使用，档号不能重复，没有接收。请与移交方核对。")


def _register(
    session: Session,
    viewer: Viewer,
    arrived: Arrived,
    unit_id: int,
    *,
    filing_due_workdays: int,
    now: datetime,
    today: date,
) -> HouseholdFile:
    said = arrived.said.household
    register = Register(session, viewer, now, today, filing_due_workdays)
    register.open(accounts=[said.account_no], applications=[one.application_no for one in arrived.said.cases])
    told = {name: getattr(said, name) for name in ("account_name", "service_address", "customer_category")}
    register.take_household(HouseholdData(said.account_no, said.created_at, unit_id, told))
    for case in arrived.said.cases:
        register.take(
            CaseData(
                account_no=said.account_no,
                account_name=said.account_name,
                service_address=said.service_address,
                customer_category=case.customer_category,
                business_type=case.business_type,
                application_no=case.application_no,
                unit_id=unit_id,
                capacity_kva=case.capacity_kva,
                voltage=case.voltage,
                conditions=None if case.conditions is None else frozenset(case.conditions),
                stages={one.stage: one.done_on for one in case.stages},
                as_of=case.source_as_of,
            )
        )
    register.write()
    session.expire_all()
    head = session.scalars(select(HouseholdFile).where(HouseholdFile.account_no == said.account_no)).one()
    for name in ("account_name", "service_address", "customer_category", "state", "created_at"):
        setattr(head, name, getattr(said, name))
    return head


def _item(session: Session, head: HouseholdFile, cases: dict[str, CaseFile], said: ItemSaid) -> Item:
    plain = said.model_dump(exclude={"application_no", "fields", "pages", "rendition"})
    made = Item(
        household_id=head.id,
        case_id=cases[said.application_no].id if said.application_no is not None else None,
        filed_by=None,
        **plain,
        fields=[ItemField(**one.model_dump()) for one in said.fields],
        pages=[Page(**one.model_dump()) for one in said.pages],
    )
    session.add(made)
    return made


def _case(session: Session, case: CaseFile, said: CaseSaid, items: dict[int, Item], *, now: datetime) -> None:
    case.state = said.state if said.state in _KEPT_STATES else states.COLLECTING
    case.filed_at, case.created_at = said.filed_at, said.created_at
    # What the register sorts and leaves out as its own concern comes in as it was.
    case.conditions, case.source_as_of = said.conditions, said.source_as_of
    case.accepted_on, case.energised_on = said.accepted_on, said.energised_on
    days = {one.stage: one for one in session.scalars(select(CaseStage).where(CaseStage.case_id == case.id))}
    for stage in said.stages:
        days[stage.stage].recorded_at = stage.recorded_at
    if said.archive_code is not None:
        session.add(ArchiveCode(case_id=case.id, **said.archive_code.model_dump()))
        counter = session.get(ArchiveSeries, said.archive_code.series, with_for_update=True)
        if counter is None:
            session.add(ArchiveSeries(series=said.archive_code.series, last=said.archive_code.serial))
        else:
            counter.last = max(counter.last, said.archive_code.serial)
        session.flush()
    for place in said.places:
        session.add(
            CasePlace(
                case_id=case.id,
                place=place.place,
                item_id=items[place.item_no].id,
                filing_no=place.filing_no,
                placed_at=place.placed_at,
            )
        )


def _judge(session: Session, head: HouseholdFile, cases: object, items: object, *, now: datetime, today: date) -> None:
    head.revision += 1
    known = list(cases)  # type: ignore[call-overload]
    for case in known:
        reassess_case(session, case, today=today, now=now)
    counting.count(session, [case.id for case in known])
    for item in items:  # type: ignore[attr-defined]
        counting.count_sharing(session, item.id)


def _record_objects(session: Session, arrived: Arrived, *, now: datetime) -> None:
    for stored, role in arrived.objects.values():
        original = role == "original_digest"
        media = "application/octet-stream" if original else _MEDIA.get(role, "image/jpeg")
        record_object(session, stored, role="original" if original else "rendition", media_type=media, now=now)


def _carry_histories(session: Session, head: HouseholdFile, arrived: Arrived, seal: Seal, *, now: datetime) -> None:
    for number, (stored, entries) in enumerate(arrived.histories, start=1):
        record_object(session, stored, role="history", media_type="application/x-ndjson", now=now)
        carried = CarriedHistory(
            household_id=head.id,
            seq=number,
            digest=stored.digest,
            entries=entries,
            signature=seal.signature,
            signer=seal.signer[:300],
            carried_at=now,
        )
        session.add(carried)
    session.flush()


def _entered(
    session: Session,
    viewer: Viewer,
    head: HouseholdFile,
    arrived: Arrived,
    items: dict[int, Item],
    *,
    format: str,
    seal: Seal,
    now: datetime,
) -> Package:
    selection = arrived.said.selection
    made = Package(
        household_id=head.id,
        unit_id=head.unit_id,
        direction="in",
        format=format,
        state="taken",
        items=selection,
        asked_by=viewer.person_id,
        asked_at=now,
        finished_at=now,
        size_bytes=sum(stored.size_bytes for stored, _ in arrived.objects.values()),
        file_count=len(arrived.objects),
        manifest_sha256=arrived.manifest_sha256,
    )
    session.add(made)
    session.flush()
    facts = {"account_no": head.account_no, "format": format, "items": len(items), "package": made.id}
    manifest = {"manifest_sha256": arrived.manifest_sha256, "signature": seal.signature, "signer": seal.signer}
    told = {**facts, **manifest, "histories": len(arrived.histories)}
    record(
        session,
        by=viewer.actor,
        did="package.taken",
        object_kind="household",
        object_id=head.id,
        unit_id=head.unit_id,
        facts=told,
        now=now,
    )
    deeds = [
        Deed(
            did="item.taken",
            object_kind="item",
            object_id=one.id,
            unit_id=head.unit_id,
            facts={"item_no": number, "pages": len(one.pages)},
        )
        for number, one in sorted(items.items())
    ]
    record_all(session, deeds, by=viewer.actor, now=now)
    return made
