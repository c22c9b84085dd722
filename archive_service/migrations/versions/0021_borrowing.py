"""Borrowing: requests and their wishes, decisions, readings on screen, papers that are out, who read what."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from archive_service.migrations.columns import key, moment, number, refers, text

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def flag(name: str, *, nullable: bool = False) -> sa.Column[bool]:
    return sa.Column(name, sa.Boolean(), nullable=nullable)


def once(table: str, *columns: str) -> sa.UniqueConstraint:
    """Return the constraint that these columns stand together once."""
    return sa.UniqueConstraint(*columns, name=op.f(f"uq_{table}_{'_'.join(columns)}"))


def holds(table: str, name: str, condition: str) -> sa.CheckConstraint:
    """Return a constraint on each row."""
    return sa.CheckConstraint(condition, name=op.f(f"ck_{table}_{name}"))


def upgrade() -> None:
    _requests()
    _decisions()
    _readings()
    _papers()


def _requests() -> None:
    op.create_table(
        "loan_requests",
        *key("loan_requests"),
        *refers("loan_requests", "asker_id", "persons"),
        *refers("loan_requests", "asker_unit_id", "units"),
        text("purpose", 24),
        text("words", 500),
        text("on_behalf_of", 120),
        text("letter_digest", 64, nullable=True),
        flag("emergency"),
        moment("asked_at"),
    )
    op.create_index("ix_loan_requests_asker_id_id", "loan_requests", ["asker_id", "id"])
    op.create_table(
        "loan_wishes",
        *key("loan_wishes"),
        *refers("loan_wishes", "request_id", "loan_requests"),
        number("place"),
        *refers("loan_wishes", "unit_id", "units"),
        *refers("loan_wishes", "household_id", "household_files"),
        text("way", 8),
        number("days"),
        number("prints"),
        flag("unmasked"),
        text("state", 10),
        text("edition", 20),
        text("rule", 20),
        text("level", 20),
        sa.Column("decide_by", sa.Date(), nullable=True),
        moment("queued_at"),
        once("loan_wishes", "request_id", "place"),
        holds("loan_wishes", "state", "state in ('asked', 'approved', 'refused', 'withdrawn', 'done')"),
        holds("loan_wishes", "days", "days > 0"),
    )
    op.create_index("ix_loan_wishes_unit_id_state_id", "loan_wishes", ["unit_id", "state", "id"])
    op.create_table(
        "loan_wish_pages",
        *key("loan_wish_pages"),
        *refers("loan_wish_pages", "wish_id", "loan_wishes"),
        *refers("loan_wish_pages", "item_id", "items"),
        number("page_no"),
        flag("approved", nullable=True),
        once("loan_wish_pages", "wish_id", "item_id", "page_no"),
    )
    op.create_index("ix_loan_wish_pages_item_id", "loan_wish_pages", ["item_id"])


def _decisions() -> None:
    op.create_table(
        "loan_decisions",
        *key("loan_decisions"),
        *refers("loan_decisions", "wish_id", "loan_wishes"),
        *refers("loan_decisions", "asker_id", "persons"),
        *refers("loan_decisions", "decided_by", "persons", nullable=True),
        *refers("loan_decisions", "deputy_for", "persons", nullable=True),
        text("level", 20),
        text("outcome", 10),
        sa.Column("words", sa.Text(), nullable=False),
        flag("after"),
        moment("decided_at"),
        once("loan_decisions", "wish_id"),
        holds("loan_decisions", "not_own", "decided_by is null or decided_by <> asker_id"),
        holds("loan_decisions", "outcome", "outcome in ('approved', 'partial', 'refused')"),
    )


def _readings() -> None:
    op.create_table(
        "reading_grants",
        *key("reading_grants"),
        *refers("reading_grants", "wish_id", "loan_wishes"),
        *refers("reading_grants", "person_id", "persons"),
        *refers("reading_grants", "reader_unit_id", "units"),
        moment("begins_at"),
        moment("ends_at"),
        flag("unmasked"),
        number("prints"),
        number("printed"),
        moment("ended_at", nullable=True),
        text("ended_why", 12, nullable=True),
        *refers("reading_grants", "ended_by", "persons", nullable=True),
        holds("reading_grants", "ends_later", "ends_at > begins_at"),
        holds("reading_grants", "prints", "printed <= prints"),
    )
    op.create_index("ix_reading_grants_person_id_ends_at", "reading_grants", ["person_id", "ends_at"])
    op.create_index("ix_reading_grants_wish_id", "reading_grants", ["wish_id"])
    unended = sa.text("ended_at IS NULL")
    op.create_index(
        "ix_reading_grants_open", "reading_grants", ["ends_at"], sqlite_where=unended, postgresql_where=unended
    )
    op.create_table(
        "reading_grant_pages",
        *key("reading_grant_pages"),
        *refers("reading_grant_pages", "grant_id", "reading_grants"),
        *refers("reading_grant_pages", "item_id", "items"),
        number("page_no"),
        once("reading_grant_pages", "grant_id", "item_id", "page_no"),
    )
    op.create_table(
        "page_readings",
        *key("page_readings"),
        *refers("page_readings", "grant_id", "reading_grants"),
        *refers("page_readings", "person_id", "persons"),
        *refers("page_readings", "item_id", "items"),
        number("page_no"),
        text("purpose", 24),
        flag("printed"),
        moment("at"),
    )
    op.create_index("ix_page_readings_grant_id_id", "page_readings", ["grant_id", "id"])
    op.create_index("ix_page_readings_item_id_at", "page_readings", ["item_id", "at"])
    op.create_index("ix_page_readings_person_id_at", "page_readings", ["person_id", "at"])


def _papers() -> None:
    op.create_table(
        "paper_loans",
        *key("paper_loans"),
        *refers("paper_loans", "wish_id", "loan_wishes"),
        *refers("paper_loans", "holder_id", "persons"),
        *refers("paper_loans", "unit_id", "units"),
        moment("handed_out_at"),
        *refers("paper_loans", "handed_out_by", "persons"),
        number("pages_counted"),
        text("count_note", 500),
        sa.Column("due_on", sa.Date(), nullable=False),
        number("renewals"),
        moment("recalled_at", nullable=True),
        *refers("paper_loans", "recalled_by", "persons", nullable=True),
        text("state", 10),
        moment("closed_at", nullable=True),
        once("paper_loans", "wish_id"),
        holds("paper_loans", "state", "state in ('out', 'returned', 'lost')"),
        holds("paper_loans", "two_people", "handed_out_by <> holder_id"),
    )
    op.create_index("ix_paper_loans_holder_id", "paper_loans", ["holder_id"])
    out = sa.text("state = 'out'")
    op.create_index(
        "ix_paper_loans_unit_id_due_on", "paper_loans", ["unit_id", "due_on"], sqlite_where=out, postgresql_where=out
    )
    op.create_table(
        "lent_papers",
        *key("lent_papers"),
        *refers("lent_papers", "loan_id", "paper_loans"),
        *refers("lent_papers", "item_id", "items"),
        number("pages_out"),
        number("pages_back", nullable=True),
        text("condition", 10, nullable=True),
        text("note", 500),
        *refers("lent_papers", "seen_by", "persons", nullable=True),
        moment("back_at", nullable=True),
        once("lent_papers", "loan_id", "item_id"),
    )
    away = sa.text("back_at IS NULL")
    op.create_index(
        "uq_lent_papers_out", "lent_papers", ["item_id"], unique=True, sqlite_where=away, postgresql_where=away
    )


def downgrade() -> None:
    for table in (
        "lent_papers",
        "paper_loans",
        "page_readings",
        "reading_grant_pages",
        "reading_grants",
        "loan_decisions",
        "loan_wish_pages",
        "loan_wishes",
        "loan_requests",
    ):
        op.drop_table(table)
