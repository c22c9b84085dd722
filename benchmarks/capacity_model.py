"""What an archive of some size weighs and needs: arithmetic on the figures of `benchmarks.figures`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil

from archive_service.db.partitions import RULES
from benchmarks.arrivals import Load, peak_hour
from benchmarks.figures import FIGURES, WEIGHTS

DAY, YEAR = 86400, 365 * 86400
MONTH_DAYS = 365 / 12
TB = 1e12


@dataclass(frozen=True)
class Archive:
    """An archive of so many households, and the figures that hold for it."""

    households: float
    figures: Mapping[str, float]

    def __getitem__(self, name: str) -> float:
        """Return a figure."""
        return self.figures[name]

    @property
    def pages(self) -> float:
        """Pages of all received files."""
        return self.households * self["pages-per-household"]

    @property
    def pages_a_year(self) -> float:
        """Pages of the cases of one year."""
        return self.households * self["cases-a-year"] * self["pages-per-household"] / self["cases-per-household"]

    @property
    def drivers(self) -> dict[str, float]:
        """Return how many there are of what rows are counted by."""
        return {
            "household": self.households,
            "case": self.households * self["cases-per-household"],
            "item": self.pages / self["pages-per-item"],
            "page": self.pages,
            "file": self.pages / self["pages-per-file"],
            # While the papers of before are read, and not yet removed by upkeep.
            "recent file": (self.pages_a_year + self.pages / self["backlog-months"] * 12)
            / self["pages-per-file"]
            * self["jobs-kept-days"]
            / 365,
        }

    @property
    def rows(self) -> dict[str, float]:
        """Return rows by table."""
        return {one.table: one.rows * self.drivers[one.driver] for one in WEIGHTS}

    @property
    def database_bytes(self) -> dict[str, float]:
        """Return bytes by table on PostgreSQL, indexes included."""
        return {one.table: self.rows[one.table] * one.postgresql_bytes for one in WEIGHTS}

    @property
    def sqlite_bytes(self) -> float:
        """Return bytes of the same as one SQLite file."""
        return sum(self.rows[one.table] * one.sqlite_bytes for one in WEIGHTS)

    @property
    def object_bytes(self) -> dict[str, float]:
        """Return bytes of the objects by kind."""
        kinds = ("original", "image", "thumbnail", "lines", "pdf")
        return {kind: self.pages * self[f"{kind}-bytes"] for kind in kinds}

    @property
    def stored_bytes(self) -> float:
        """Return bytes of all objects, once."""
        return sum(self.object_bytes.values())

    @property
    def stored_bytes_a_day(self) -> float:
        """Return bytes of the objects that come in on a working day."""
        return self.stored_bytes / self.pages * self.pages_a_year / self["working-days"]

    @property
    def index_bytes(self) -> float:
        """Return bytes of the full-text index."""
        return self.drivers["item"] * self["index-bytes"]

    @property
    def partitions(self) -> dict[str, int]:
        """Return how many partitions hold the rows; keys count what the rule of the table parts by."""
        keys = {"seq": "audit_entries", "id": "jobs", "item_id": "items", "scan_id": "scans"}
        return {rule.table: ceil(self.rows[keys[rule.key]] / rule.size) for rule in RULES}

    @property
    def load(self) -> Load:
        """Return what the read workers see of a year."""
        return Load(
            files_a_year=self.pages_a_year / self["pages-per-file"],
            files_per_stack=self["files-per-stack"],
            pages_per_file=self["pages-per-file"],
            seconds_per_page=self["worker-seconds-per-page"],
            month_end=self["month-end"],
        )

    def peak_filings(self) -> float:
        """Return items filed a second in the busiest hour of the year."""
        return peak_hour(self.load) * self["pages-per-file"] / self["pages-per-item"] / 3600

    @property
    def backlog_workers(self) -> int:
        """Return how many workers, day and night, read the papers of before within the months set."""
        seconds = self.pages * self["worker-seconds-per-page"]
        return ceil(seconds / (self["backlog-months"] * MONTH_DAYS * DAY * self["used-share"]))

    def hours(self, size: float, figure: str) -> float:
        """Return hours for `size` bytes or things at the rate of a figure (a second, by one process)."""
        return size / self[figure] / 3600

    def phrase_p95_ms(self) -> float:
        """Return how long a phrase of the slow kind is looked for in one index: posting lists grow with the papers."""
        return self["phrase-p95-ms"] * self.drivers["item"] / 1e6

    @property
    def search_shards(self) -> int:
        """Return into how many indexes the papers have to be parted to keep the wanted time."""
        return ceil(self.phrase_p95_ms() / self["phrase-goal-ms"])

    def money_per_page(self) -> dict[str, float]:
        """Return what a page costs: reading it once, and keeping it for the years."""
        months = self["years-kept"] * 12
        database = sum(self.database_bytes.values()) / self.pages
        return {
            "reading": self["worker-seconds-per-page"] / self["used-share"] / 3600 * self["price-core-hour"],
            "objects": self.stored_bytes / self.pages / TB * months * self["copies"] * self["price-object-tb-month"],
            "database and index": (database * self["database-copies"] + self["index-bytes"] / self["pages-per-item"])
            / TB * months * self["price-disk-tb-month"],
            "people": self["review-share"] / self["pages-per-file"] * self["review-minutes"] / 60
            * self["price-person-hour"],
        }  # fmt: skip


def archive(households: float, **changed: float) -> Archive:
    """Return the archive of so many households; `changed` replaces figures, named with underscores."""
    figures = {one.name: one.value for one in FIGURES}
    return Archive(households, figures | {name.replace("_", "-"): value for name, value in changed.items()})
