"""Rooms, cabinets, shelves and boxes; where papers are and were; the air; transfers; stocktakes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from archive_service.migrations.columns import key, moment, number, refers, text

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _transfers()
    _places()
    _papers()
    _boxes_of_transfers()
    _climate()
    _stocktakes()


def _transfers() -> None:
    op.create_table(
        "box_transfers",
        *key("box_transfers"),
        *refers("box_transfers", "from_unit_id", "units"),
        *refers("box_transfers", "to_unit_id", "units"),
        text("state", 10),
        text("reason", 200),
        *refers("box_transfers", "sent_by", "persons", nullable=True),
        moment("sent_at"),
        *refers("box_transfers", "settled_by", "persons", nullable=True),
        moment("settled_at", nullable=True),
        text("counted_with", 80, nullable=True),
        sa.CheckConstraint("state in ('sent', 'received', 'recalled')", name=op.f("ck_box_transfers_state")),
    )
    op.create_index("ix_box_transfers_state", "box_transfers", ["state"])


def _places() -> None:
    op.create_table(
        "places",
        *key("places"),
        *refers("places", "unit_id", "units"),
        *refers("places", "parent_id", "places", nullable=True),
        text("kind", 8),
        text("code", 60),
        text("stem", 60),
        number("serial"),
        text("name", 80),
        text("path", 80),
        number("capacity", nullable=True),
        text("state", 8),
        number("version"),
        *refers("places", "transfer_id", "box_transfers", nullable=True),
        *refers("places", "made_by", "persons", nullable=True),
        moment("made_at"),
        moment("gone_at", nullable=True),
        sa.UniqueConstraint("code", name=op.f("uq_places_code")),
        sa.UniqueConstraint("stem", "serial", name=op.f("uq_places_stem_serial")),
        sa.CheckConstraint("kind in ('room', 'cabinet', 'shelf', 'box')", name=op.f("ck_places_kind")),
        sa.CheckConstraint("state in ('in_use', 'gone')", name=op.f("ck_places_state")),
    )
    op.create_index("ix_places_unit_id_kind", "places", ["unit_id", "kind"])
    op.create_index("ix_places_parent_id", "places", ["parent_id"])
    op.create_index("ix_places_path", "places", ["path"])
    op.create_table(
        "box_moves",
        *key("box_moves"),
        *refers("box_moves", "box_id", "places"),
        number("seq"),
        text("verb", 8),
        *refers("box_moves", "from_shelf_id", "places", nullable=True),
        *refers("box_moves", "to_shelf_id", "places", nullable=True),
        *refers("box_moves", "unit_id", "units"),
        *refers("box_moves", "transfer_id", "box_transfers", nullable=True),
        *refers("box_moves", "by", "persons", nullable=True),
        moment("at"),
        sa.UniqueConstraint("box_id", "seq", name=op.f("uq_box_moves_box_id_seq")),
        sa.CheckConstraint(
            "verb in ('made', 'shelved', 'sent', 'received', 'recalled', 'gone')", name=op.f("ck_box_moves_verb")
        ),
    )


def _papers() -> None:
    op.create_table(
        "paper_places",
        *key("paper_places"),
        *refers("paper_places", "item_id", "items"),
        *refers("paper_places", "box_id", "places", nullable=True),
        *refers("paper_places", "unit_id", "units"),
        number("seq"),
        moment("since"),
        sa.UniqueConstraint("item_id", name=op.f("uq_paper_places_item_id")),
    )
    op.create_index("ix_paper_places_box_id", "paper_places", ["box_id"])
    op.create_table(
        "paper_moves",
        *key("paper_moves"),
        *refers("paper_moves", "item_id", "items"),
        number("seq"),
        text("verb", 8),
        *refers("paper_moves", "from_box_id", "places", nullable=True),
        *refers("paper_moves", "to_box_id", "places", nullable=True),
        *refers("paper_moves", "by", "persons", nullable=True),
        moment("at"),
        text("note", 200),
        sa.UniqueConstraint("item_id", "seq", name=op.f("uq_paper_moves_item_id_seq")),
        sa.CheckConstraint("verb in ('put', 'taken', 'moved')", name=op.f("ck_paper_moves_verb")),
    )
    op.create_index("ix_paper_moves_by_id", "paper_moves", ["by", "id"])


def _boxes_of_transfers() -> None:
    op.create_table(
        "transfer_boxes",
        *key("transfer_boxes"),
        *refers("transfer_boxes", "transfer_id", "box_transfers"),
        *refers("transfer_boxes", "box_id", "places"),
        *refers("transfer_boxes", "from_shelf_id", "places", nullable=True),
        number("papers_sent"),
        number("papers_counted", nullable=True),
        text("note", 200),
        sa.Column("under_way", sa.Boolean(), nullable=False),
        sa.UniqueConstraint("transfer_id", "box_id", name=op.f("uq_transfer_boxes_transfer_id_box_id")),
    )
    op.create_index(
        "uq_transfer_boxes_under_way",
        "transfer_boxes",
        ["box_id"],
        unique=True,
        sqlite_where=sa.text("under_way IS 1"),
        postgresql_where=sa.text("under_way IS true"),
    )


def _climate() -> None:
    op.create_table(
        "climate_readings",
        *key("climate_readings"),
        *refers("climate_readings", "room_id", "places"),
        moment("measured_at"),
        sa.Column("temperature", sa.Numeric(4, 1), nullable=False),
        sa.Column("humidity", sa.Numeric(4, 1), nullable=False),
        sa.Column("outside", sa.Text(), nullable=False),
        text("note", 200),
        *refers("climate_readings", "by", "persons", nullable=True),
        moment("recorded_at"),
        sa.UniqueConstraint("room_id", "measured_at", name=op.f("uq_climate_readings_room_id_measured_at")),
    )


def _stocktakes() -> None:
    op.create_table(
        "stocktakes",
        *key("stocktakes"),
        *refers("stocktakes", "place_id", "places"),
        *refers("stocktakes", "unit_id", "units"),
        text("counts", 8),
        text("state", 8),
        *refers("stocktakes", "opened_by", "persons", nullable=True),
        moment("opened_at"),
        *refers("stocktakes", "closed_by", "persons", nullable=True),
        moment("closed_at", nullable=True),
        text("reason", 500),
        text("watched_by", 80),
        sa.CheckConstraint("counts in ('papers', 'boxes')", name=op.f("ck_stocktakes_counts")),
        sa.CheckConstraint("state in ('open', 'closed')", name=op.f("ck_stocktakes_state")),
    )
    op.create_index("ix_stocktakes_unit_id_state", "stocktakes", ["unit_id", "state"])
    open_ones = sa.text("state = 'open'")
    op.create_index(
        "uq_stocktakes_open",
        "stocktakes",
        ["place_id"],
        unique=True,
        sqlite_where=open_ones,
        postgresql_where=open_ones,
    )
    op.create_table(
        "stocktake_lines",
        *key("stocktake_lines"),
        *refers("stocktake_lines", "stocktake_id", "stocktakes"),
        *refers("stocktake_lines", "item_id", "items", nullable=True),
        *refers("stocktake_lines", "box_id", "places", nullable=True),
        *refers("stocktake_lines", "place_id", "places"),
        sa.UniqueConstraint("stocktake_id", "item_id", name=op.f("uq_stocktake_lines_stocktake_id_item_id")),
        sa.UniqueConstraint("stocktake_id", "box_id", name=op.f("uq_stocktake_lines_stocktake_id_box_id")),
    )
    op.create_table(
        "stocktake_scans",
        *key("stocktake_scans"),
        *refers("stocktake_scans", "stocktake_id", "stocktakes"),
        text("code", 120),
        *refers("stocktake_scans", "item_id", "items", nullable=True),
        *refers("stocktake_scans", "box_id", "places", nullable=True),
        *refers("stocktake_scans", "place_id", "places", nullable=True),
        *refers("stocktake_scans", "by", "persons", nullable=True),
        moment("at"),
    )
    op.create_index("ix_stocktake_scans_stocktake_id_id", "stocktake_scans", ["stocktake_id", "id"])
    op.create_table(
        "stocktake_results",
        *key("stocktake_results"),
        *refers("stocktake_results", "stocktake_id", "stocktakes"),
        text("outcome", 12),
        text("code", 120),
        *refers("stocktake_results", "item_id", "items", nullable=True),
        *refers("stocktake_results", "box_id", "places", nullable=True),
        *refers("stocktake_results", "place_id", "places", nullable=True),
        *refers("stocktake_results", "seen_place_id", "places", nullable=True),
    )
    op.create_index("ix_stocktake_results_stocktake_id_outcome", "stocktake_results", ["stocktake_id", "outcome"])


def downgrade() -> None:
    tables = ("stocktake_results", "stocktake_scans", "stocktake_lines", "stocktakes", "climate_readings",
              "transfer_boxes", "paper_moves", "paper_places", "box_moves", "places", "box_transfers")  # fmt: skip
    for table in tables:
        op.drop_table(table)
