"""What the cross-document checks see and say, and the comparisons they share."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple, Self

from rapidfuzz.distance import Levenshtein

from archive_service import hanzi, masking
from archive_service.catalogue.tolerances import STRICT, Tolerances
from archive_service.completeness.held import HeldItem

APPLICATION_FORMS = ("A02H", "A02N", "A02R", "A02V", "A02D")
REPLIES = ("P03H", "P03L")
CONTRACTS = ("K01H", "K01L", "K01R", "K01T")
#: On these the name is that of the paper's own subject, compared by XC03.
IDENTITY_PAPERS = ("A05", "A06")


class Agreement(StrEnum):
    """What a check found."""

    AGREES = "agrees"
    DIFFERS = "differs"
    CANNOT_TELL = "cannot_tell"


@dataclass(frozen=True, slots=True)
class CaseFacts:
    """What the business system says of a case."""

    account_no: str
    account_name: str
    application_no: str
    service_address: str
    category: str
    business_type: str
    capacity_kva: Decimal | None = None
    voltage: str | None = None
    accepted_on: date | None = None
    energised_on: date | None = None
    filed_on: date | None = None
    #: Day each stage was completed, by the code of the stage.
    stage_dates: Mapping[str, date] = field(default_factory=dict)
    #: Conditions that are known to hold or not.
    conditions: Mapping[str, bool] = field(default_factory=dict)
    #: The day on which it is asked, for what must still hold while the case is not filed.
    as_of: date | None = None
    #: Pages of the case that are found elsewhere too; none where nobody looked.
    elsewhere: tuple[Elsewhere, ...] | None = None
    #: Limits in working days by stage where they are not the usual ones, and written reasons for being late.
    limits: Mapping[str, int] = field(default_factory=dict)
    late_reasons: Mapping[str, str] = field(default_factory=dict)
    tolerances: Tolerances = STRICT


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A page that is filed in another household as well, or bears its account number."""

    item: int
    page: int | None
    #: same_scan or other_account.
    how: str
    #: The other household's; empty where the reader may not know of it.
    account_no: str


class Seen(NamedTuple):
    """A value and where it was seen; no item means that the business system says so."""

    item: int | None
    document_type: str | None
    field: str
    #: As shown to people: personal numbers are masked.
    value: str
    page: int | None
    #: Where on the page: x0, y0, x1, y1 in pixels of the upright page image; none where that is not known.
    box: tuple[int, int, int, int] | None = None


@dataclass(frozen=True, slots=True)
class Observation:
    """What one cross-document rule found in a case."""

    rule: str
    status: Agreement
    evidence: tuple[Seen, ...]
    message: str


def fingerprint(observation: Observation) -> str:
    """Return what tells apart what a rule saw: another value, paper or place is another finding."""
    seen = sorted(f"{one.item}|{one.field}|{one.value}" for one in observation.evidence)
    said = "\n".join([observation.rule, str(observation.status), *seen])
    return hashlib.sha256(said.encode()).hexdigest()


class Reading(NamedTuple):
    """A value as it stands, with the item it stands on (none: the business system)."""

    item: HeldItem | None
    field: str
    value: str

    @property
    def seen(self) -> Seen:
        """Return it as evidence."""
        item, name, _ = self
        if item is None:
            return Seen(None, None, name, self.shown, None)
        return Seen(item.id, item.document_type, name, self.shown, item.pages.get(name), item.boxes.get(name))

    @property
    def shown(self) -> str:
        """Return the value fit for showing."""
        return masking.id_number(self.value) if self.field.endswith("id_number") else self.value

    @property
    def where(self) -> str:
        """Say where it stands, for a person."""
        if self.item is None:
            return "业务系统"
        page = self.item.pages.get(self.field)
        # Whoever may read the observation may lack the right to personal numbers, and a title may hold one.
        name = masking.text(self.item.title) or self.item.document_type
        return f"{name}第 {page} 页" if page else name

    def __str__(self) -> str:
        return f"{self.where}“{self.shown}”"


class Papers(tuple[HeldItem, ...]):
    """The papers of a case in the order of their ids; every rule reports what it saw in this order."""

    by_type: dict[str, list[HeldItem]]

    def __new__(cls, held: Iterable[HeldItem]) -> Self:
        """Put the papers in order, and those of a type together: most rules ask for a few types."""
        made = super().__new__(cls, sorted(held, key=lambda item: item.id))
        made.by_type = {}
        for item in made:
            made.by_type.setdefault(item.document_type, []).append(item)
        return made

    def of(self, types: Collection[str]) -> Sequence[HeldItem]:
        """Return the papers of some types."""
        found = [item for each in types if each in self.by_type for item in self.by_type[each]]
        return sorted(found, key=lambda item: item.id) if len(found) > 1 else found


def readings(held: Papers, name: str, *, types: Collection[str] | None = None) -> list[Reading]:
    """Return each value of the field `name` on papers of `types` (none: on all), in the order of the papers."""
    among = held if types is None else held.of(types)
    return [Reading(item, name, value) for item in among if (value := item.fields.get(name, "").strip())]


def said(name: str, value: object) -> list[Reading]:
    """Return what the business system says, as readings; nothing if it does not say."""
    return [Reading(None, name, str(value))] if value not in (None, "") else []


def observe(rule: str, status: Agreement, evidence: Sequence[Reading], message: str) -> Observation:
    """Return an observation resting on `evidence`."""
    return Observation(rule, status, tuple([each.seen for each in evidence]), message)


def once(evidence: Iterable[Reading]) -> list[Reading]:
    """Return each reading once, in the order of first mention."""
    return list({(each.item and each.item.id, each.field, each.value): each for each in evidence}.values())


def against(
    rule: str,
    what: str,
    found: Sequence[Reading],
    expected: Sequence[str],
    judge: Callable[[str, str], Agreement],
) -> Observation:
    """Compare each reading with the nearest of what is `expected`, of which the first is the business system's."""
    if not found or not expected:
        return observe(rule, Agreement.CANNOT_TELL, found, f"没有读到{what}，无法比对。")
    # The papers of a thick file say the same value hundreds of times: each is compared once.
    answers = {value: _best(judge(value, one) for one in expected) for value in {each.value for each in found}}
    wrong = [each for each in found if answers[each.value] is Agreement.DIFFERS]
    near = [each for each in found if answers[each.value] is Agreement.CANNOT_TELL]
    system = Reading(None, found[0].field, expected[0])
    if wrong:
        message = f"{what}与业务系统的“{expected[0]}”不一致：{listed(wrong)}。请核对。"
        return observe(rule, Agreement.DIFFERS, [*wrong, system], message)
    if near:
        message = (
            f"{what}与业务系统的“{expected[0]}”相近但不相同，可能是识别误差或写法详略不同：{listed(near)}。请核对。"
        )
        return observe(rule, Agreement.CANNOT_TELL, [*near, system], message)
    return observe(rule, Agreement.AGREES, found, f"{len(found)} 处{what}与业务系统一致。")


def _best(answers: Iterable[Agreement]) -> Agreement:
    found = set(answers)
    return next((each for each in (Agreement.AGREES, Agreement.CANNOT_TELL) if each in found), Agreement.DIFFERS)


def listed(evidence: Sequence[Reading], most: int = 4) -> str:
    """Say the readings one after the other, the first few of many."""
    rest = f"等 {len(evidence)} 处" if len(evidence) > most else ""
    return "、".join(str(each) for each in evidence[:most]) + rest


@lru_cache(maxsize=4096)
def plain(text: str) -> str:
    """Return `text` in half width, simplified and upper case, without spaces and punctuation, for comparing."""
    return re.sub(r"[\s\W_]+", "", hanzi.simplified(unicodedata.normalize("NFKC", text))).upper()


def nearness(one: str, other: str) -> Agreement:
    """Compare two names: equal, apart, or so near that a misread character may explain it (cannot tell)."""
    one, other = plain(one), plain(other)
    if one == other:
        return Agreement.AGREES
    # Short names differ in earnest by one character; in long ones a reader's slip is likelier.
    allowed = min(len(one), len(other)) // 5
    apart = Levenshtein.distance(one, other, score_cutoff=allowed) > allowed
    return Agreement.DIFFERS if apart else Agreement.CANNOT_TELL


def number(text: str) -> Decimal | None:
    """Return the first number in `text`, or None."""
    found = re.search(r"\d[\d,]*(?:\.\d+)?", unicodedata.normalize("NFKC", text))
    return Decimal(found[0].replace(",", "")) if found else None


@lru_cache(maxsize=4096)
def day(text: str) -> date | None:
    """Return the ISO date `text`, or None."""
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        return None
