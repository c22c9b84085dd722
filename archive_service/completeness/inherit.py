"""Whether a paper of an earlier case of the household serves this one as well, while it is still valid."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from archive_service.catalogue.schema import Requirement
from archive_service.completeness.held import HeldItem, doubts_of, used_on, valid_to
from archive_service.completeness.rulings import Background


@dataclass(frozen=True, slots=True)
class Inherited:
    """A paper of an earlier case, whether it can be relied on, and why, as words without full stop."""

    item: HeldItem
    sound: bool
    why: str


def inherited(wanted: Requirement, background: Background) -> Inherited | None:
    """Return the newest earlier paper that serves, or else the newest that a person may find to; None without any.

    Papers that are expired, doubtful or of another name are none. One whose last day was not read, or whose day of
    use is not known, is not taken without a person.
    """
    second: Inherited | None = None
    for item in reversed(background.earlier):
        if item.document_type != wanted.document_type or _of_another(item, background.account_name):
            continue
        if doubts_of(item, wanted, background.days):
            continue
        if not wanted.expires:
            return Inherited(item, True, f"“{item.name}”")
        last, used = valid_to(item), used_on(wanted, background.days)
        if last is not None and used is not None:
            until = "长期有效" if last.year == 9999 else f"有效期至 {last.isoformat()}"
            return Inherited(item, True, f"“{item.name}”，{until}")
        lack = "没有读到有效期" if last is None else "不知道本案的受理日期"
        second = second or Inherited(item, False, f"“{item.name}”{lack}")
    return second


def _of_another(item: HeldItem, account_name: str | None) -> bool:
    said = item.fields.get("account_name", "")
    return bool(said and account_name and _plain(said) != _plain(account_name))


def _plain(text: str) -> str:
    return re.sub(r"[\s\W_]+", "", unicodedata.normalize("NFKC", text)).upper()
