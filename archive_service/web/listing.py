"""The list of every list page: columns that a person chose, the order that stands in the address, links with both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from archive_service.notebook import queries
from archive_service.notebook.rules import Kind
from archive_service.web import render

if TYPE_CHECKING:
    from archive_service.web.visit import Visit


@dataclass(frozen=True)
class Column:
    """A column that a list can show; `word` stands in its head."""

    key: str
    word: str
    #: Order that its head asks for; none when the list cannot be ordered by it.
    order: str = ""
    #: How that order runs, as `aria-sort` says it.
    runs: str = "ascending"
    #: Shown to those who chose nothing.
    usual: bool = True
    #: Always shown: without it a row says nothing.
    fixed: bool = False
    #: Classes of its cells.
    look: str = ""


@dataclass(frozen=True)
class Table:
    """A list by its name: its address, its columns in their order, its orders with the usual one first."""

    name: str
    address: str
    columns: Sequence[Column]
    orders: Sequence[str] = ("",)


@dataclass(frozen=True)
class Shown:
    """A list as one person sees it at one address."""

    table: Table
    #: Keys of the columns shown.
    keys: frozenset[str]
    order: str
    #: Filters in force, as they stand in the address.
    values: Mapping[str, str]

    @property
    def columns(self) -> Sequence[Column]:
        """The columns shown, in their order."""
        return [column for column in self.table.columns if column.key in self.keys]

    def has(self, key: str) -> bool:
        """Say whether a column is shown."""
        return key in self.keys

    @property
    def asked(self) -> dict[str, str]:
        """What links of this list carry: filters and order."""
        return {**self.values, **({"order": self.order} if self.order != self.table.orders[0] else {})}

    def here(self, **changes: str) -> str:
        """Return the address of this list, from its first page, with `changes`."""
        return render.query(self.table.address, self.asked, **changes)

    def ordered(self, column: Column) -> str:
        """Return the address of this list in the order of a column."""
        return render.query(
            self.table.address, self.values, order=None if column.order == self.table.orders[0] else column.order
        )


def at(table: Table, address: str) -> Table:
    """Return `table` at another address: a list that each of many things has."""
    return replace(table, address=address)


def shown(visit: Visit, table: Table, values: Mapping[str, str]) -> Shown:
    """Return `table` as the person behind `visit` chose it, in the order that the address asks for."""
    order = visit.request.query_params.get("order", "")
    with visit.services.database.reading() as session:
        kept = queries.content_of(session, visit.viewer, Kind.COLUMNS, table.name)
    return Shown(table, _keys(table, kept), order if order in table.orders else table.orders[0], values)


def _keys(table: Table, kept: str | None) -> frozenset[str]:
    always = {column.key for column in table.columns if column.fixed}
    if kept is None:
        return frozenset(always | {column.key for column in table.columns if column.usual})
    known = {column.key for column in table.columns}
    return frozenset(always | (known & set(kept.split(","))))
