"""Batches are filed or sent back through the four-property check: how they stand, and runs over a batch."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from archive_service.migrations.columns import key, moment, refers, whole

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None

_SUBJECT = "household_id is not null or batch_id is not null"


def upgrade() -> None:
    op.add_column("batches", sa.Column("state", sa.String(8), nullable=False, server_default="open"))
    op.add_column("batches", moment("decided_at", nullable=True))
    op.add_column("batches", sa.Column("mended", sa.String(300), nullable=False, server_default=""))
    op.add_column("scans", moment("went_back_at", nullable=True))
    op.create_table(
        "returned_papers",
        *key("returned_papers"),
        *refers("returned_papers", "batch_id", "batches"),
        *refers("returned_papers", "item_id", "items"),
        moment("settled_at", nullable=True),
    )
    for column in ("batch_id", "item_id"):
        op.create_index(op.f(f"ix_returned_papers_{column}"), "returned_papers", [column])
    _set_results_aside()
    with op.batch_alter_table("property_runs") as table:
        table.add_column(sa.Column("batch_id", whole(), nullable=True))
        table.alter_column("household_id", existing_type=whole(), nullable=True)
        table.create_foreign_key(op.f("fk_property_runs_batch_id_batches"), "batches", ["batch_id"], ["id"])
        table.create_check_constraint(op.f("ck_property_runs_subject"), _SUBJECT)
    _put_results_back()
    op.create_index(op.f("ix_property_runs_batch_id"), "property_runs", ["batch_id"])


def downgrade() -> None:
    runs = sa.text("run_id in (select id from property_runs where batch_id is not null)")
    op.execute(sa.delete(sa.table("property_results", sa.column("run_id"))).where(runs))
    op.execute("delete from property_runs where batch_id is not null")
    op.drop_index(op.f("ix_property_runs_batch_id"), "property_runs")
    _set_results_aside()
    with op.batch_alter_table("property_runs") as table:
        table.drop_constraint(op.f("ck_property_runs_subject"), type_="check")
        table.drop_constraint(op.f("fk_property_runs_batch_id_batches"), type_="foreignkey")
        table.alter_column("household_id", existing_type=whole(), nullable=False)
        table.drop_column("batch_id")
    _put_results_back()
    op.drop_table("returned_papers")
    op.drop_column("scans", "went_back_at")
    for column in ("mended", "decided_at", "state"):
        op.drop_column("batches", column)


def _set_results_aside() -> None:
    """Let SQLite, which changes a table by writing it anew, do so to one that others refer to."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute("create temporary table kept_results as select * from property_results")
        op.execute("delete from property_results")


def _put_results_back() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute("insert into property_results select * from kept_results")
        op.execute("drop table kept_results")
