"""Reads of household files, always within the units that a viewer or a caller may see."""

from archive_service.households.queries.cases import cases
from archive_service.households.queries.figures import due_days, rates
from archive_service.households.queries.files import (
    case,
    household,
    item,
    item_page,
    lent_page,
    masked_page,
    page_texts,
    papers_of_case,
)
from archive_service.households.queries.judged import CaseCompleteness, completeness, observations
from archive_service.households.queries.lists import find_households, history
from archive_service.households.queries.matching import (
    household_known,
    known_by_account,
    known_by_application,
    known_by_name,
    unit_of,
)
from archive_service.households.queries.off_system import off_system
from archive_service.households.queries.said import case_numbers, rulings, rulings_of_case
from archive_service.households.queries.stage_times import stage_times
from archive_service.households.queries.unmasked import unmasked
from archive_service.households.views import CaseFilters

__all__ = [
    "CaseCompleteness",
    "CaseFilters",
    "case",
    "case_numbers",
    "cases",
    "completeness",
    "due_days",
    "find_households",
    "history",
    "household",
    "household_known",
    "item",
    "item_page",
    "known_by_account",
    "known_by_application",
    "known_by_name",
    "lent_page",
    "masked_page",
    "observations",
    "off_system",
    "page_texts",
    "papers_of_case",
    "rates",
    "rulings",
    "rulings_of_case",
    "stage_times",
    "unit_of",
    "unmasked",
]
