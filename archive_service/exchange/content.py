"""What a package of a household holds, as plain values that name nothing of this archive's own numbering."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import String, and_, cast, or_, select
from sqlalchemy.orm import Session, selectinload

from archive_service.audit.tables import AuditEntry
from archive_service.errors import NotFound
from archive_service.exchange.tables import CarriedHistory
from archive_service.households.tables import ArchiveCode, CaseFile, CasePlace, HouseholdFile, Item, ItemField, Page
from archive_service.people.roles import Right
from archive_service.people.tables import Unit
from archive_service.people.viewer import Viewer
from archive_service.restricted.queries import refusal, restricted

#: What `household.json` calls itself; another version is not read as this one.
FORMAT = "archive-service household 1"
#: Digests of a page by the role that the object plays.
PAGE_OBJECTS = ("original_digest", "image_digest", "thumbnail_digest", "lines_digest")
_HOUSEHOLD = ("account_no", "account_name", "service_address", "customer_category", "state", "created_at")
_CASE = (
    "application_no", "customer_category", "business_type", "capacity_kva", "voltage", "conditions", "accepted_on",
    "energised_on", "source_as_of", "state", "filed_at", "created_at",
)  # fmt: skip
_ITEM = (
    "item_no", "document_type", "title", "document_date", "sensitivity", "state", "confidence", "reasons", "marks",
    "medium", "legible", "filed_at",
)  # fmt: skip
_FIELD = ("name", "value", "unit", "confidence", "page", "box", "checked")
_PAGE = (
    "page_no", "original_digest", "original_page", "image_digest", "thumbnail_digest", "width_px", "height_px", "dpi",
    "rotation", "engine", "confidence", "text", "lines_digest",
)  # fmt: skip


@dataclass(frozen=True)
class KeptRendition:
    """A searchable copy of an item that was made here or came along."""

    digest: str
    #: What it was made from, and by which builder; another one today means that it is outdated.
    fingerprint: str
    builder: int


#: Gives the searchable copies of items by their ids; the workflow that makes them stands above this package.
RenditionsOf = Callable[[Session, Sequence[int]], Mapping[int, KeptRendition]]


@dataclass(frozen=True)
class Content:
    """A household as it goes out."""

    household_id: int
    unit_id: int
    #: What `household.json` holds but for the paths of files.
    said: dict[str, Any]
    #: Digest of each object, with the role it plays: original or rendition; in the order of the file.
    objects: Mapping[str, str]
    #: Digests of the histories that came along, the oldest first.
    carried: tuple[str, ...]


def require(viewer: Viewer, unit_id: int) -> None:
    """Raise NotPermitted unless the viewer may take whole files out of a unit, nothing in them masked."""
    viewer.require(Right.ORIGINAL_DOWNLOAD, unit_id)
    viewer.require(Right.RECORD_READ_PERSONAL, unit_id)


def household(session: Session, viewer: Viewer, account_no: str) -> HouseholdFile:
    """Return a household that the viewer may take out as a package. Raises NotFound, NotPermitted."""
    found = session.scalar(select(HouseholdFile).where(HouseholdFile.account_no == account_no))
    if found is None or not viewer.may(Right.RECORD_READ, found.unit_id):
        raise NotFound("household.not-found", "没有这个户档案，或者您无权查看。请核对户号后再试。")
    require(viewer, found.unit_id)
    return found


def content(
    session: Session,
    viewer: Viewer,
    household_id: int,
    *,
    items: Collection[int] | None,
    renditions_of: RenditionsOf,
) -> Content:
    """Return what a package holds; `items` are numbers of items, none takes all. Raises NotFound, NotPermitted."""
    head = session.get_one(HouseholdFile, household_id)
    require(viewer, head.unit_id)
    rows = _items(session, head.id, items)
    stored_only = restricted(session, [row.id for row in rows])
    if stored_only and items is not None:
        raise refusal()
    if stored_only:
        # What is stored only does not leave: the package is a selection, and says so.
        rows = [row for row in rows if row.id not in stored_only]
        items = [row.item_no for row in rows]
    made = renditions_of(session, [row.id for row in rows])
    cases = list(
        session.scalars(
            select(CaseFile)
            .where(CaseFile.household_id == head.id)
            .options(selectinload(CaseFile.stages))
            .order_by(CaseFile.application_no)
        )
    )
    if items is not None:
        cases = [case for case in cases if case.id in {row.case_id for row in rows}]
    numbers = {case.id: case.application_no for case in cases}
    said: dict[str, Any] = {
        "format": FORMAT,
        "selection": None if items is None else sorted(items),
        "unit": session.get_one(Unit, head.unit_id).code,
        "household": _said(head, _HOUSEHOLD),
        "cases": [_case(session, case) for case in cases],
        "items": [_item(row, numbers, made.get(row.id)) for row in rows],
    }
    carried = select(CarriedHistory.digest).where(CarriedHistory.household_id == head.id).order_by(CarriedHistory.seq)
    return Content(head.id, head.unit_id, said, _objects(said), tuple(session.scalars(carried)))


def _items(session: Session, household_id: int, chosen: Collection[int] | None) -> list[Item]:
    wanted = select(Item).where(Item.household_id == household_id).order_by(Item.item_no)
    if chosen is not None:
        wanted = wanted.where(Item.item_no.in_(chosen))
    check_items(session, household_id, chosen)
    return list(session.scalars(wanted.options(selectinload(Item.fields), selectinload(Item.pages))))


def check_items(session: Session, household_id: int, chosen: Collection[int] | None) -> None:
    """Raise NotFound for the number of an item that the household does not have."""
    there = session.scalars(select(Item.item_no).where(Item.household_id == household_id))
    missing = sorted(set(chosen or ()) - set(there))
    if missing:
        raise NotFound("package.item-not-found", f"该户没有件号 {missing[0]} 的资料。请核对后重新选择。")


def _case(session: Session, case: CaseFile) -> dict[str, Any]:
    code = session.scalar(select(ArchiveCode).where(ArchiveCode.case_id == case.id))
    places = session.execute(
        select(CasePlace.place, Item.item_no, CasePlace.filing_no, CasePlace.placed_at)
        .join(Item, Item.id == CasePlace.item_id)
        .where(CasePlace.case_id == case.id)
        .order_by(CasePlace.place)
    )
    return {
        **_said(case, _CASE),
        "stages": [_said(one, ("stage", "done_on", "recorded_at")) for one in sorted(case.stages, key=_stage_order)],
        "archive_code": _said(code, ("code", "series", "serial", "given_at")) if code else None,
        "places": [
            {"place": place, "item_no": item_no, "filing_no": filing, "placed_at": _plain(at)}
            for place, item_no, filing, at in places
        ],
    }


def _stage_order(one: Any) -> tuple[str, str]:
    return one.done_on.isoformat(), one.stage


def _item(row: Item, numbers: Mapping[int, str], made: KeptRendition | None) -> dict[str, Any]:
    return {
        **_said(row, _ITEM),
        "application_no": numbers.get(row.case_id) if row.case_id is not None else None,
        "fields": [_said(one, _FIELD) for one in sorted(row.fields, key=_name)],
        "pages": [_said(one, _PAGE) for one in row.pages],
        "rendition": (
            {"digest": made.digest, "fingerprint": made.fingerprint, "builder": made.builder} if made else None
        ),
    }


def _name(one: ItemField) -> str:
    return one.name


def _said(row: HouseholdFile | CaseFile | Item | ItemField | Page | Any, names: Sequence[str]) -> dict[str, Any]:
    return {name: _plain(getattr(row, name)) for name in names}


def _plain(value: Any) -> Any:
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if value is None or isinstance(value, str | int | float | list | dict):
        return value
    return format(value.normalize(), "f")  # a decimal number: 630.00 and 630 are the same


def _objects(said: Mapping[str, Any]) -> dict[str, str]:
    """Return the objects that the items name; an original that is also a page image stays an original."""
    found: dict[str, str] = {}
    for item in said["items"]:
        for page in item["pages"]:
            for name in PAGE_OBJECTS:
                role = "original" if name == "original_digest" else "rendition"
                if page[name] and found.get(page[name]) != "original":
                    found[page[name]] = role
        if item["rendition"]:
            found.setdefault(item["rendition"]["digest"], "rendition")
    return found


def history(session: Session, content: Content) -> Iterator[bytes]:
    """Yield what this archive wrote of the household, its cases and items, a line an entry, the oldest first.

    A line holds all that the hash of an entry covers, so that each can be checked by itself, and what it is about.
    """
    about = _abouts(session, content)
    keys = {kind: [key for found, key in about if found == kind] for kind in ("household", "case", "item")}
    wanted = select(AuditEntry).where(
        or_(*(and_(AuditEntry.object_kind == kind, AuditEntry.object_id.in_(those)) for kind, those in keys.items()))
    )
    for row in session.scalars(wanted.order_by(AuditEntry.seq).execution_options(yield_per=500)):
        line = {
            "seq": row.seq,
            "at": row.at.isoformat(),
            "person_id": row.person_id,
            "person_name": row.person_name,
            "did": row.did,
            "object_kind": row.object_kind,
            "object_id": row.object_id,
            "unit_id": row.unit_id,
            "facts": row.facts,
            "previous_hash": row.previous_hash,
            "hash": row.hash,
            "about": about[row.object_kind, row.object_id],
        }
        yield as_json(line).encode() + b"\n"


def _abouts(session: Session, content: Content) -> dict[tuple[str, str], str]:
    """Return what each number of this archive is called in the package, by kind and number."""
    of = content.household_id
    chosen = {case["application_no"] for case in content.said["cases"]}
    numbers = {item["item_no"] for item in content.said["items"]}
    found = {("household", str(of)): str(content.said["household"]["account_no"])}
    cases = select(cast(CaseFile.id, String), CaseFile.application_no).where(CaseFile.household_id == of)
    found |= {("case", key): number for key, number in session.execute(cases) if number in chosen}
    items = select(cast(Item.id, String), Item.item_no).where(Item.household_id == of)
    found |= {("item", key): f"{number:03d}" for key, number in session.execute(items) if number in numbers}
    return found


def as_json(value: Any) -> str:
    """Return a value as the one text that stands for it, so that equal content makes equal files."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
