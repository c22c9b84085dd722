"""Find what is wrong in the text of an edition and say it by line, in words for the person who edited it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from itertools import pairwise
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from archive_service.catalogue import references as rules
from archive_service.catalogue.build import overlaid
from archive_service.catalogue.marked_yaml import Finding, MarkedYaml, Path
from archive_service.catalogue.schema import EditionText, OverlayText

Form = TypeVar("Form", bound=BaseModel)

#: Reasons of the schema in the words of the archive; {…} are facts of the schema's error.
_REASONS = {
    "extra_forbidden": "不认识的项“{last}”。请核对拼写，或删去。",
    "missing": "缺少“{last}”。",
    "string_type": "这里要写文字；数字或 yes/no 样子的代码请加引号。",
    "string_too_short": "不能为空。",
    "string_too_long": "文字太长，最多 {max_length} 个字符。",
    "string_pattern_mismatch": "“{input}”不符合这里的写法（{pattern}）。",
    "literal_error": "“{input}”不是允许的值。允许的是：{expected}。",
    "enum": "“{input}”不是允许的值。允许的是：{expected}。",
    "int_type": "这里要写整数。",
    "int_parsing": "这里要写整数。",
    "int_from_float": "这里要写整数。",
    "greater_than_equal": "数值太小，至少是 {ge}。",
    "less_than_equal": "数值太大，最多是 {le}。",
    "bool_type": "这里只能写 true 或 false。",
    "bool_parsing": "这里只能写 true 或 false。",
    "tuple_type": "这里要写成列表。",
    "too_short": "至少要有 {min_length} 项。",
    "model_type": "这里要写成“名称: 值”的一组。",
    "dict_type": "这里要写成“名称: 值”的一组。",
}
_DATES = "这里要写日期，例如 2018-01-01。"


def check_text(text: str, *, known: Sequence[EditionText]) -> list[Finding]:
    """Return everything wrong in `text`, in the order of the lines.

    `known` are the other editions: an overlay may be based on one, and the dates of no two may overlap.
    """
    written, found = read(text)
    if not found:
        bases = {each.edition: each for each in known}
        found = references(written, text, bases=bases)
    if not found and written is not None:
        others = [each for each in known if each.edition != written.edition]
        found = [MarkedYaml(text).finding(("effective_from",), each) for each in overlaps([*others, written])]
    return sorted(found, key=lambda each: (each.line, each.column))


def read(text: str) -> tuple[EditionText | OverlayText | None, list[Finding]]:
    """Return the edition or overlay that `text` writes, or what keeps it from being one."""
    marked = MarkedYaml(text)
    if marked.findings:
        return None, marked.findings
    if not isinstance(marked.value, dict):
        return None, [Finding(1, 1, "", "文件里没有资料目录。")]
    form = OverlayText if "based_on" in marked.value else EditionText
    try:
        written = form.model_validate(marked.value)
    except ValidationError as e:
        return None, _in_words(marked, e)
    return written, [marked.finding(path, message) for path, message in rules.twice(written)]


def references(
    written: EditionText | OverlayText | None, text: str, *, bases: Mapping[str, EditionText]
) -> list[Finding]:
    """Return what does not fit together in an edition as `read` returned it from `text`."""
    if written is None:
        return []
    marked = MarkedYaml(text)
    if isinstance(written, OverlayText):
        base = bases.get(written.based_on)
        if base is None:
            return [marked.finding(("based_on",), f"没有可作基础的目录版本“{written.based_on}”。")]
        if written.for_unit and base.for_unit:
            return [marked.finding(("based_on",), "本地增补不能建立在另一份本地增补上。请改用全公司的版本。")]
        known = {each.code for each in base.document_types}
        gone = [code for code in written.without_document_types if code not in known]
        if gone:
            return [marked.finding(("without_document_types",), f"要去掉的“{gone[0]}”不在基础版本里。")]
        written = overlaid(base, written)
    return [marked.finding(path, message) for path, message in rules.problems(written)]


def overlaps(texts: Sequence[EditionText | OverlayText]) -> list[str]:
    """Return a sentence for each two editions that would both be in force on some day."""
    ordered = sorted(texts, key=lambda each: (each.for_unit or "", each.effective_from))
    return [
        f"目录版本“{later.edition}”与“{earlier.edition}”的有效期重叠。请改生效或失效日期。"
        for earlier, later in pairwise(ordered)
        if later.for_unit == earlier.for_unit and later.effective_from <= (earlier.effective_until or _begins(earlier))
    ]


def _begins(text: EditionText | OverlayText) -> date:
    """An edition without a last day gives way to the next; only one that begins on the same day clashes with it."""
    return text.effective_from


def read_as(
    form: type[Form], text: str, *, name: str, problems: Callable[[Form], Iterable[tuple[Path, str]]]
) -> tuple[Form | None, list[Finding]]:
    """Return what `text` writes, or everything that keeps it from being a `form`, in the order of the lines.

    `name` is what is missing from a text that holds something else; `problems` are asked for only where the schema
    finds nothing.
    """
    marked = MarkedYaml(text)
    if marked.findings:
        return None, marked.findings
    if not isinstance(marked.value, dict):
        return None, [Finding(1, 1, "", f"文件里没有{name}。")]
    try:
        made = form.model_validate(marked.value)
    except ValidationError as e:
        return None, _in_words(marked, e)
    found = [marked.finding(path, message) for path, message in problems(made)]
    return (None if found else made), sorted(found, key=lambda one: (one.line, one.column))


def _in_words(marked: MarkedYaml, error: ValidationError) -> list[Finding]:
    return [_finding(marked, each) for each in _causes(error.errors(include_url=False))]


def _causes(errors: Sequence[Any]) -> list[Any]:
    """Leave out the list that is too short only because an entry of it is wrong: the entry's own fault is told."""
    places = [each["loc"] for each in errors]
    return [
        each
        for each, place in zip(errors, places, strict=True)
        if each["type"] != "too_short" or not any(one[: len(place)] == place != one for one in places)
    ]


def _finding(marked: MarkedYaml, error: Any) -> Finding:
    path = error["loc"]
    reason = _DATES if error["type"].startswith("date") else _REASONS.get(error["type"], "这里的值不合要求。")
    facts = {"last": path[-1] if path else "", "input": str(error["input"])[:60], **error.get("ctx", {})}
    # A missing entry has no line of its own: `finding` falls back to what should hold it.
    return marked.finding(path, reason.format(**facts), at_key=error["type"] == "extra_forbidden")
