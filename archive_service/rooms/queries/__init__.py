"""Reads of rooms, within the units whose rooms a person sees."""

from archive_service.rooms.queries.air import reading, readings
from archive_service.rooms.queries.codes import Meaning, meaning
from archive_service.rooms.queries.papers import contents, history, moves_of_box, own_moves, whereabouts
from archive_service.rooms.queries.places import inside, labelled, place, place_by_id, rooms, unshelved
from archive_service.rooms.queries.stocktakes import ORDER, last_scans, result, stocktake, stocktakes
from archive_service.rooms.queries.transfers import boxes_of, receivers, transfer, transfers

__all__ = [
    "ORDER",
    "Meaning",
    "boxes_of",
    "contents",
    "history",
    "inside",
    "labelled",
    "last_scans",
    "meaning",
    "moves_of_box",
    "own_moves",
    "place",
    "place_by_id",
    "reading",
    "readings",
    "receivers",
    "result",
    "rooms",
    "stocktake",
    "stocktakes",
    "transfer",
    "transfers",
    "unshelved",
    "whereabouts",
]
