"""What each step asks of store, database and index, how often, and in which ways each of these calls can fail."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from archive_service.proofs.actions import CHECK_JOB as AUDIT_CHECK_JOB
from archive_service.proofs.actions import EXPORT_JOB as AUDIT_EXPORT_JOB
from ingest import pipeline
from ingest.again.queries import READ_AGAIN_JOB
from ingest.quality.rescan import RESCAN_JOB
from ingest.review.turns import REREAD_JOB
from retention.disposal import EXECUTE_JOB
from tests.support import faulty
from tests.support.faulty_place import FaultyPlace

#: What is asked, how often, while one page is taken through a step; "unpack" is the check of a ZIP with two papers.
ASKED: Mapping[str, Mapping[str, int]] = {
    "receive": {"put": 1, "put-half": 3, "put-done": 1, "begin": 1, "commit": 1, "commit-lost": 1},
    "unpack": {"reading": 1, "read": 1, "fetch-half": 1, "put": 2, "put-half": 4, "put-done": 2, "begin": 2,
               "commit": 2, "commit-lost": 2},
    "check": {"reading": 1, "read": 1, "fetch-half": 1, "begin": 1, "commit": 1, "commit-lost": 1},
    "render": {"reading": 2, "read": 1, "fetch-half": 1, "put": 2, "put-done": 2, "begin": 2, "commit": 2,
               "commit-lost": 2},
    "read": {"reading": 3, "read": 3, "put": 3, "put-done": 3, "begin": 2, "commit": 2, "commit-lost": 2},
    "sort": {"reading": 2, "read": 1, "begin": 1, "commit": 1, "commit-lost": 1},
    "file": {"reading": 1, "begin": 1, "commit": 1, "commit-lost": 1},
    "item.rendition": {"reading": 1, "read": 2, "put": 1, "put-half": 2, "put-done": 1, "begin": 1, "commit": 1,
                       "commit-lost": 1},
    "page.reread": {"reading": 2, "read": 3, "put": 3, "put-done": 3, "begin": 2, "commit": 2, "commit-lost": 2},
    "page.rescan": {"reading": 2, "read": 5, "fetch-half": 1, "put": 5, "put-done": 5, "begin": 1, "commit": 1,
                    "commit-lost": 1},
    "scan.read-again": {"reading": 3, "read": 4, "put": 3, "put-done": 3, "begin": 2, "commit": 2, "commit-lost": 2},
    "catalogue.check": {"reading": 2, "begin": 1, "commit": 1, "commit-lost": 1},
    "package.make": {"reading": 1, "read": 40, "put": 1, "put-half": 3, "put-done": 1, "begin": 1,
                     "commit": 1, "commit-lost": 1},
    "package.take": {"reading": 3, "read": 1, "fetch-half": 1, "put": 1, "put-half": 3, "put-done": 1, "begin": 1,
                     "commit": 1, "commit-lost": 1},
    "package.look": {"reading": 2, "read": 1, "fetch-half": 1, "begin": 1, "commit": 1, "commit-lost": 1},
    "audit-check": {"reading": 1, "begin": 1, "commit": 1, "commit-lost": 1},
    "audit-export": {"reading": 4, "put": 1, "put-half": 2, "put-done": 1, "begin": 3, "commit": 3, "commit-lost": 3},
    "retention.run": {"reading": 1, "begin": 1, "commit": 1, "commit-lost": 1},
    "storage.lock": {"reading": 14, "begin": 12, "commit": 12, "commit-lost": 12},
    "cases.import": {"begin": 2, "commit": 2, "commit-lost": 2},
    "webhook": {"reading": 1, "begin": 1, "commit": 1, "commit-lost": 1},
    "notice-mails": {"begin": 4, "commit": 4, "commit-lost": 4},
    "index": {"reading": 3, "index-open": 1, "index-add": 1, "index-commit": 1, "index-lost": 1, "begin": 1,
              "commit": 1, "commit-lost": 1},
}  # fmt: skip
Ways = Mapping[str, tuple[Callable[[], Exception], str]]
AWAY, FULL = (faulty.store_away, "store.unavailable"), (faulty.store_full, "store.full")
SILENT = (faulty.disk_silent, "store.unavailable")
CUT, LATE = (faulty.cut_off, "database.unavailable"), (faulty.locked, "database.unavailable")
GONE = (faulty.refused, "database.unavailable")
#: How a call can fail, and the class under which its job then waits: refused, too late, half done, no room.
WAYS: Mapping[str, Ways] = {
    "put": {"refused": AWAY, "too late": SILENT, "no room": FULL},
    "put-half": {"half done": AWAY, "no room": FULL},
    "put-done": {"answer lost": AWAY},
    "read": {"refused": AWAY, "too late": SILENT},
    "fetch-half": {"half done": AWAY, "no room": (faulty.disk_full, "disk.full")},
    "reading": {"refused": GONE, "too late": LATE},
    "begin": {"refused": GONE, "too late": LATE},
    "commit": {"cut off": CUT, "too late": LATE, "no room": (faulty.database_full, "database.unavailable")},
    "commit-lost": {"answer lost": CUT},
    "index-open": {"refused": (faulty.index_away, "index.unusable")},
    "index-add": {"half done": (faulty.index_away, "index.unusable")},
    "index-commit": {"refused": (faulty.index_away, "index.unusable")},
    "index-lost": {"answer lost": (faulty.index_away, "index.unusable")},
}
OF_THE_DATABASE = frozenset({"reading", "begin", "commit", "commit-lost"})
#: What is run one after the other after a file was received.
JOBS = [*(step.name for step in pipeline.STEPS.values()), "item.rendition"]
#: The first pass of a package that was handed in, before somebody accepts it.
LOOK = "package.look"
#: What auditors ask of the trail.
PROOFS = [AUDIT_CHECK_JOB, AUDIT_EXPORT_JOB]
#: What is run for a page that waits for review; nothing is filed by it.
AT_THE_DESK = [REREAD_JOB, RESCAN_JOB, READ_AGAIN_JOB]
#: What has points of its own: tests/retention/test_execution.py stops it at each of them.
STOPPED_ELSEWHERE = {EXECUTE_JOB}


def failures(place: FaultyPlace, step: str) -> Iterator[tuple[str, str, Callable[[], Exception], str, int]]:
    """Yield call, way, what is thrown, the class of it, and which call of that kind it is: the first and the last.

    On PostgreSQL only the calls of the database: what follows on those of the store and the index was seen on SQLite.
    """
    on_postgres = place.settings.url().startswith("postgresql")
    for call, times in ASKED[step].items():
        if on_postgres and call not in OF_THE_DATABASE:
            continue
        for way, (make, code) in WAYS[call].items():
            for nth in sorted({1, times}):
                yield call, way, make, code, nth
