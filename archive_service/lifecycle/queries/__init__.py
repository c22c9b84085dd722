"""Reads of the life of cases, always within the units that a viewer may see."""

from archive_service.lifecycle.queries.clocks import case_clocks, lateness, pauses_of, reasons_of
from archive_service.lifecycle.queries.codes import unnumbered
from archive_service.lifecycle.queries.life import case_life
from archive_service.lifecycle.queries.passing import passing
from archive_service.lifecycle.queries.waiting import owed, to_receive

__all__ = [
    "case_clocks",
    "case_life",
    "lateness",
    "owed",
    "passing",
    "pauses_of",
    "reasons_of",
    "to_receive",
    "unnumbered",
]
