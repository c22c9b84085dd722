"""Writes of household files: register, file, move, correct, withdraw. No action commits."""

from archive_service.households.actions.alarms import say_false_alarm, take_back_false_alarm
from archive_service.households.actions.cases import record_stage, register_case
from archive_service.households.actions.corrections import ask_correction, decide_correction
from archive_service.households.actions.imports import import_cases
from archive_service.households.actions.items import correct_field, file_item, move_item, retype_item, withdraw_item
from archive_service.households.actions.marks import say_mark
from archive_service.households.actions.papers import say_paper
from archive_service.households.actions.previews import in_parts, preview_cases
from archive_service.households.actions.reading import accounts_in, note_file, note_item, note_list, note_reading
from archive_service.households.actions.readings import replace_reading
from archive_service.households.actions.returned import put_back, take_back
from archive_service.households.actions.rulings import ask_ruling, decide_ruling, withdraw_ruling
from archive_service.households.actions.unmasking import mask_again, unmask
from archive_service.households.assessment import reassess_case
from archive_service.households.queries.locked import household_for_update as lock_household

__all__ = [
    "accounts_in",
    "ask_correction",
    "ask_ruling",
    "correct_field",
    "decide_correction",
    "decide_ruling",
    "file_item",
    "import_cases",
    "in_parts",
    "lock_household",
    "mask_again",
    "move_item",
    "note_file",
    "note_item",
    "note_list",
    "note_reading",
    "preview_cases",
    "put_back",
    "reassess_case",
    "record_stage",
    "register_case",
    "replace_reading",
    "retype_item",
    "say_false_alarm",
    "say_mark",
    "say_paper",
    "take_back",
    "take_back_false_alarm",
    "unmask",
    "withdraw_item",
    "withdraw_ruling",
]
