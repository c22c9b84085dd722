"""Which sheets a case calls for."""

from __future__ import annotations

from collections.abc import Collection

from archive_service.catalogue import load
from archive_service.catalogue.schema import Edition
from archive_service.errors import Invalid
from archive_service.households.views import CaseView, VerdictView
from ingest.sheets.codes import SheetCode
from ingest.sheets.draw import Expected, Sheet

#: Papers that are in the file already, or need not come.
_THERE = frozenset({"present", "inherited", "waived"})
_PLAIN_ADVICE = "放在两份资料之间，可反复使用。"


def expected(case: CaseView) -> list[VerdictView]:
    """Return the papers that the case calls for by now, in catalogue order, those that are there among them."""
    return [verdict for verdict in case.verdicts if verdict.due]


def wanted_types(case: CaseView) -> list[str]:
    """Return the types of the papers that are still to come."""
    return [verdict.document_type for verdict in expected(case) if verdict.status not in _THERE]


def cover(case: CaseView) -> Sheet:
    """Return the cover sheet of a case: whose papers follow, and which the case calls for."""
    edition = _edition(case)
    papers = [
        Expected(one.document_type, _name(edition, one.document_type), one.status in _THERE) for one in expected(case)
    ]
    return Sheet(
        SheetCode(case.application_no, cover=True),
        _business(edition, case),
        (
            ("户号", case.account_no),
            ("户名", case.account_name),
            ("申请编号", case.application_no),
            ("受理日期", case.accepted_on.isoformat() if case.accepted_on else "—"),
        ),
        papers,
        "放在本案件全部资料之前。□ 为尚未归档的资料。",
    )


def separators(case: CaseView, types: Collection[str]) -> list[Sheet]:
    """Return a separator for each of these document types, in catalogue order; raises Invalid for unknown ones."""
    edition = _edition(case)
    unknown = sorted(set(types) - set(edition.document_types))
    if unknown:
        raise Invalid("sheet.document-type", "标准目录中没有这个文件类型。请从列表中选择。", given=unknown[0][:10])
    return [_separator(edition, case, code) for code in edition.document_types if code in types]


def plain(count: int) -> list[Sheet]:
    """Return separators that only part two documents, of any case and type."""
    return [Sheet(SheetCode(), "分隔页", advice=_PLAIN_ADVICE) for _ in range(count)]


def _separator(edition: Edition, case: CaseView, code: str) -> Sheet:
    return Sheet(
        SheetCode(case.application_no, code),
        _name(edition, code),
        (
            ("文件类型", code),
            ("户号", case.account_no),
            ("户名", case.account_name),
            ("申请编号", case.application_no),
        ),
        advice="放在这份资料之前，每份一张。",
    )


def _edition(case: CaseView) -> Edition:
    return load.edition_for(case.accepted_on)


def _name(edition: Edition, code: str) -> str:
    known = edition.document_types.get(code)
    return known.name_zh if known else code


def _business(edition: Edition, case: CaseView) -> str:
    category = edition.customer_categories.get(case.customer_category)
    business = edition.business_types.get(case.business_type)
    return f"{category.name_zh if category else ''}{business.name_zh if business else case.business_type}"
