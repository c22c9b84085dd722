"""Reads of the life of cases, always within the units that a viewer may see."""

from archive_service.lifecycle.queries.clocks import case_clocks
from archive_service.lifecycle.queries.life import case_life
from archive_service.lifecycle.queries.passing import passing
from archive_service.lifecycle.queries.waiting import owed, to_receive

__all__ = ["case_clocks", "case_life", "owed", "passing", "to_receive"]
