"""Columns as the migrations write them; what stands here never changes, for it made the tables of archives in use."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op


def whole() -> sa.types.TypeEngine[int]:
    """Return the type of keys and counts."""
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def key(table: str) -> list[sa.schema.SchemaItem]:
    """Return the key of a table."""
    return [sa.Column("id", whole(), nullable=False), sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}"))]


def refers(table: str, column: str, to: str, *, nullable: bool = False) -> list[sa.schema.SchemaItem]:
    """Return a column that names a row of another table."""
    named = sa.ForeignKeyConstraint([column], [f"{to}.id"], name=op.f(f"fk_{table}_{column}_{to}"))
    return [sa.Column(column, whole(), nullable=nullable), named]


def text(name: str, length: int, *, nullable: bool = False) -> sa.Column[str]:
    """Return a column of so many characters at most."""
    return sa.Column(name, sa.String(length=length), nullable=nullable)


def number(name: str, *, nullable: bool = False) -> sa.Column[int]:
    """Return a column of whole numbers."""
    return sa.Column(name, whole(), nullable=nullable)


def moment(name: str, *, nullable: bool = False) -> sa.Column[object]:
    """Return a column of moments."""
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)
