"""Make an edition ready for use out of its text, and an overlay's text out of the one it is based on."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from typing import Protocol, TypeVar

from archive_service.catalogue.schema import (
    Applies,
    DocumentType,
    Edition,
    EditionText,
    Excuse,
    OverlayText,
    Requirement,
)


class _Coded(Protocol):
    @property
    def code(self) -> str: ...


T = TypeVar("T", bound=_Coded)


def overlaid(base: EditionText, overlay: OverlayText) -> EditionText:
    """Return `base` with the entries of `overlay` in place of those of the same code, new ones at the end."""
    kept = [each for each in base.document_types if each.code not in overlay.without_document_types]
    fields = {each.name: each for each in (*base.fields, *overlay.fields)}
    return base.model_copy(
        update={
            "edition": overlay.edition,
            "title_zh": overlay.title_zh,
            "title_en": overlay.title_en,
            "effective_from": overlay.effective_from,
            "effective_until": overlay.effective_until,
            "note": overlay.note,
            "sources": {**base.sources, **overlay.sources},
            "conditions": tuple(_by_code([*base.conditions, *overlay.conditions]).values()),
            "fields": tuple(fields.values()),
            "parties": tuple(_by_code([*base.parties, *overlay.parties]).values()),
            "document_types": tuple(_by_code([*kept, *overlay.document_types]).values()),
            "groups": tuple(_by_code([*base.groups, *overlay.groups]).values()),
            "tolerances": overlay.tolerances or base.tolerances,
            "for_unit": overlay.for_unit,
            "stands_on": overlay.based_on if overlay.for_unit else None,
        }
    )


def edition_of(text: EditionText, *, until: date | None) -> Edition:
    """Return the edition that `text` describes, last in force on `until` (none: still in force).

    `text` must have passed `check.references`.
    """
    types = _by_code(text.document_types)
    return Edition(
        code=text.edition,
        title_zh=text.title_zh,
        title_en=text.title_en,
        effective_from=text.effective_from,
        effective_until=until,
        note=text.note,
        sources=dict(text.sources),
        customer_categories=_by_code(text.customer_categories),
        business_types=_by_code(text.business_types),
        stages=_by_code(sorted(text.stages, key=lambda stage: stage.order)),
        conditions=_by_code(text.conditions),
        exactly_one=text.exactly_one,
        fields={each.name: each for each in text.fields},
        parties=_by_code(text.parties),
        document_types=types,
        groups=_by_code(text.groups),
        tolerances=text.tolerances,
        for_unit=text.for_unit,
        stands_on=text.stands_on,
        _by_case={
            (category.code, business.code): _requirements(text, category.code, business.code)
            for category in text.customer_categories
            for business in text.business_types
            if category.code in business.valid_for
        },
    )


def _by_code(entries: Iterable[T]) -> dict[str, T]:
    return {entry.code: entry for entry in entries}


def _requirements(text: EditionText, category: str, business_type: str) -> tuple[Requirement, ...]:
    names = {condition.code: condition.name_zh for condition in text.conditions}
    return tuple(
        _requirement(text, document_type, applies, names, business_type)
        for document_type in text.document_types
        for applies in document_type.applies
        if applies.category == category and business_type in applies.business_types
    )


def _requirement(
    text: EditionText, wanted: DocumentType, applies: Applies, names: dict[str, str], business_type: str
) -> Requirement:
    return Requirement(
        document_type=wanted.code,
        name_zh=wanted.name_zh,
        stage=wanted.stage,
        requirement=applies.requirement,
        when_any=applies.when_any,
        when_zh=tuple(names[code] for code in applies.when_any),
        count_min=wanted.count_min,
        count_max=wanted.count_max,
        excused_by=tuple(
            Excuse(alternative.papers, alternative.when_any, group.name_zh)
            for group in text.groups
            for alternative in group.any_of
            if wanted.code in alternative.excuses
        ),
        condition="/".join(applies.when_any) or None,
        because=f"依据目录 {text.edition} 版{_basis(wanted)}。",
        origin=wanted.origin,
        medium_rule=wanted.medium_rule,
        result_field=wanted.result_field,
        inheritable=business_type in wanted.inheritable_for,
        expires="valid_to" in wanted.key_fields and not wanted.code.startswith("K"),
    )


def _basis(wanted: DocumentType) -> str:
    if wanted.is_default:
        return "的默认规则"
    cited = dict.fromkeys(re.findall(r"\b[ST]\d+\b", wanted.source))
    return f"，来源 {'、'.join(cited) or wanted.source}"
