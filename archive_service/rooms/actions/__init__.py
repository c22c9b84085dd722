"""Writes of rooms: each in the caller's transaction, each with its entry in the trail."""

from archive_service.rooms.actions.climate import note_reading, strike_reading
from archive_service.rooms.actions.papers import Moved, put_away, take_out
from archive_service.rooms.actions.places import add_inside, add_room, change_place, scrap_place, shelve_box
from archive_service.rooms.actions.stocktakes import Seen, close_stocktake, open_stocktake, scan
from archive_service.rooms.actions.transfers import Counted, recall_boxes, receive_boxes, send_boxes

__all__ = [
    "Counted",
    "Moved",
    "Seen",
    "add_inside",
    "add_room",
    "change_place",
    "close_stocktake",
    "note_reading",
    "open_stocktake",
    "put_away",
    "recall_boxes",
    "receive_boxes",
    "scan",
    "scrap_place",
    "send_boxes",
    "shelve_box",
    "strike_reading",
    "take_out",
]
