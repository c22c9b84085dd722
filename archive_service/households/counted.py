"""Kept figures: what each case adds, the sums by unit, category, business and month, and the rules it breaks.

A case's own row says what it was last counted as. A write puts the difference to that beside the sums as a loose row,
so that writers never wait for one another; a reader adds up both, and upkeep folds loose rows into the sums.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from archive_service.db.base import Base, JsonText

#: Columns that say whose figures a row holds; the rest are the measures.
KEY = ("unit_id", "customer_category", "business_type", "month", "due_on")


class _Figures:
    """Key and measures, as `households.measures` defines them."""

    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    customer_category: Mapped[str] = mapped_column(String(4))
    business_type: Mapped[str] = mapped_column(String(10))
    #: Month of energisation as 2026-11; empty before that.
    month: Mapped[str] = mapped_column(String(7))
    #: Deadline of cases that wait for being filed; none for the others and for those without one.
    due_on: Mapped[date | None]
    cases: Mapped[int]
    complete_cases: Mapped[int]
    due: Mapped[int]
    satisfied: Mapped[int]
    not_assessable: Mapped[int]
    on_time: Mapped[int]
    late: Mapped[int]
    compared: Mapped[int]
    consistent: Mapped[int]
    scanned: Mapped[int]
    untouched: Mapped[int]
    first_answered: Mapped[int]
    first_passed: Mapped[int]
    taken_in: Mapped[int]
    rounds: Mapped[int]


class CaseCount(_Figures, Base):
    """What a case was last counted as."""

    __tablename__ = "case_counts"
    __table_args__ = (Index("ix_case_counts_unit_id_month", "unit_id", "month"),)

    case_id: Mapped[int] = mapped_column(ForeignKey("case_files.id"), primary_key=True, autoincrement=False)


class CaseFigure(_Figures, Base):
    """A sum of cases, or a loose difference that is to be added to one."""

    __tablename__ = "case_figures"
    __table_args__ = (
        Index("ix_case_figures_unit_id_customer_category_business_type_month", *KEY[:4]),
        Index("ix_case_figures_settled_id", "settled", "id"),
        Index("ix_case_figures_due_on", "due_on"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    #: False for a difference that is not folded yet.
    settled: Mapped[bool]


class CaseHit(Base):
    """A rule that the papers of a case break, with the places where that is seen."""

    __tablename__ = "case_hits"
    __table_args__ = (
        UniqueConstraint("case_id", "rule"),
        Index("ix_case_hits_rule_unit_id_case_id", "rule", "unit_id", "case_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case_files.id"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    #: XC01 and so on, or a name of `completeness.anomalies`, or same-scan.
    rule: Mapped[str] = mapped_column(String(24))
    message: Mapped[str] = mapped_column(Text)
    #: Item, type, field, value and page of each place, as `completeness.observations.Seen`.
    evidence: Mapped[list[dict[str, Any]]] = mapped_column(JsonText)
