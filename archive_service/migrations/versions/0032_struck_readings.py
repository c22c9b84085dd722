"""Readings of the air that were struck out; such a moment can be written down again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from archive_service.migrations.columns import moment, number, text

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

_HOLDS = sa.text("struck_at IS NULL")


def upgrade() -> None:
    with op.batch_alter_table("climate_readings") as table:
        table.add_column(text("struck_reason", 200, nullable=True))
        table.add_column(number("struck_by", nullable=True))
        table.add_column(moment("struck_at", nullable=True))
        table.create_foreign_key(op.f("fk_climate_readings_struck_by_persons"), "persons", ["struck_by"], ["id"])
        table.drop_constraint(op.f("uq_climate_readings_room_id_measured_at"), type_="unique")
    op.create_index(
        "uq_climate_readings_holds",
        "climate_readings",
        ["room_id", "measured_at"],
        unique=True,
        sqlite_where=_HOLDS,
        postgresql_where=_HOLDS,
    )


def downgrade() -> None:
    # Of a moment that was written down again the struck one goes: it was no longer true.
    op.execute("DELETE FROM climate_readings WHERE struck_at IS NOT NULL")
    op.drop_index("uq_climate_readings_holds", "climate_readings")
    with op.batch_alter_table("climate_readings") as table:
        table.create_unique_constraint(op.f("uq_climate_readings_room_id_measured_at"), ["room_id", "measured_at"])
        table.drop_constraint(op.f("fk_climate_readings_struck_by_persons"), type_="foreignkey")
        for column in ("struck_at", "struck_by", "struck_reason"):
            table.drop_column(column)
