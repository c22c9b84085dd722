"""Names out of the catalogue and the matrix of approval in the language of the page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from archive_service.borrowing.matrix import Level, Reason, Rule
from archive_service.catalogue import load
from archive_service.web import words
from archive_service.web.i18n import N_, say, translate

OTHER = "OTHER"


class Labels:
    """Turns codes of the catalogue into names; an unknown code stands for itself."""

    def __init__(self, language: str) -> None:
        self.language = language

    def document_type(self, code: str) -> str:
        """Return the name of a document type."""
        return self._say(N_("其他资料")) if code == OTHER else self._name(_types(), code)

    def business(self, code: str) -> str:
        """Return the name of a business type."""
        return self._name(_businesses(), code)

    def stage(self, code: str) -> str:
        """Return the name of a stage."""
        return self._name(_stages(), code)

    def category(self, code: str) -> str:
        """Return the short name of a customer category."""
        return self._say(words.CATEGORY.get(code, code))

    def case_kind(self, category: str, business: str) -> str:
        """Return category and business in one: 高压新装."""
        return f"{self.category(category)}{' ' if self.language == 'en' else ''}{self.business(business)}"

    def field(self, name: str) -> str:
        """Return the label of a field."""
        if name in words.FIELD:
            return self._say(words.FIELD[name])
        return self._name(_fields(), name) if self.language != "en" else name.replace("_", " ")

    def party(self, code: str, otherwise: str) -> str:
        """Return the name of who signs or seals; `otherwise` where no edition names them any more."""
        name = self._name(_parties(), code)
        return otherwise if name == code else name

    def stage_head(self, code: str) -> str:
        """Return the short name of a stage, for the head of a narrow column."""
        return self._say(words.STAGE[code]) if code in words.STAGE else self.stage(code)

    def loan_level(self, level: Level) -> str:
        """Return who decides at a level of the matrix of approval."""
        return self._say(words.LOAN_LEVEL.get(level.code, level.title))

    def loan_rule(self, rule: Rule) -> str:
        """Return what a rule of the matrix says."""
        return self._say(words.LOAN_RULE.get(rule.id, rule.says))

    def loan_reason(self, reason: Reason) -> str:
        """Return a step on the way to who decides as a sentence."""
        facts: dict[str, str] = {}
        if reason.level is not None:
            facts["level"] = self.loan_level(reason.level)
        if reason.rule is not None:
            facts["rule"] = reason.rule.id
            facts["says"] = self.loan_rule(reason.rule)
        return say(words.LOAN_REASON[reason.code], self.language, **facts)

    def loan_reasons(self, why: Iterable[Reason]) -> str:
        """Return why it is they who decide, in as many sentences as there are steps."""
        return (" " if self.language == "en" else "").join(self.loan_reason(one) for one in why)

    def stages(self) -> list[str]:
        """Return the codes of all stages in work order."""
        return list(_stages())

    def _name(self, things: Mapping[str, Any], code: str) -> str:
        thing = things.get(code)
        if thing is None:
            return code
        return str(thing.name_en).replace("_", " ") if self.language == "en" else str(thing.name_zh)

    def _say(self, message: str) -> str:
        return translate(message, self.language)


def document_types() -> Mapping[str, Any]:
    """Return every document type of the newest edition by its code, in catalogue order."""
    return _types()


@lru_cache(maxsize=1)
def _types() -> dict[str, Any]:
    merged: dict[str, Any] = {}
    for edition in load.known().every:
        merged |= dict(edition.document_types)
    return merged


@lru_cache(maxsize=1)
def _businesses() -> dict[str, Any]:
    return {code: kind for edition in load.known().every for code, kind in edition.business_types.items()}


@lru_cache(maxsize=1)
def _parties() -> dict[str, Any]:
    return {code: party for edition in load.known().every for code, party in edition.parties.items()}


@lru_cache(maxsize=1)
def _stages() -> dict[str, Any]:
    return {code: stage for edition in load.known().every for code, stage in edition.stages.items()}


@lru_cache(maxsize=1)
def _fields() -> dict[str, Any]:
    return {name: field for edition in load.known().every for name, field in edition.fields.items()}


def businesses() -> Mapping[str, Any]:
    """Return every business type by its code."""
    return _businesses()
