"""How long the archive locks papers that it made itself, as data, and what is wrong in such a text, by line: pure."""

from __future__ import annotations

from functools import lru_cache
from importlib import resources
from pathlib import Path as File
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from archive_service.catalogue.check import read_as
from archive_service.catalogue.marked_yaml import Finding, Path
from archive_service.errors import Invalid

Text = Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]
Kind = Literal[
    "loan_letter", "certified_copy", "appraisal_report", "destruction_certificate",
    "property_report", "property_data", "batch_report", "batch_data", "audit_bundle", "carried_history", "package",
]  # fmt: skip
#: What papers can follow that belong to others.
_FOLLOWS = {"certified_copy": "papers", "property_report": "case", "property_data": "case"}


class _Frozen(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class PaperRule(_Frozen):
    """How long papers of a kind are locked."""

    kind: Kind
    title_zh: Text
    source: Text
    #: Years from the day on which the paper was made; with `follows` at least so many.
    years: Annotated[int, Field(ge=1, le=100)] | None = None
    permanent: bool = False
    #: As long as the papers of others: those that it shows, or those of the case or household that it speaks of.
    follows: Literal["papers", "case"] | None = None
    #: It can be made again and is not locked.
    again: bool = False


class PaperRules(_Frozen):
    """An edition of the rules, one for each kind of paper."""

    edition: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$")]
    title_zh: Text
    source: Text
    papers: tuple[PaperRule, ...]

    def of(self, kind: str) -> PaperRule:
        """Return the rule of a kind of paper."""
        return next(one for one in self.papers if one.kind == kind)


def read(text: str) -> tuple[PaperRules | None, list[Finding]]:
    """Return the rules that `text` writes, or everything that keeps it from being some, in the order of the lines."""
    return read_as(PaperRules, text, name="锁定期限", problems=_problems)


@lru_cache(maxsize=4)
def load(path: str) -> PaperRules:
    """Return the rules of a file, with an empty path those of the package. Raises Invalid."""
    try:
        text = File(path).read_text("utf-8") if path else standard_text()
    except (OSError, ValueError) as e:
        raise Invalid(
            "settings.paper-rules", "读不了系统文件锁定期限的文件。请核对 ARCHIVE_PAPER_RULES_FILE。", path=path
        ) from e
    made, found = read(text)
    if made is None:
        raise Invalid(
            "settings.paper-rules",
            f"系统文件锁定期限第 {found[0].line} 行有误：{found[0].message}请改正 ARCHIVE_PAPER_RULES_FILE 的文件。",
            path=path,
        )
    return made


def standard_text() -> str:
    """Return the text of the rules of the package."""
    return resources.files("retention").joinpath("schedules/papers.yaml").read_text(encoding="utf-8")


def _problems(made: PaperRules) -> list[tuple[Path, str]]:
    found: list[tuple[Path, str]] = []
    seen: set[str] = set()
    for at, rule in enumerate(made.papers):
        if rule.kind in seen:
            found.append((("papers", at), f"“{rule.kind}”写了两次，只能写一次。"))
        seen.add(rule.kind)
        said = [rule.permanent, rule.again, rule.follows is not None or rule.years is not None]
        if sum(said) != 1:
            found.append((("papers", at), "期限要写且只写一种：years、permanent、follows 或 again。"))
        if rule.follows is not None and _FOLLOWS.get(rule.kind) != rule.follows:
            found.append((("papers", at), f"“{rule.kind}”不能随“{rule.follows}”。"))
        if rule.follows == "papers" and rule.years is not None:
            # It goes with the first of its papers, and a lock must not outlast that.
            found.append((("papers", at), "随所显示的资料时不写 years。"))
    lacking = [kind for kind in Kind.__args__ if kind not in seen]  # type: ignore[attr-defined]
    if lacking:
        found.append((("papers", len(made.papers) - 1), f"还缺这些文件的期限：{'、'.join(lacking)}。"))
    return found
