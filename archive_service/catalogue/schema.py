"""What an edition of the catalogue may say: typed, closed and frozen.

`EditionText` is an edition as written in a file (lists, in the file's order); `Edition` is the same thing ready
for use (looked up by code). `check.py` finds what is wrong in a text, `load.py` turns one into the other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from archive_service.catalogue.tolerances import STRICT, Tolerances
from archive_service.errors import Invalid

Text = Annotated[str, StringConstraints(min_length=1, max_length=400, strip_whitespace=True)]
TypeCode = Annotated[str, StringConstraints(pattern=r"^[A-Z][0-9]{2}[A-Z]?$")]
UpperCode = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9_]{1,11}$")]
FactCode = Annotated[str, StringConstraints(pattern=r"^[a-z][A-Za-z0-9_]{1,30}$")]
EditionCode = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$")]
Seal = Annotated[str, StringConstraints(pattern=r"^[a-z_]+\??$")]
PartyCode = Annotated[str, StringConstraints(pattern=r"^[a-z_]+$")]


class Ask(StrEnum):
    """How firmly the catalogue asks for a paper."""

    REQUIRED = "required"
    CONDITIONAL = "conditional"
    OPTIONAL = "optional"


class Sensitivity(StrEnum):
    """Who may see a paper, from everyone to few."""

    PUBLIC = "public"
    INTERNAL = "internal"
    PERSONAL = "personal"
    SENSITIVE = "sensitive"


class MediumRule(StrEnum):
    """Whether the original must be kept, a verified copy will do, or either."""

    ORIGINAL = "original"
    COPY_VERIFIED = "copy_verified"
    ORIGINAL_OR_COPY = "original_or_copy"


class _Frozen(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class CustomerCategory(_Frozen):
    """One of the customer categories, such as HV."""

    code: UpperCode
    name_zh: Text
    name_en: Text


class BusinessType(_Frozen):
    """A kind of business case and the customer categories in which it exists."""

    code: UpperCode
    name_zh: Text
    name_en: Text
    valid_for: tuple[UpperCode, ...] = Field(min_length=1)


class Stage(_Frozen):
    """A stage of a case, in which some of its papers are born."""

    code: UpperCode
    name_zh: Text
    name_en: Text
    order: int = Field(ge=1)


class Condition(_Frozen):
    """A fact of a case on which papers may depend.

    `derived_from` is an expression over the fields of the case (`completeness/conditions.py`) that decides the fact
    when the business system did not name it.
    """

    code: FactCode
    name_zh: Text
    meaning: Text
    derived_from: Text | None = None
    #: The same as words for a person, the end of "because …".
    derived_zh: Text | None = None
    source: Text
    is_default: bool


class FieldName(_Frozen):
    """A field that papers carry, under the name used everywhere in the archive."""

    name: FactCode
    name_zh: Text
    kind: Literal["text", "number", "date", "identity", "code", "rows"]


class Party(_Frozen):
    """Who signs or seals papers, under the code that `signatures` and `seals` of the document types name.

    `labels` are words that papers print where this party signs or seals, `seal_words` words that stand on its seals;
    both are looked for inside of longer ones and without spaces. `count` is how many different hands or seals it
    takes: two for a contract that both sides sign. `framed` says that its seal is a framed stamp of words.
    """

    code: PartyCode
    name_zh: Text
    name_en: Text
    labels: tuple[Text, ...] = ()
    seal_words: tuple[Text, ...] = ()
    count: int = Field(default=1, ge=1, le=4)
    framed: bool = False


class Applies(_Frozen):
    """For which cases a document type is asked for, and how firmly."""

    category: UpperCode
    business_types: tuple[UpperCode, ...] = Field(min_length=1)
    requirement: Ask
    when_any: tuple[FactCode, ...] = ()


class DocumentType(_Frozen):
    """A kind of paper: where it comes from, what makes it valid, which cases need it."""

    code: TypeCode
    name_zh: Text
    name_en: Text
    stage: UpperCode
    origin: Literal["customer", "utility", "third", "joint"]
    medium_rule: MediumRule
    #: Who signs and who seals, as codes of `parties`. A trailing ? means: only if the signer is an organisation.
    signatures: tuple[Seal, ...]
    seals: tuple[Seal, ...]
    #: Whether a paper on which one of these was not seen for sure waits for a person instead of being filed.
    marks_hold_filing: bool = False
    #: Fewest items that satisfy a requirement that is due; 0 asks for nothing but keeps what comes.
    count_min: int = Field(ge=0, le=1000)
    #: Most items a case usually holds; none means no upper limit.
    count_max: int | None = Field(default=None, ge=1, le=1000)
    sensitivity: Sensitivity
    applies: tuple[Applies, ...] = Field(min_length=1)
    title_keywords: tuple[Text, ...] = Field(min_length=1)
    #: Papers of different kinds that all count as this type.
    accepts_any_of: tuple[Text, ...] = ()
    key_fields: tuple[FactCode, ...] = ()
    #: Which capacity the field `capacity` means on this paper.
    capacity_kind: Literal[
        "applied", "approved", "supply", "contract", "generation", "equipment", "stopped", "after"
    ] | (None) = None
    #: What the field `document_date` means on this paper, in words for a person.
    date_meaning: Text | None = None
    #: The field that says how a round ended, where there may be several and the last must pass.
    result_field: FactCode | None = None
    #: Business types in which a paper of an earlier case of the household will do, while it is still valid.
    inheritable_for: tuple[UpperCode, ...] = ()
    source: Text
    #: Not found in any cited rule: the unit may change it freely.
    is_default: bool


class Alternative(_Frozen):
    """Papers that do the service of a group together.

    It counts in cases where any of `when_any` holds (in every case if none is named). When all its `papers` are
    held, the papers named in `excuses` are no longer asked for.
    """

    papers: tuple[TypeCode, ...] = Field(min_length=1)
    when_any: tuple[FactCode, ...] = ()
    excuses: tuple[TypeCode, ...] = ()


class Group(_Frozen):
    """Papers that prove the same thing, so that one alternative is enough."""

    code: UpperCode
    name_zh: Text
    name_en: Text
    any_of: tuple[Alternative, ...] = Field(min_length=2)
    source: Text
    is_default: bool


class EditionText(_Frozen):
    """An edition as written, every list in the file's order."""

    edition: EditionCode
    title_zh: Text
    title_en: Text
    #: First day on which an accepted case is judged by this edition.
    effective_from: date
    #: Last such day; none means until the next edition begins.
    effective_until: date | None = None
    note: Annotated[str, StringConstraints(max_length=4000)] = ""
    sources: dict[str, Text]
    customer_categories: tuple[CustomerCategory, ...] = Field(min_length=1)
    business_types: tuple[BusinessType, ...] = Field(min_length=1)
    stages: tuple[Stage, ...] = Field(min_length=1)
    conditions: tuple[Condition, ...]
    #: Of each of these, exactly one holds in every case.
    exactly_one: tuple[tuple[FactCode, ...], ...] = ()
    fields: tuple[FieldName, ...]
    #: Of all who sign or seal; an edition without them is judged by the codes alone.
    parties: tuple[Party, ...] = ()
    document_types: tuple[DocumentType, ...] = Field(min_length=1)
    groups: tuple[Group, ...] = ()
    tolerances: Tolerances = STRICT
    #: Code of the unit for which alone, and for what is below it, it adds to the edition `stands_on`; none: for all.
    for_unit: EditionCode | None = None
    stands_on: EditionCode | None = None


class OverlayText(_Frozen):
    """An edition written as its differences from another: whole entries replace those of the same code."""

    edition: EditionCode
    based_on: EditionCode
    title_zh: Text
    title_en: Text
    effective_from: date
    effective_until: date | None = None
    note: Annotated[str, StringConstraints(max_length=4000)] = ""
    sources: dict[str, Text] = Field(default_factory=dict)
    conditions: tuple[Condition, ...] = ()
    fields: tuple[FieldName, ...] = ()
    parties: tuple[Party, ...] = ()
    document_types: tuple[DocumentType, ...] = ()
    without_document_types: tuple[TypeCode, ...] = ()
    groups: tuple[Group, ...] = ()
    #: None: those of the edition it is based on.
    tolerances: Tolerances | None = None
    #: Code of the unit whose local additions these are; none: for all.
    for_unit: EditionCode | None = None


@dataclass(frozen=True, slots=True)
class Excuse:
    """Papers that, all held in a case where any of `when_any` holds, make another paper unnecessary."""

    papers: tuple[str, ...]
    when_any: tuple[str, ...]
    group_zh: str


@dataclass(frozen=True, slots=True)
class Requirement:
    """One document type as asked for in cases of one customer category and business type."""

    document_type: str
    name_zh: str
    stage: str
    requirement: Ask
    when_any: tuple[str, ...]
    #: Names of `when_any` for a person, in the same order.
    when_zh: tuple[str, ...]
    count_min: int
    count_max: int | None
    excused_by: tuple[Excuse, ...]
    #: The flags on which it depends, any of them being enough, joined by a slash; none if it depends on none.
    condition: str | None
    #: The edition, with the source in it, as the end of a sentence.
    because: str
    #: Whose hand the paper comes from: customer, utility, third or joint.
    origin: str = "customer"
    medium_rule: MediumRule = MediumRule.ORIGINAL_OR_COPY
    #: The field that says how a round ended; none where there are no rounds.
    result_field: str | None = None
    #: Whether a paper of an earlier case of the household will do.
    inheritable: bool = False
    #: Whether it bears a last day of validity that must not be past when the paper is used.
    expires: bool = False


class UnknownCombination(Invalid):
    """The catalogue has no such business type in that customer category."""


@dataclass(frozen=True)
class Edition:
    """An edition ready for use; every mapping is in catalogue order."""

    code: str
    title_zh: str
    title_en: str
    effective_from: date
    effective_until: date | None
    note: str
    sources: Mapping[str, str]
    customer_categories: Mapping[str, CustomerCategory]
    business_types: Mapping[str, BusinessType]
    stages: Mapping[str, Stage]
    conditions: Mapping[str, Condition]
    exactly_one: tuple[tuple[str, ...], ...]
    fields: Mapping[str, FieldName]
    parties: Mapping[str, Party]
    document_types: Mapping[str, DocumentType]
    groups: Mapping[str, Group]
    tolerances: Tolerances
    #: The unit whose local additions these are, and the edition that they stand on; none for an edition for all.
    for_unit: str | None
    stands_on: str | None
    _by_case: Mapping[tuple[str, str], tuple[Requirement, ...]] = field(repr=False)

    @property
    def combinations(self) -> tuple[tuple[str, str], ...]:
        """Return every customer category with each business type that exists in it."""
        return tuple(self._by_case)

    def requirements(self, category: str, business_type: str) -> tuple[Requirement, ...]:
        """Return what is asked of such cases, in catalogue order.

        Raises UnknownCombination if there are no such cases.
        """
        try:
            return self._by_case[category, business_type]
        except KeyError:
            message = (
                f"资料目录（{self.title_zh}）里没有“{category} × {business_type}”这种业务。请核对客户类别和业务类型。"
            )
            raise UnknownCombination(
                "catalogue.combination", message, category=category, business_type=business_type
            ) from None
