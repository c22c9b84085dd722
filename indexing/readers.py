"""Reading records ahead in processes of their own: making words of them takes longer than writing the index."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from pathlib import Path

from sqlalchemy.orm import Session

from archive_service.catalogue import load
from archive_service.db.session import Database
from archive_service.errors import Unavailable
from indexing import project, sync
from indexing.document import SearchDocument

#: Households with their revisions, and the documents of all of them.
Read = tuple[list[sync.Revision], list[SearchDocument]]

#: Portions that each reader has before it; enough that none waits, few enough to stay small in memory.
_AHEAD = 2
_database: Database | None = None


def read(session: Session, household_ids: Sequence[int]) -> Read:
    """Return the revisions of these households and their documents.

    Revisions are read before the documents: where the database shows later changes in between (PostgreSQL), the
    household is done once more instead of being taken for done.
    """
    found = sync.revisions(session, household_ids)
    return found, project.documents(session, household_ids)


def read_ahead(database: Database, portions: Iterable[Sequence[int]], *, readers: int = 0) -> Iterator[Read]:
    """Yield what `read` returns for each portion, in order, made by `readers` processes; 0 means one a processor.

    Raises Unavailable when a reader dies; nothing was written by it.
    """
    count = readers or os.cpu_count() or 1
    url = database.engine.url.render_as_string(hide_password=False)
    # Started afresh rather than forked: a copy of this process would hold its connections and locks.
    pool = ProcessPoolExecutor(count, get_context("spawn"), _begin, (url, load.own_folder()))
    under_way: deque[Future[Read]] = deque()
    try:
        for portion in portions:
            under_way.append(pool.submit(_read, list(portion)))
            if len(under_way) > _AHEAD * count:
                yield under_way.popleft().result()
        while under_way:
            yield under_way.popleft().result()
    except BrokenProcessPool as e:
        raise Unavailable(
            "index.reader-died",
            "读取档案的进程意外结束，可能是内存不足。原来的索引没有改动，仍可使用。"
            "请检查内存后再次运行 archive-service reindex。",
        ) from e
    finally:
        pool.shutdown(cancel_futures=True)


def _begin(url: str, own_folder: Path | None) -> None:
    global _database
    if own_folder is not None:
        load.use_folder(own_folder)
    _database = Database(url)


def _read(household_ids: Sequence[int]) -> Read:
    assert _database is not None
    with _database.reading() as session:
        found, documents = read(session, household_ids)
    for document in documents:
        # The words are made here, and travel with the document.
        document.prepare()
    return found, documents
