"""What must hold between the parts of an edition: every name used is known, every number fits, nothing twice."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import chain

from archive_service.catalogue import circles, expressions
from archive_service.catalogue.marked_yaml import Path
from archive_service.catalogue.schema import Applies, Ask, DocumentType, EditionText, Group, OverlayText

Problem = tuple[Path, str]
_SOURCE = re.compile(r"\b(?:[ST]\d+|OWN)\b")


def twice(text: EditionText | OverlayText) -> Iterator[Problem]:
    """Yield each entry whose code an earlier entry of the same list bears."""
    for section in (
        "customer_categories",
        "business_types",
        "stages",
        "conditions",
        "parties",
        "document_types",
        "groups",
    ):
        codes = [entry.code for entry in getattr(text, section, ())]
        yield from _twice((section,), codes, "code")
    yield from _twice(("fields",), [entry.name for entry in text.fields], "name")
    orders = [str(stage.order) for stage in getattr(text, "stages", ())]
    yield from _twice(("stages",), orders, "order")


def _twice(path: Path, codes: list[str], key: str) -> Iterator[Problem]:
    for position, code in enumerate(codes):
        if code in codes[:position]:
            yield (*path, position, key), f"“{code}”在前面已经有了，不能重复。"


def problems(text: EditionText) -> list[Problem]:
    """Return everything that does not fit together in a whole edition."""
    # A business without papers usually follows from a rule that names it wrongly: that one is told alone.
    return list(_parts(text)) or list(_combinations_without_papers(text))


def _parts(text: EditionText) -> Iterator[Problem]:
    if text.effective_until and text.effective_until < text.effective_from:
        yield ("effective_until",), "失效日期早于生效日期。"
    yield from _conditions(text)
    categories = {each.code for each in text.customer_categories}
    for business in text.business_types:
        yield from _unknown(("business_types", business.code, "valid_for"), business.valid_for, categories, "客户类别")
    for document_type in text.document_types:
        yield from _document_type(text, document_type)
    for group in text.groups:
        yield from _group(text, group)
    yield from _sources(text)
    yield from circles.of_conditions(text)
    yield from circles.of_excuses(text)


def _unknown(path: Path, codes: Iterable[str], known: Iterable[str], kind: str) -> Iterator[Problem]:
    known = set(known)
    for position, code in enumerate(codes):
        if code not in known:
            yield (*path, position), f"没有{kind}“{code}”。请核对代码。"


def _conditions(text: EditionText) -> Iterator[Problem]:
    codes = {each.code for each in text.conditions}
    for condition in text.conditions:
        path: Path = ("conditions", condition.code, "derived_from")
        if (condition.derived_from is None) != (condition.derived_zh is None):
            yield path[:2], "derived_from（表达式）和 derived_zh（说明）要么都写，要么都不写。"
        if condition.derived_from is None:
            continue
        try:
            leaves = list(expressions.parts_of(expressions.parse(condition.derived_from)))
        except expressions.BadExpression as e:
            yield path, f"第 {e.facts['column']} 个字符：{e.message}"
            continue
        for leaf in leaves:
            yield from _leaf(text, path, leaf, codes - {condition.code})
    for position, some in enumerate(text.exactly_one):
        yield from _unknown(("exactly_one", position), some, codes, "办理条件")
        if len(set(some)) < 2:
            yield ("exactly_one", position), "“恰有其一”至少要列两个不同的条件。"


def _leaf(text: EditionText, path: Path, leaf: object, codes: set[str]) -> Iterator[Problem]:
    names = {
        "category": {each.code for each in text.customer_categories},
        "business_type": {each.code for each in text.business_types},
        "name_form": set(expressions.NAME_FORMS),
    }
    if isinstance(leaf, expressions.Flag) and leaf.code not in codes:
        yield path, f"表达式里的“{leaf.code}”既不是字段，也不是另一个办理条件。"
    if isinstance(leaf, expressions.Held) and leaf.paper not in {each.code for each in text.document_types}:
        yield path, f"表达式里的资料类型“{leaf.paper}”不在目录里。"
    if isinstance(leaf, expressions.OneOf):
        for name in leaf.names:
            if name not in names[leaf.field]:
                yield path, f"表达式里的“{name}”不是“{leaf.field}”可能的值。"


def _document_type(text: EditionText, wanted: DocumentType) -> Iterator[Problem]:
    path: Path = ("document_types", wanted.code)
    if wanted.stage not in {each.code for each in text.stages}:
        yield (*path, "stage"), f"没有环节“{wanted.stage}”。请核对代码。"
    if wanted.count_max is not None and wanted.count_max < wanted.count_min:
        yield (*path, "count_max"), f"最多份数 {wanted.count_max} 小于最少份数 {wanted.count_min}。"
    names = {each.name for each in text.fields}
    yield from _unknown((*path, "key_fields"), wanted.key_fields, names, "字段")
    yield from _twice((*path, "key_fields"), list(wanted.key_fields), "")
    if wanted.capacity_kind and "capacity" not in wanted.key_fields:
        yield (*path, "capacity_kind"), "写了容量种类，但 key_fields 里没有 capacity。"
    if wanted.date_meaning and "document_date" not in wanted.key_fields:
        yield (*path, "date_meaning"), "写了日期含义，但 key_fields 里没有 document_date。"
    if wanted.result_field and wanted.result_field not in wanted.key_fields:
        yield (*path, "result_field"), f"结论字段“{wanted.result_field}”不在 key_fields 里。"
    business = {each.code for each in text.business_types}
    yield from _unknown((*path, "inheritable_for"), wanted.inheritable_for, business, "业务类型")
    yield from _marks(text, path, wanted)
    for position, applies in enumerate(wanted.applies):
        yield from _applies(text, (*path, "applies", position), applies)
    asked = Counter((each.category, code) for each in wanted.applies for code in each.business_types)
    for (category, code), times in asked.items():
        if times > 1:
            yield (*path, "applies"), f"“{category} × {code}”规定了 {times} 次，只能有一条规则。"


def _marks(text: EditionText, path: Path, wanted: DocumentType) -> Iterator[Problem]:
    """Name those who are to sign or seal and whom the edition does not know; one without parties knows nobody."""
    known = {each.code for each in text.parties}
    for name, codes in (("signatures", wanted.signatures), ("seals", wanted.seals)):
        for position, code in enumerate(codes if known else ()):
            if code.removesuffix("?") not in known:
                yield (
                    (*path, name, position),
                    f"没有签章方“{code.removesuffix('?')}”。请核对代码，或在 parties 里补充。",
                )
    if wanted.marks_hold_filing and not (wanted.signatures or wanted.seals):
        yield (*path, "marks_hold_filing"), "没有要求签字或盖章，不能因此不归档。"


def _applies(text: EditionText, path: Path, applies: Applies) -> Iterator[Problem]:
    yield from _unknown((*path, "when_any"), applies.when_any, {each.code for each in text.conditions}, "办理条件")
    if applies.requirement is Ask.CONDITIONAL and not applies.when_any:
        yield path, "条件必收（conditional）必须用 when_any 写明条件。"
    if applies.requirement is not Ask.CONDITIONAL and applies.when_any:
        yield (*path, "when_any"), "只有条件必收（conditional）才能写 when_any。"
    if applies.category not in {each.code for each in text.customer_categories}:
        yield (*path, "category"), f"没有客户类别“{applies.category}”。请核对代码。"
        return
    valid = {each.code: each.valid_for for each in text.business_types}
    yield from _unknown((*path, "business_types"), applies.business_types, valid, "业务类型")
    for position, code in enumerate(applies.business_types):
        if code in valid and applies.category not in valid[code]:
            yield (*path, "business_types", position), f"业务类型“{code}”不适用于客户类别“{applies.category}”。"


def _group(text: EditionText, group: Group) -> Iterator[Problem]:
    path: Path = ("groups", group.code, "any_of")
    types = {each.code for each in text.document_types}
    conditions = {each.code for each in text.conditions}
    members = set(chain.from_iterable(each.papers for each in group.any_of))
    for position, each in enumerate(group.any_of):
        here = (*path, position)
        yield from _unknown((*here, "papers"), each.papers, types, "资料类型")
        yield from _unknown((*here, "when_any"), each.when_any, conditions, "办理条件")
        for excused in each.excuses:
            if excused not in members or excused in each.papers:
                yield (*here, "excuses"), f"“{excused}”不是本组另一种证明的资料，不能免收。"


def _sources(text: EditionText) -> Iterator[Problem]:
    entries = chain(
        (("conditions", each.code, each.source) for each in text.conditions),
        (("document_types", each.code, each.source) for each in text.document_types),
        (("groups", each.code, each.source) for each in text.groups),
    )
    for section, code, source in entries:
        for name in _SOURCE.findall(source):
            if name not in text.sources:
                yield (section, code, "source"), f"来源“{name}”没有列在 sources 里。"


def _combinations_without_papers(text: EditionText) -> Iterator[Problem]:
    asked = {
        (each.category, code) for kind in text.document_types for each in kind.applies for code in each.business_types
    }
    for business in text.business_types:
        for category in business.valid_for:
            if (category, business.code) not in asked:
                yield ("business_types", business.code), f"“{category} × {business.code}”没有任何资料要求。"
