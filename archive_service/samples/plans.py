"""What is wrong, or nothing, with each household of a sample set, and in what files its papers arrive."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from random import Random

from archive_service.samples import people
from archive_service.samples.cases import SIZES, Case

_PERSON, _FIRM, _AGENT, _END = "A05", "A06 A07", "A08 A09", "X01 X02"
_WORKS = "D02 D03 M02 C01 C02 C04 C05 C06 C07 C08 C09 C10"
_LN = "S01 P03L C11 K01L T01 E02"
#: What the catalogue asks of a case of this category and business; the holder's and agent's papers come on top.
_ASKED = {
    ("LR", "NEW"): "A02R A10 S01 P03L K01R T01",
    ("LN", "NEW"): f"A01 A02N A03 A10 {_LN}",
    ("LN", "INC"): f"A01 A02N A03 A10 A27 {_LN}",
    ("HV", "NEW"): "A01 A02H A03 A04 A10 A15 S01 P01 P02 P03H K01H K02 T01 T02 E02",
    ("LB", "BATCH"): "A01 A03 A10 A13 A14 A15 A37 S01 P01 P02 P03H T01 E02",
    ("LR", "RENAME"): "A02V A29",
    ("LN", "RENAME"): "A02V A29 K07",
    ("LR", "TRANSFER"): "A02V A10 A27 A28 K01R",
    ("LN", "TRANSFER"): "A02V A10 A27 A28 K01L",
    ("LR", "DG"): "A02D A10 S01 C05 K08 T01 G01 G02",
    ("LR", "EV"): "A02R A33 A34 A35 S01 P03L K01R T01",
    ("HV", "SUSP"): "A02V E03",
    ("LR", "CANCEL"): "A02V A27 T01 E04",
}


@dataclass(frozen=True)
class Plan:
    """One household: its case, the papers left out or added, one contradiction, and how its files come."""

    category: str
    business_type: str
    files: str
    holder: str = ""
    agent: bool = False
    #: The customer has receiving works of its own.
    works: bool = False
    without: str = ""
    only: str = ""
    more: str = ""
    contradiction: str = ""
    stray: bool = False
    #: A paper of the first household of the set got into this one's batch.
    foreign: str = ""

    @property
    def conditions(self) -> tuple[str, ...]:
        """The catalogue's conditions that hold for the case."""
        found = ["natural" if self.category == "LR" or self.holder == "natural" else "entity"]
        found += ["tenant"] if "A11" in self.more else []
        found += ["fee"] if "F01" in self.more else []
        found += ["project"] if self.works else []
        return tuple(["agent", *found] if self.agent else found)

    @property
    def asked(self) -> tuple[str, ...]:
        """Every type that the catalogue requires of the case, in an archivist's usual order."""
        natural = self.category == "LR" or self.holder == "natural"
        proof = _FIRM if not natural else _PERSON
        if self.business_type == "SUSP":
            proof = "A06"
        papers = f"{_ASKED[self.category, self.business_type]} {proof} {_END}".split()
        papers += _AGENT.split() if self.agent else []
        papers += _WORKS.split() if self.works else []
        papers += [code for code in ("A11", "A12", "F01", "F02") if code in self.more]
        return tuple(sorted(papers, key=_order))

    @property
    def papers(self) -> tuple[str, ...]:
        """Types that the household hands in."""
        chosen = self.only.split() if self.only else [code for code in self.asked if code not in self.without]
        return tuple(sorted({*chosen, *self.more.split()}, key=_order))


#: The first dozen shows everything once; a longer set goes on with the rest and then begins anew.
PLANS: Sequence[Plan] = (
    Plan("LR", "NEW", "photos"),
    Plan("LN", "NEW", "batch", foreign="V01"),
    Plan("LR", "RENAME", "tiff"),
    Plan("HV", "NEW", "departments", agent=True),
    Plan("LR", "NEW", "single", without="A10 K01R T01 X01 X02"),
    Plan("LN", "TRANSFER", "mixed", only="A02V A06 A28 K01L", contradiction="name"),
    Plan("LB", "BATCH", "batch", only="A01 A06 A13 A37"),
    Plan("LR", "DG", "zip", only="A02D A05 C05 K08"),
    Plan("LR", "NEW", "batch", without="X01 X02 K01R", contradiction="id", stray=True),
    Plan("LR", "EV", "photos", only="A05 A34 A35"),
    Plan("HV", "NEW", "digital", only="P03H K01H T01", contradiction="capacity"),
    Plan("LN", "INC", "png", holder="natural", only="A05 P03L"),
    Plan("LR", "TRANSFER", "batch", agent=True),
    Plan("LB", "BATCH", "departments"),
    Plan("LN", "NEW", "mixed", holder="natural", more="A11 A12"),
    Plan("LR", "CANCEL", "single"),
    Plan("HV", "SUSP", "tiff"),
    Plan("LR", "NEW", "zip", contradiction="account"),
    Plan("LR", "DG", "departments"),
    Plan("LN", "RENAME", "photos", without="A07"),
    Plan("LR", "EV", "batch", stray=True),
    Plan("LN", "NEW", "digital", only="A02N A06 S01 P03L K01L T01 E02", contradiction="dates"),
    Plan("HV", "NEW", "batch", only="A02H A06 S01 P03H K01H T01 E02", contradiction="voltage"),
    Plan("LR", "NEW", "single", agent=True, without="A09 X01 X02"),
    Plan("HV", "NEW", "departments", agent=True, works=True, more="F01 F02"),
)


def contradicting(kind: str, case: Case, rng: Random) -> tuple[str, Case, dict[str, str]]:
    """Return which type contradicts the rest, the case as that paper has it, and the note for the truth.

    `rule` in the note is the number of the cross-document check that must find it.
    """
    contract = {"HV": "K01H", "LN": "K01L", "LR": "K01R"}.get(case.category, "P03H")
    if kind == "name":
        other = replace(case, account_name=people.company(rng).name if case.company else people.name(rng))
        return contract, other, _note("XC02", contract, "account_name", other.account_name, case.account_name)
    if kind == "id":
        wrong = case.holder.id_number[:-1] + ("7" if case.holder.id_number[-1] != "7" else "3")
        other = replace(case, holder=replace(case.holder, id_number=wrong))
        return "A05", other, _note("XC04", "A05", "id_number", wrong, case.holder.id_number)
    if kind == "account":
        wrong = case.account_no[:-2] + f"{(int(case.account_no[-2:]) + 37) % 100:02d}"
        return "T01", replace(case, account_no=wrong), _note("XC01", "T01", "account_no", wrong, case.account_no)
    if kind == "voltage":
        other = replace(case, voltage="35kV" if case.voltage == "10kV" else "10kV")
        return contract, other, _note("XC07", contract, "voltage", other.voltage, case.voltage)
    if kind == "dates":
        late = {**case.on, "CONTRACT": case.on["ENERGISE"] + timedelta(days=20)}
        note = _note("XC08", contract, "document_date", late["CONTRACT"].isoformat(), case.on["CONTRACT"].isoformat())
        return contract, replace(case, on=late), note
    other = replace(case, capacity=rng.choice([size for size in SIZES[case.category] if size != case.capacity]))
    return contract, other, _note("XC06", contract, "capacity", str(other.capacity), str(case.capacity))


def _note(rule: str, code: str, name: str, says: str, others: str) -> dict[str, str]:
    return {"rule": rule, "document_type": code, "field": name, "says": says, "others_say": others}


def _order(code: str) -> tuple[int, str]:
    """Sort by stage, then by code, with the contents list first as it lies in the volume."""
    stages = dict(zip("ASPFDMCGKTEVX", (0, 1, 2, 3, 4, 5, 6, 6, 7, 8, 9, 11, 10), strict=True))
    return (-1 if code == "X01" else stages[code[0]], code)
