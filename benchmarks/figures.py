"""The figures that `capacity` calculates with: each with its unit and where it comes from, each an option."""

from __future__ import annotations

from dataclasses import dataclass

_WEIGHED = "measured on the samples: `python -m benchmarks.weigh`"
_ASSUMED = "assumed"


@dataclass(frozen=True)
class Figure:
    """A number of the model; `name` is also the option that changes it."""

    name: str
    value: float
    unit: str
    source: str


@dataclass(frozen=True)
class Weight:
    """How many rows a table gets for each of `driver`, and what one weighs with its indexes."""

    table: str
    driver: str
    rows: float
    sqlite_bytes: float
    postgresql_bytes: float


FIGURES = (
    Figure("pages-per-household", 6.65, "pages", "assumed: 89 % residents with 5, 10 % small businesses with 12, 1 %"
           " companies with 100 (archivists tell of “a few” and “near 100”)"),
    Figure("cases-per-household", 1.3, "cases", _ASSUMED),
    Figure("cases-a-year", 0.08, "cases a household", _ASSUMED),
    Figure("pages-per-file", 3.38, "pages", _WEIGHED),
    Figure("files-per-stack", 10, "files", "assumed: what an archivist hands in at a time"),
    Figure("pages-per-item", 1.15, "pages", _WEIGHED + "; real contracts are thicker, so there are fewer items"),
    Figure("original-bytes", 358_664, "bytes a page", _WEIGHED),
    Figure("image-bytes", 476_583, "bytes a page", _WEIGHED + "; as rendered, and again where it was turned"),
    Figure("thumbnail-bytes", 12_816, "bytes a page", _WEIGHED),
    Figure("lines-bytes", 1_925, "bytes a page", _WEIGHED),
    Figure("pdf-bytes", 385_718, "bytes a page", _WEIGHED + "; page images once more, as PDF/A of each item"),
    Figure("index-bytes", 1_025, "bytes an item", _WEIGHED),
    Figure("worker-seconds-per-page", 1.35, "seconds", "measured: `python -m benchmarks.ingest`, 88.8 pages a minute by"
           " two workers, the whole pipeline"),
    Figure("worker-memory", 1.5e9, "bytes", "measured: largest process of `demo`, 1.51 GB"),
    Figure("month-end", 2.5, "times", "assumed: arrivals on the last three working days of a month"),
    Figure("working-days", 261, "days", "weekdays of a year; holidays are not counted"),
    Figure("wait-goal", 900, "seconds", "assumed: 95 of 100 files are begun within a quarter of an hour"),
    Figure("backlog-months", 24, "months", "assumed: the papers of before are read within this time"),
    Figure("jobs-kept-days", 90, "days", "the default of `ARCHIVE_JOBS_KEPT_DAYS`"),
    Figure("used-share", 0.8, "of the time", "assumed: workers rest for updates and breaks of supply"),
    Figure("workers-per-machine", 14, "workers", "assumed: 16 cores, two of them for everything else"),
    Figure(
        "filings-a-second",
        40,
        "commits",
        "measured: `python -m benchmarks.writers`, PostgreSQL 15 with fsync, four writers, two cores in use by others",
    ),
    Figure("phrase-p95-ms", 137, "ms a million items", "measured: `python -m benchmarks.scale`, 136.6 ms at 1,000,000"
           " and 15.2 ms at 100,000 papers; taken to grow in proportion"),
    Figure("phrase-goal-ms", 1000, "ms", "assumed: what a person waits for without wondering"),
    Figure("indexed-a-second", 2_094, "items", _WEIGHED + ", rebuild from SQLite, one process"),
    Figure("verified-bytes-a-second", 56e6, "bytes",
           "measured: `verify` of the samples, 195 MB in 3.5 s, its start included"),
    Figure("copied-bytes-a-second", 279e6, "bytes",
           "measured: `backup` of the samples, 195 MB in 0.7 s, from the cache to a local disk"),
    Figure("carried-rows-a-second", 26_725, "rows", _WEIGHED + ", SQLite to PostgreSQL, compared"),
    Figure("years-kept", 30, "years", "assumed: the longer of the usual terms below permanent"),
    Figure("copies", 3, "copies", "three copies, one of them elsewhere"),
    Figure("database-copies", 2, "copies", "assumed: one standby"),
    Figure("price-core-hour", 0.15, "yuan", "assumed: put in your own price"),
    Figure("price-object-tb-month", 60, "yuan", "assumed: put in your own price"),
    Figure("price-disk-tb-month", 300, "yuan", "assumed: put in your own price"),
    Figure("price-person-hour", 60, "yuan", "assumed: put in your own price"),
    Figure("review-share", 0.21, "of the files", _WEIGHED + ": 14 of 68 files waited for a person"),
    Figure("review-minutes", 1, "minutes", _ASSUMED),
)  # fmt: skip

#: Rows of the samples by what causes them, and bytes of a row with its indexes, as `weigh` prints them.
WEIGHTS = (
    Weight("audit_entries", "page", 2.817, 340, 406),
    Weight("case_files", "case", 1, 228, 346),
    Weight("case_stages", "case", 7.54, 82, 127),
    Weight("household_files", "household", 1, 214, 314),
    # Assumed: a number an item, which is more than there are. Weighed by 100,000 rows written at once.
    Weight("identity_hashes", "item", 1, 247, 401),
    Weight("identity_marks", "household", 1, 41, 91),
    Weight("indexed_revisions", "household", 1, 86, 119),
    Weight("item_fields", "item", 6.54, 139, 198),
    Weight("items", "item", 1, 396, 475),
    Weight("jobs", "recent file", 7.82, 255, 285),
    Weight("page_findings", "page", 0.25, 126, 306),
    Weight("pages", "page", 1, 1250, 1164),
    Weight("renditions", "item", 1, 205, 227),
    Weight("scan_documents", "item", 1, 1296, 1331),
    Weight("scan_pages", "page", 1, 1105, 1053),
    Weight("scans", "file", 1, 386, 585),
    Weight("stored_objects", "page", 4.374, 259, 281),
    Weight("verdicts", "case", 31.8, 167, 238),
)
