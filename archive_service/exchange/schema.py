"""What `household.json` may say: hostile until it fits this. Lengths are those of the columns."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError, model_validator

from archive_service.exchange.content import PAGE_OBJECTS
from archive_service.exchange.findings import Finding
from archive_service.households import states

_MOST_TOLD = 50
_WHERE = "household.json"
Digest = Annotated[str, Field(pattern=re.compile(r"^[0-9a-f]{64}\Z"))]
Count = Annotated[int, Field(ge=0, le=10**9)]
Sure = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]


def _text(most: int, least: int = 0) -> Any:
    # NUL is no text to PostgreSQL, and a lone surrogate none to UTF-8.
    return Field(max_length=most, min_length=least, pattern=r"^[^\x00\ud800-\udfff]*$")


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, regex_engine="python-re")


class HeadSaid(_Part):
    """The household itself."""

    account_no: Annotated[str, _text(20, 1)]
    account_name: Annotated[str, _text(200, 1)]
    service_address: Annotated[str, _text(400)]
    customer_category: Annotated[str, _text(4, 1)]
    state: Literal["open", "closed"]
    created_at: AwareDatetime


class StageSaid(_Part):
    """A stage day."""

    stage: Annotated[str, _text(12, 1)]
    done_on: date
    recorded_at: AwareDatetime


class CodeSaid(_Part):
    """An archive code."""

    code: Annotated[str, _text(120, 1)]
    series: Annotated[str, _text(120)]
    serial: Count
    given_at: AwareDatetime


class PlaceSaid(_Part):
    """The place of a paper in its case."""

    place: Annotated[int, Field(ge=1)]
    item_no: Annotated[int, Field(ge=1)]
    filing_no: Annotated[int, Field(ge=1)]
    placed_at: AwareDatetime


class CaseSaid(_Part):
    """A case."""

    application_no: Annotated[str, _text(40, 1)]
    customer_category: Annotated[str, _text(4, 1)]
    business_type: Annotated[str, _text(10, 1)]
    capacity_kva: Annotated[Decimal, Field(ge=0, max_digits=12, decimal_places=2)] | None
    voltage: Annotated[str, _text(20)] | None
    conditions: Annotated[list[Annotated[str, _text(40)]], Field(max_length=200)] | None
    accepted_on: date | None
    energised_on: date | None
    source_as_of: AwareDatetime | None
    state: Annotated[str, _text(12)]
    filed_at: AwareDatetime | None
    created_at: AwareDatetime
    stages: Annotated[list[StageSaid], Field(max_length=200)]
    archive_code: CodeSaid | None
    places: list[PlaceSaid]

    @model_validator(mode="after")
    def _known(self) -> CaseSaid:
        if self.state not in states.STATES:
            raise ValueError("unknown state")
        return self


class FieldSaid(_Part):
    """A field of an item."""

    name: Annotated[str, _text(40, 1)]
    value: Annotated[str, _text(400)]
    unit: Annotated[str, _text(10)] | None
    confidence: Sure
    page: Count | None
    box: Annotated[list[int], Field(min_length=4, max_length=4)] | None
    checked: bool | None


class PageSaid(_Part):
    """A page of an item."""

    page_no: Annotated[int, Field(ge=1)]
    original_digest: Digest
    original_page: Annotated[int, Field(ge=1)]
    image_digest: Digest
    thumbnail_digest: Digest
    width_px: Count
    height_px: Count
    dpi: Count
    rotation: Annotated[int, Field(ge=0, le=359)]
    engine: Annotated[str, _text(80)]
    confidence: Sure
    text: Annotated[str, _text(2_000_000)]
    lines_digest: Digest


class RenditionSaid(_Part):
    """A searchable copy."""

    digest: Digest
    fingerprint: Digest
    builder: Count


class ItemSaid(_Part):
    """An item."""

    item_no: Annotated[int, Field(ge=1, le=10**6)]
    document_type: Annotated[str, _text(10, 1)]
    title: Annotated[str, _text(200, 1)]
    document_date: date | None
    sensitivity: Literal["public", "internal", "personal", "sensitive"]
    state: Literal["filed", "withdrawn"]
    confidence: Sure
    reasons: Annotated[list[Annotated[str, _text(2000)]], Field(max_length=1000)]
    marks: list[dict[str, Any]] | None
    medium: Literal["original", "verified_copy", "copy"] | None
    legible: bool | None
    filed_at: AwareDatetime
    application_no: Annotated[str, _text(40)] | None
    fields: Annotated[list[FieldSaid], Field(max_length=500)]
    pages: Annotated[list[PageSaid], Field(min_length=1, max_length=10_000)]
    rendition: RenditionSaid | None

    @model_validator(mode="after")
    def _whole(self) -> ItemSaid:
        if [page.page_no for page in self.pages] != list(range(1, len(self.pages) + 1)):
            raise ValueError("pages have a gap")
        if len({one.name for one in self.fields}) != len(self.fields):
            raise ValueError("a field twice")
        return self


class HouseholdSaid(_Part):
    """A whole `household.json`."""

    format: Literal["archive-service household 1"]
    selection: list[int] | None
    unit: Annotated[str, _text(40)]
    household: HeadSaid
    cases: Annotated[list[CaseSaid], Field(max_length=10_000)]
    items: Annotated[list[ItemSaid], Field(max_length=100_000)]
    files: dict[Digest, Annotated[str, _text(400)]]

    @model_validator(mode="after")
    def _consistent(self) -> HouseholdSaid:
        numbers = [item.item_no for item in self.items]
        cases = [case.application_no for case in self.cases]
        if len(set(numbers)) != len(numbers) or len(set(cases)) != len(cases):
            raise ValueError("a number twice")
        if not {item.application_no for item in self.items} - {None} <= set(cases):
            raise ValueError("an item of a case that is not there")
        placed = {one.item_no for case in self.cases for one in case.places}
        if not placed <= set(numbers):
            raise ValueError("a place of an item that is not there")
        return self

    def objects(self) -> dict[str, str]:
        """Return the objects that the items name, and what they are to be looked at as: a file, or lines of text."""
        found: dict[str, str] = {}
        for item in self.items:
            for page in item.pages:
                found |= {getattr(page, name): name for name in PAGE_OBJECTS}
            if item.rendition:
                found[item.rendition.digest] = "rendition"
        return found


def read(content: bytes) -> HouseholdSaid | list[Finding]:
    """Return what the file says, or everything that is wrong with it."""
    try:
        return HouseholdSaid.model_validate_json(content)
    except ValidationError as e:
        where = [".".join(map(str, one["loc"]))[:120] or _WHERE for one in e.errors()[:_MOST_TOLD]]
        return [Finding("package.metadata", place, "元数据缺失、超长或不合规定的取值。") for place in where]
    except (RecursionError, UnicodeDecodeError):
        return [Finding("package.metadata", _WHERE, "元数据无法读取。")]
