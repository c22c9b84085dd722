"""From records to search documents."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive_service import masking, zone
from archive_service.catalogue import load
from archive_service.households.tables import CaseFile, HouseholdFile, Item, ItemField, Page
from archive_service.restricted.queries import lasting
from indexing.document import SearchDocument

#: So many characters around a hidden number stay findable together with it: the longest phrase one can ask for.
_AROUND = 200


def documents(session: Session, household_ids: Sequence[int]) -> list[SearchDocument]:
    """Return the search documents of all filed items of these households, in the order of the items' ids."""
    rows = session.execute(
        select(Item, HouseholdFile, CaseFile)
        .join(HouseholdFile, Item.household_id == HouseholdFile.id)
        .outerjoin(CaseFile, Item.case_id == CaseFile.id)
        .where(Item.household_id.in_(household_ids), Item.state == "filed", ~lasting(Item.id))
        .order_by(Item.id)
    ).all()
    pages, fields = _pages(session, household_ids), _fields(session, household_ids)
    names = type_names()
    return [
        _document(item, household, case, names=names, fields=fields[item.id], pages=pages[item.id])
        for item, household, case in rows
    ]


def type_names() -> Mapping[str, str]:
    """Return the Chinese names of all document types by code; of all editions, the latest last."""
    return {code: kind.name_zh for edition in load.editions() for code, kind in edition.document_types.items()}


def _pages(session: Session, household_ids: Sequence[int]) -> Mapping[int, list[str]]:
    found: dict[int, list[str]] = defaultdict(list)
    asked = select(Page.item_id, Page.text).join(Item, Page.item_id == Item.id)
    wanted = asked.where(Item.household_id.in_(household_ids), Item.state == "filed", ~lasting(Item.id))
    for item_id, text in session.execute(wanted.order_by(Page.item_id, Page.page_no)):
        found[item_id].append(text)
    return found


def _fields(session: Session, household_ids: Sequence[int]) -> Mapping[int, list[tuple[str, str]]]:
    found: dict[int, list[tuple[str, str]]] = defaultdict(list)
    asked = select(ItemField.item_id, ItemField.name, ItemField.value).join(Item, ItemField.item_id == Item.id)
    wanted = asked.where(Item.household_id.in_(household_ids), Item.state == "filed", ~lasting(Item.id))
    for item_id, name, value in session.execute(wanted.order_by(ItemField.id)):
        found[item_id].append((name, value))
    return found


def _document(
    item: Item,
    household: HouseholdFile,
    case: CaseFile | None,
    *,
    names: Mapping[str, str],
    fields: Sequence[tuple[str, str]],
    pages: Sequence[str],
) -> SearchDocument:
    shown = [masking.field(name, value) for name, value in fields]
    # Identity numbers are in no index, however well it is kept: only their keyed hashes are.
    personal = [
        value
        for (name, value), open_value in zip(fields, shown, strict=True)
        if open_value != value and "id_number" not in name and not masking.names_identity(value)
    ]
    hidden = [masking.text(page) for page in pages]
    around = [
        part
        for page, open_page in zip(pages, hidden, strict=True)
        for part in _surroundings(masking.without_identities(page), open_page)
    ]
    type_name = names.get(item.document_type, "")
    title, bare = masking.text(item.title), masking.without_identities(item.title)
    return SearchDocument(
        item_id=item.id,
        household_id=household.id,
        unit_id=household.unit_id,
        document_type=item.document_type,
        category=case.customer_category if case else household.customer_category,
        business_type=case.business_type if case else "",
        on=item.document_date or zone.local(item.filed_at).date(),
        account_no=household.account_no,
        account_name=household.account_name,
        address=household.service_address,
        title=title if title == type_name else f"{title} / {type_name}",
        values=(*([case.application_no] if case else []), *shown),
        pages=tuple(hidden),
        private=(*personal, *around, *([bare] if title != bare else [])),
    )


def _surroundings(page: str, hidden: str) -> Iterator[str]:
    """Give the parts of a page around what is hidden in it; parts that would touch are given as one."""
    if page == hidden:
        return
    start = end = -1
    for place in (i for i, (plain, shown) in enumerate(zip(page, hidden, strict=True)) if plain != shown):
        if end >= 0 and place - _AROUND > end:
            yield page[start:end]
            start = -1
        start = max(0, place - _AROUND) if start < 0 else start
        end = min(len(page), place + _AROUND + 1)
    yield page[start:end]
