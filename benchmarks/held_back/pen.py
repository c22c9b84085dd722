"""Writes one paper: chooses labels and forms of values, and notes what was written as the truth."""

from __future__ import annotations

import html
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from importlib.resources import files
from random import Random
from typing import Any, NamedTuple

import yaml

from benchmarks.held_back import writing
from benchmarks.held_back.world import Case

#: Labels and layouts that may be looked at, those that might not until they were, and those that may not.
SPLITS = ("dev", "held", "second")


class Row(NamedTuple):
    """A label and what stands beside it, as HTML."""

    label: str
    value: str


@dataclass
class Paper:
    """One paper: its pages as HTML, and what is true of it. `code` is empty for what is in no catalogue."""

    code: str
    title: str
    layout: str
    pages: list[str]
    fields: dict[str, str] = field(default_factory=dict)


@lru_cache(maxsize=1)
def wording() -> dict[str, Any]:
    """Return `wording.yaml`."""
    text = files("benchmarks.held_back").joinpath("wording.yaml").read_text(encoding="utf-8")
    data: dict[str, Any] = yaml.safe_load(text)
    more = files("benchmarks.held_back").joinpath("wording_second.yaml").read_text(encoding="utf-8")
    _add_second(data, yaml.safe_load(more))
    return data


def _add_second(to: dict[str, Any], words: dict[str, Any]) -> None:
    """Put the wordings of the second part beside those of the others."""
    for key, found in words.items():
        if isinstance(found, list):
            to[key]["second"] = found
        else:
            _add_second(to[key], found)


class Pen:
    """Writes a paper of type `code` for `case` in the words of a split."""

    def __init__(self, case: Case, code: str, split: str, rng: Random) -> None:
        self.case, self.code, self.split, self.rng = case, code, split, rng
        self.fields: dict[str, str] = {}
        self._day_style = rng.choice((0, 0, 0, 1, 2, 2, 3, 4, 5, 6, 7, 8, 9))

    @property
    def held(self) -> bool:
        """Say whether the paper is drawn like those of the first part that nobody looked at, not like "dev"."""
        return self.split != "dev" and (self.split == "held" or self.rng.random() < 0.5)

    def title(self) -> str:
        """Return a title of the type."""
        return str(self.rng.choice(wording()["titles"][self.code][self.split]))

    def label(self, name: str) -> str:
        """Return a label of a field."""
        own = wording()["own_labels"].get(self.code, {}).get(name)
        return str(self.rng.choice((own or wording()["labels"][name])[self.split]))

    def one_of(self, dev: list[str], held: list[str]) -> str:
        """Return one of the wordings of the split."""
        return self.rng.choice(held if self.held else dev)

    def row(self, name: str) -> Row:
        """Return a labelled field of the case."""
        label, value = self.label(name), self.v(name)
        if name == "capacity" and self.rng.random() < 0.25:
            return Row(f"{label}({self.case.unit})", f"<i>{self.case.capacity}</i>")
        return Row(label, value)

    def rows(self, names: str) -> list[Row]:
        """Return labelled fields, leaving out what the holder does not have."""
        natural = self.case.natural
        never = {"credit_code", "legal_rep_name"} if natural else {"id_number"}
        return [self.row(name) for name in names.split() if name not in never]

    def v(self, name: str, text: str | None = None) -> str:
        """Write the value of a field and note it; `text` is the truth where it is not the case's own."""
        truth = text if text is not None else self._of_case(name)
        self.fields[name] = truth
        return f"<i>{html.escape(self._written(name, truth))}</i>"

    def day(self, stage: str) -> str:
        """Write the day of a stage as the date of the paper."""
        value = self.case.days[stage]
        self.fields["document_date"] = value.isoformat()
        return f"<i>{writing.day(value, self._day_style)}</i>"

    def other_day(self, value: date) -> str:
        """Write a day that is not the date of the paper."""
        return writing.day(value, self._day_style)

    def date_label(self) -> str:
        """Return the label of the paper's date."""
        return str(self.rng.choice(wording()["dates"][self.code][self.split]))

    def paper(self, layout: str, title: str, pages: list[str]) -> Paper:
        """Return the paper with all that was noted."""
        return Paper(self.code, title, f"{self.split}/{layout}", pages, dict(self.fields))

    def _of_case(self, name: str) -> str:
        case = self.case
        known = {
            "account_no": case.account_no, "application_no": case.application_no, "account_name": case.name,
            "service_address": case.address, "id_number": case.head.id_number, "credit_code": case.credit_code,
            "legal_rep_name": case.head.name, "agent_name": case.agent.name, "agent_id_number": case.agent.id_number,
            "phone": case.phone, "usage_class": case.usage, "voltage": case.voltage, "capacity": str(case.capacity),
            "amount": case.amount, "meter_no": case.meter_no, "contract_no": case.contract_no,
        }  # fmt: skip
        return known[name]

    def _written(self, name: str, truth: str) -> str:
        rng = self.rng
        if name == "capacity":
            return writing.capacity(int(truth), self.case.unit, rng)
        if name == "amount":
            return writing.amount(truth, rng)
        if name == "voltage":
            return writing.voltage(truth, rng)
        if name == "phone":
            return writing.phone(truth, rng)
        if name in ("account_no", "application_no", "meter_no", "id_number", "credit_code", "agent_id_number"):
            return writing.number(truth, rng)
        if name == "account_name" and "有限" in truth and rng.random() < 0.1:
            return truth.translate(str.maketrans("()", "（）"))
        return truth
