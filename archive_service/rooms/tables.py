"""Places for paper, what lies in boxes and lay there before, readings of the air, transfers and stocktakes."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, Index, Numeric, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from archive_service.db.base import Base, JsonText, UtcDateTime


class Place(Base):
    """A room, a cabinet in it, a shelf in that, or a box on a shelf: one tree for each unit."""

    __tablename__ = "places"
    __table_args__ = (
        UniqueConstraint("code"),
        UniqueConstraint("stem", "serial"),
        Index("ix_places_unit_id_kind", "unit_id", "kind"),
        Index("ix_places_parent_id", "parent_id"),
        Index("ix_places_path", "path"),
        CheckConstraint("kind in ('room', 'cabinet', 'shelf', 'box')", name="kind"),
        CheckConstraint("state in ('in_use', 'gone')", name="state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    #: What it stands in; none for a room, and for a box that stands on no shelf.
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("places.id"))
    kind: Mapped[str] = mapped_column(String(8))
    #: What its label says; given once, kept when a box goes elsewhere.
    code: Mapped[str] = mapped_column(String(60))
    #: The code but for the running number, and that number: counted from 1, never given twice.
    stem: Mapped[str] = mapped_column(String(60))
    serial: Mapped[int]
    name: Mapped[str] = mapped_column(String(80))
    #: Ids from the room down to this place, each followed by a slash: what is inside is a prefix.
    path: Mapped[str] = mapped_column(String(80))
    #: Boxes that a shelf holds, papers that a box holds; none for rooms and cabinets.
    capacity: Mapped[int | None]
    state: Mapped[str] = mapped_column(String(8), default="in_use")
    #: Raised by every change of the place itself: who changes it says which one they saw.
    version: Mapped[int] = mapped_column(default=1)
    #: The transfer that a box is under way with.
    transfer_id: Mapped[int | None] = mapped_column(ForeignKey("box_transfers.id"))
    made_by: Mapped[int | None] = mapped_column(ForeignKey("persons.id"))
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    gone_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class PaperPlace(Base):
    """Where the paper of an item is now: in one box, or taken out by somebody of a unit. One row an item at most."""

    __tablename__ = "paper_places"
    __table_args__ = (UniqueConstraint("item_id"), Index("ix_paper_places_box_id", "box_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("items.id"))
    box_id: Mapped[int | None] = mapped_column(ForeignKey("places.id"))
    #: The unit that had it in its care at the last move; of a paper in a box it is the box that says.
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    #: Number of the last move.
    seq: Mapped[int]
    since: Mapped[datetime] = mapped_column(UtcDateTime)


class PaperMove(Base):
    """One move of a paper; never altered."""

    __tablename__ = "paper_moves"
    __table_args__ = (
        UniqueConstraint("item_id", "seq"),
        Index("ix_paper_moves_by_id", "by", "id"),
        CheckConstraint("verb in ('put', 'taken', 'moved')", name="verb"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("items.id"))
    #: From 1, without gaps: two people at once cannot both make the next move.
    seq: Mapped[int]
    verb: Mapped[str] = mapped_column(String(8))
    from_box_id: Mapped[int | None] = mapped_column(ForeignKey("places.id"))
    to_box_id: Mapped[int | None] = mapped_column(ForeignKey("places.id"))
    by: Mapped[int | None] = mapped_column(ForeignKey("persons.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    note: Mapped[str] = mapped_column(String(200))


class BoxMove(Base):
    """One move of a box: onto a shelf, off it, sent to another centre, received there; never altered."""

    __tablename__ = "box_moves"
    __table_args__ = (
        UniqueConstraint("box_id", "seq"),
        CheckConstraint("verb in ('made', 'shelved', 'sent', 'received', 'recalled', 'gone')", name="verb"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    box_id: Mapped[int] = mapped_column(ForeignKey("places.id"))
    seq: Mapped[int]
    verb: Mapped[str] = mapped_column(String(8))
    from_shelf_id: Mapped[int | None] = mapped_column(ForeignKey("places.id"))
    to_shelf_id: Mapped[int | None] = mapped_column(ForeignKey("places.id"))
    #: The unit that the box was with after it.
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    transfer_id: Mapped[int | None] = mapped_column(ForeignKey("box_transfers.id"))
    by: Mapped[int | None] = mapped_column(ForeignKey("persons.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class ClimateReading(Base):
    """Temperature and humidity of a room at a moment, with what was outside the limits that held then."""

    __tablename__ = "climate_readings"
    __table_args__ = (
        # What was struck out may be written down again as it was.
        Index(
            "uq_climate_readings_holds",
            "room_id",
            "measured_at",
            unique=True,
            sqlite_where=text("struck_at IS NULL"),
            postgresql_where=text("struck_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    room_id: Mapped[int] = mapped_column(ForeignKey("places.id"))
    measured_at: Mapped[datetime] = mapped_column(UtcDateTime)
    #: Degrees Celsius, and percent of relative humidity.
    temperature: Mapped[Decimal] = mapped_column(Numeric(4, 1))
    humidity: Mapped[Decimal] = mapped_column(Numeric(4, 1))
    #: Values of `climate.Outside`.
    outside: Mapped[list[str]] = mapped_column(JsonText)
    note: Mapped[str] = mapped_column(String(200))
    by: Mapped[int | None] = mapped_column(ForeignKey("persons.id"))
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)
    #: Why it is wrong, once somebody struck it out; it stays to be seen.
    struck_reason: Mapped[str | None] = mapped_column(String(200))
    struck_by: Mapped[int | None] = mapped_column(ForeignKey("persons.id"))
    struck_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class BoxTransfer(Base):
    """Boxes on their way from one unit to another."""

    __tablename__ = "box_transfers"
    __table_args__ = (
        Index("ix_box_transfers_state", "state"),
        CheckConstraint("state in ('sent', 'received', 'recalled')", name="state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    from_unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    to_unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    state: Mapped[str] = mapped_column(String(10), default="sent")
    reason: Mapped[str] = mapped_column(String(200))
    sent_by: Mapped[int | None] = mapped_column(ForeignKey("persons.id"))
    sent_at: Mapped[datetime] = mapped_column(UtcDateTime)
    settled_by: Mapped[int | None] = mapped_column(ForeignKey("persons.id"))
    settled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    #: Name of who counted together with the receiver.
    counted_with: Mapped[str | None] = mapped_column(String(80))


class TransferBox(Base):
    """A box of a transfer with the papers that left in it and those that were counted on arrival."""

    __tablename__ = "transfer_boxes"
    __table_args__ = (UniqueConstraint("transfer_id", "box_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    transfer_id: Mapped[int] = mapped_column(ForeignKey("box_transfers.id"))
    box_id: Mapped[int] = mapped_column(ForeignKey("places.id"))
    from_shelf_id: Mapped[int | None] = mapped_column(ForeignKey("places.id"))
    papers_sent: Mapped[int]
    papers_counted: Mapped[int | None]
    #: Why the count differs.
    note: Mapped[str] = mapped_column(String(200))
    under_way: Mapped[bool] = mapped_column(default=True)


#: A box is under way once at a time.
Index(
    "uq_transfer_boxes_under_way",
    TransferBox.box_id,
    unique=True,
    sqlite_where=text("under_way IS 1"),
    postgresql_where=text("under_way IS true"),
)


class Stocktake(Base):
    """A count of what is in a place against what ought to be there."""

    __tablename__ = "stocktakes"
    __table_args__ = (
        Index("ix_stocktakes_unit_id_state", "unit_id", "state"),
        CheckConstraint("counts in ('papers', 'boxes')", name="counts"),
        CheckConstraint("state in ('open', 'closed')", name="state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    place_id: Mapped[int] = mapped_column(ForeignKey("places.id"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    #: Papers in their boxes, or boxes on their shelves.
    counts: Mapped[str] = mapped_column(String(8))
    state: Mapped[str] = mapped_column(String(8), default="open")
    opened_by: Mapped[int | None] = mapped_column(ForeignKey("persons.id"))
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime)
    closed_by: Mapped[int | None] = mapped_column(ForeignKey("persons.id"))
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    #: Why it differs, and who watched the count.
    reason: Mapped[str] = mapped_column(String(500), default="")
    watched_by: Mapped[str] = mapped_column(String(80), default="")


#: A place is counted once at a time.
Index(
    "uq_stocktakes_open",
    Stocktake.place_id,
    unique=True,
    sqlite_where=text("state = 'open'"),
    postgresql_where=text("state = 'open'"),
)


class StocktakeLine(Base):
    """What ought to be where, as the archive knew it when the stocktake was opened; a paper or a box."""

    __tablename__ = "stocktake_lines"
    __table_args__ = (UniqueConstraint("stocktake_id", "item_id"), UniqueConstraint("stocktake_id", "box_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    stocktake_id: Mapped[int] = mapped_column(ForeignKey("stocktakes.id"))
    item_id: Mapped[int | None] = mapped_column(ForeignKey("items.id"))
    box_id: Mapped[int | None] = mapped_column(ForeignKey("places.id"))
    #: The box of the paper, or the shelf of the box.
    place_id: Mapped[int] = mapped_column(ForeignKey("places.id"))


class StocktakeScan(Base):
    """A code scanned at a stocktake, and in which box or on which shelf; the last scan of a thing counts."""

    __tablename__ = "stocktake_scans"
    __table_args__ = (Index("ix_stocktake_scans_stocktake_id_id", "stocktake_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    stocktake_id: Mapped[int] = mapped_column(ForeignKey("stocktakes.id"))
    code: Mapped[str] = mapped_column(String(120))
    #: None of both: nobody knows the code.
    item_id: Mapped[int | None] = mapped_column(ForeignKey("items.id"))
    box_id: Mapped[int | None] = mapped_column(ForeignKey("places.id"))
    #: Where it was scanned; none when no box or shelf was scanned before it.
    place_id: Mapped[int | None] = mapped_column(ForeignKey("places.id"))
    by: Mapped[int | None] = mapped_column(ForeignKey("persons.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class StocktakeResult(Base):
    """What came of a thing when the stocktake was closed; never altered."""

    __tablename__ = "stocktake_results"
    __table_args__ = (Index("ix_stocktake_results_stocktake_id_outcome", "stocktake_id", "outcome"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    stocktake_id: Mapped[int] = mapped_column(ForeignKey("stocktakes.id"))
    #: A value of `counting.Outcome`.
    outcome: Mapped[str] = mapped_column(String(12))
    #: As scanned, where nobody knows it.
    code: Mapped[str] = mapped_column(String(120))
    item_id: Mapped[int | None] = mapped_column(ForeignKey("items.id"))
    box_id: Mapped[int | None] = mapped_column(ForeignKey("places.id"))
    #: Where it ought to be, and where it was seen.
    place_id: Mapped[int | None] = mapped_column(ForeignKey("places.id"))
    seen_place_id: Mapped[int | None] = mapped_column(ForeignKey("places.id"))
