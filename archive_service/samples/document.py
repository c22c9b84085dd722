"""What a finished document is, and the entries of forms: a label, what is printed, what is meant."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from random import Random

from archive_service.samples import style as styles
from archive_service.samples.cases import BUSINESS_NAMES, CATEGORY_NAMES, SUPPLIER, Case
from archive_service.samples.sheet import A4, Sheet
from archive_service.samples.writer import Cell, Writer


@dataclass
class Document:
    """One paper: its catalogue type ("" for papers the catalogue does not know), its sheets and what they say.

    `fields` holds the values printed on it, normalised: days as ISO, capacities as bare numbers with their unit
    in `units`.
    """

    code: str
    title: str
    sheets: list[Sheet]
    fields: dict[str, str] = field(default_factory=dict)
    units: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Entry:
    """One blank of a form: its label and what is filled in; `wide` asks for a row of its own."""

    label: str
    shown: str
    wide: bool = False


class Paper(Writer):
    """A document in the making: a writer that also keeps account of what it has said."""

    def __init__(
        self, case: Case, rng: Random, *, by_hand: float = 0.4, size: tuple[float, float] = A4, margin: float = 0
    ) -> None:
        look = styles.invent(rng, by_hand=by_hand)
        if margin:
            look = styles.replace_margin(look, margin)
        super().__init__(look, rng, size=size)
        self.case = case
        self.heading = ""
        self.fields: dict[str, str] = {}
        self.units: dict[str, str] = {}

    def finish(self, code: str) -> Document:
        """Return the document as a filed type."""
        return Document(code, self.heading, self.sheets, dict(self.fields), dict(self.units))

    def head(self, *titles: str, office: bool = True) -> None:
        """Print one of these titles, some offices with their name above it."""
        self.heading = self.rng.choice(titles)
        above = self.case.unit_name if self.rng.random() < 0.3 else SUPPLIER
        self.title(self.heading, above if office and self.style.supplier_above else "")

    def said(self, name: str, value: str) -> str:
        """Note that the paper states this value and return it."""
        self.fields[name] = value
        return value

    def day(self, stage_or_day: str | date, name: str = "document_date") -> str:
        """Return a day as printed; noted under `name` unless that is empty."""
        day = self.case.day(stage_or_day) if isinstance(stage_or_day, str) else stage_or_day
        if name:
            self.said(name, day.isoformat())
        return self.style.day(day)

    def power(self, amount: int, name: str = "capacity") -> str:
        """Return a capacity as printed, noted under `name`."""
        if name:
            self.said(name, str(amount))
            self.units[name] = self.case.capacity_unit
        return self.style.power(amount, self.case.capacity_unit)

    def generation(self) -> str:
        """Return the capacity of a generator as printed; always in kW, and noted as the paper's capacity."""
        self.units["capacity"] = "kW"
        self.said("capacity", str(self.case.generation))
        return self.style.power(self.case.generation, "kW")

    def entry(self, name: str, *, label: str = "") -> Entry:
        """Return the entry of a known field, as this case has it."""
        label = label or self.style.label("capacity_applied" if name == "capacity_applied" else name)
        wide = name in ("account_name", "service_address")
        return Entry(label, self.value(name), wide)

    def entries(self, names: str) -> list[Entry]:
        """Return entries of several known fields, given as words."""
        return [self.entry(name) for name in names.split()]

    def value(self, name: str) -> str:
        """Return a known field of the case as printed, noting that the paper says it."""
        case = self.case
        if name in ("capacity", "capacity_applied"):
            return self.power(case.capacity)
        if name == "voltage":
            self.said(name, case.voltage)
            return self.style.volts(case.voltage)
        if name == "business_type":
            return f"{CATEGORY_NAMES[case.category]}{BUSINESS_NAMES[case.business_type]}"
        if name == "identity":
            return self.value("credit_code" if case.company else "id_number")
        if name == "meter_no":
            return self.said(name, case.meters[0])
        return self.said(name, _plain(case, name)) if _plain(case, name) else ""

    def identity(self) -> Entry:
        """Return the holder's number: a company's credit code, a person's id number."""
        return self.entry("credit_code" if self.case.company else "id_number")

    def form(self, entries: Sequence[Entry]) -> None:
        """Print entries in one of several arrangements: a table of four columns or two, lined blanks, bare words."""
        kind = self.style.layout % 6
        if not self.ruled:
            self._blanks(entries, lined=kind == 3)
        elif kind == 2:
            self.table([[Cell(e.label, 0.26, "label"), Cell(e.shown, 0.74)] for e in entries])
        else:
            self.table(list(_paired(entries, 0.17 if kind % 2 == 0 else 0.2)))

    @property
    def ruled(self) -> bool:
        """Whether this form is a table, not lines of words."""
        return self.style.layout % 6 not in (3, 5)

    def section(self, text: str) -> None:
        """Print a heading row across the table, or a bold line where the form has no table."""
        if not self.ruled:
            self.y += 3
            self.paragraph(text, indent=0, bold=True, leading=1.5)
        else:
            self.table([[Cell(text, 1.0, "head")]], row_mm=7.5)

    def remark(self, label: str, text: str, height: float = 24, *, filled: bool = True) -> None:
        """Print a tall row with running text, such as an opinion; not `filled` in, it is part of the form."""
        if self.ruled:
            self.table([[Cell(label, 0.17, "label"), Cell(text, 0.83, "value" if filled else "plain")]], row_mm=height)
        else:
            self.paragraph(f"{label}{self.style.colon}{text}", indent=0)
            self.y += 4

    def supplier_seal(self, words: str = "业务专用章") -> str:
        """Return the seal of the supply company."""
        return f"{SUPPLIER}|{words}"

    def customer_seal(self, words: str = "") -> str:
        """Return the seal of the customer, which only organisations have."""
        return f"{self.case.account_name}|{words}" if self.case.company else ""

    def customer_signer(self) -> str:
        """Name who signs for the customer: the agent if there is one."""
        return self.case.agent.name if self.case.agent else self.case.holder.name

    def _blanks(self, entries: Iterable[Entry], *, lined: bool) -> None:
        self.y += 2
        x = self.left
        for entry in entries:
            wide = entry.wide or len(entry.label) + len(entry.shown) > 24
            if wide and x > self.left:
                x = self.left
            if x == self.left:
                self.need(10)
                self.y += 9.5
            self.blank(entry.label, entry.shown, x, self.width if wide else self.width / 2, lined=lined)
            x = self.left if wide or x > self.left else self.left + self.width / 2
        self.y += 6


def _paired(entries: Sequence[Entry], share: float) -> Iterable[list[Cell]]:
    waiting: Entry | None = None
    for entry in entries:
        if entry.wide:
            if waiting:
                yield [Cell(waiting.label, share, "label"), Cell(waiting.shown, 1 - share)]
                waiting = None
            yield [Cell(entry.label, share, "label"), Cell(entry.shown, 1 - share)]
        elif waiting:
            rest = 0.5 - share
            yield [
                Cell(waiting.label, share, "label"),
                Cell(waiting.shown, rest),
                Cell(entry.label, share, "label"),
                Cell(entry.shown, rest),
            ]
            waiting = None
        else:
            waiting = entry
    if waiting:
        yield [Cell(waiting.label, share, "label"), Cell(waiting.shown, 1 - share)]


def _plain(case: Case, name: str) -> str:
    """Return a field that is printed as it is kept."""
    company, agent = case.company, case.agent
    return {
        "account_no": case.account_no,
        "application_no": case.application_no,
        "account_name": case.account_name,
        "service_address": case.service_address,
        "id_number": case.holder.id_number,
        "credit_code": company.credit_code if company else "",
        "agent_name": agent.name if agent else "",
        "agent_id_number": agent.id_number if agent else "",
        "legal_rep_name": company.head.name if company else "",
        "phone": case.phone,
        "usage_class": case.usage_class,
        "industry": case.industry,
        "contract_no": case.contract_no,
    }[name]
