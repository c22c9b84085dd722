"""What a paper says about where it belongs, the register it is held against, and whether the two agree."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from rapidfuzz import fuzz

from ingest.recognise import normalise
from ingest.recognise.values import FieldFound, HouseholdLookup, KnownCase, KnownHousehold, Lookup

#: A firm's name broken off at the edge of a cell still has so many signs, and none of the ends of a whole one.
_LEAST_CUT = 6
_WHOLE_FIRM = re.compile("(?:公司|[厂店社院校部所局站会场行馆]|中心|超市)$")
_SAME_NAME = 85
_SAME_ADDRESS = 80
#: Names of the holder change in these cases, so another name on the paper is no contradiction.
_NAME_CHANGES = frozenset({"RENAME", "TRANSFER", "SPLIT", "MERGE"})


@dataclass(frozen=True)
class Paper:
    """What a document says that tells where it belongs."""

    fields: Mapping[str, FieldFound]
    #: Every text in it that has the form of an account number, labelled or not.
    loose_numbers: tuple[str, ...]
    page_no: int

    def value(self, name: str) -> str | None:
        """Return the value of a field, if it was read and its check digit is not wrong."""
        found = self.fields.get(name)
        return found.value if found and found.checked is not False else None

    @property
    def names(self) -> list[str]:
        """All names on the paper that may be the account holder's."""
        wanted = ("account_name", "owner_name", "new_name", "old_name", "lessee", "legal_rep_name", "agent_name")
        return [found.value for name in wanted if (found := self.fields.get(name))]

    @property
    def address(self) -> str | None:
        """The address on the paper that may be the service address."""
        return self.value("service_address") or self.value("registered_address") or self.value("identity_address")


@dataclass
class Register:
    """The register as asked during one scan: each question once."""

    lookup: Lookup
    _accounts: dict[str, list[KnownHousehold]] = field(default_factory=dict)
    _applications: dict[str, list[KnownCase]] = field(default_factory=dict)
    _names: dict[str, list[KnownHousehold]] = field(default_factory=dict)

    def account(self, number: str) -> KnownHousehold | None:
        """Return the household with exactly this account number."""
        if number not in self._accounts:
            self._accounts[number] = self.lookup.by_account_no(number)
        return next((one for one in self._accounts[number] if one.account_no == number), None)

    def case(self, number: str) -> KnownCase | None:
        """Return the case with exactly this application number."""
        if number not in self._applications:
            self._applications[number] = self.lookup.by_application_no(number)
        return next((one for one in self._applications[number] if one.application_no == number), None)

    def named(self, name: str) -> list[KnownHousehold]:
        """Return the households whose name is this name or nearly so."""
        if name not in self._names:
            self._names[name] = self.lookup.by_name(name)
        return [one for one in self._names[name] if _alike(one.account_name, name)]

    def household_of(self, case: KnownCase) -> KnownHousehold | None:
        """Return the household of a case."""
        for known in (*self._accounts.values(), *self._names.values()):
            for one in known:
                if one.id == case.household_id:
                    return one
        return self.lookup.by_household_id(case.household_id) if isinstance(self.lookup, HouseholdLookup) else None


def speaks(paper: Paper, household: KnownHousehold) -> tuple[str, str]:
    """Say of name and address whether the paper agrees, differs or is silent."""
    return _name_speaks(paper, household), _address_speaks(paper, household)


def _name_speaks(paper: Paper, household: KnownHousehold) -> str:
    if any(_alike(name, household.account_name) for name in paper.names):
        return "agrees"
    return "differs" if paper.value("account_name") else "silent"


def _address_speaks(paper: Paper, household: KnownHousehold) -> str:
    if not paper.address or not household.service_address:
        return "silent"
    left, right = normalise.bare(paper.address), normalise.bare(household.service_address)
    if (
        re.findall(r"\d+", left)
        and re.findall(r"\d+", right)
        and not set(re.findall(r"\d+", left)) & set(re.findall(r"\d+", right))
    ):
        return "differs"
    return "agrees" if fuzz.partial_ratio(left, right) >= _SAME_ADDRESS else "differs"


def agreement(paper: Paper, household: KnownHousehold) -> int:
    """Return how many of name and address agree, less those that differ."""
    return sum({"agrees": 1, "silent": 0, "differs": -1}[one] for one in speaks(paper, household))


def _alike(left: str, right: str) -> bool:
    left, right = normalise.bare(left), normalise.bare(right)
    if min(len(left), len(right)) <= 4:
        # Short names are persons: one other character is another person.
        return left == right
    if right.startswith(left) and len(left) >= _LEAST_CUT and not _WHOLE_FIRM.search(left):
        # Cut off at the end of a cell, in the middle of a word.
        return True
    return fuzz.ratio(left, right) >= _SAME_NAME


def name_may_change(household: KnownHousehold) -> bool:
    """Say whether a case of the household changes its name, so that papers may bear another."""
    return any(case.business_type in _NAME_CHANGES for case in household.cases)
