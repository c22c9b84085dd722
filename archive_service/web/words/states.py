"""A state as it is shown: one icon, one look and one word, the same on every page."""

from __future__ import annotations

from dataclasses import dataclass

from archive_service.web.i18n import N_


@dataclass(frozen=True)
class State:
    """How a state is shown: icon, look (a class of `.st` and `.cell`) and word."""

    icon: str
    look: str
    word: str


UNKNOWN = State("help", "", N_("未知"))
