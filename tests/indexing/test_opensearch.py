"""The index on a server: what goes wrong between machines, and what is left when it does."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from archive_service.errors import Unavailable
from archive_service.households.tables import Item
from archive_service.settings import Settings
from indexing.engine import IndexBusy, IndexUnreachable
from indexing.engines.opensearch_lease import Leases
from indexing.engines.opensearch_place import ServerGenerations
from indexing.engines.opensearch_walk import WINDOW
from indexing.engines.opensearch_writer import OpenSearchWriter
from indexing.index import Index
from indexing.query import AllOf, EngineQuery, parse
from indexing.rebuild import rebuild
from indexing.sync import follow
from tests.support import search_servers
from tests.support.proxy import Proxy
from tests.support.search_documents import paper

from .conftest import NOW, Records, begun, filed, found_papers, place_of, waiting

pytestmark = pytest.mark.service
ROOT = Path(__file__).parents[2]


def follow_once_free(records: Records, index: Index) -> None:
    """Follow until nothing waits: the right of a writer that lost its server is free once it is not renewed."""
    end = time.monotonic() + 90
    while True:
        with contextlib.suppress(Unavailable):
            follow(records.database, index, now=NOW)
            if not waiting(records, index):
                return
        assert time.monotonic() < end
        time.sleep(0.2)


def test_a_server_that_is_gone_in_mid_follow_costs_nothing_but_time(
    records: Records, server_index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It goes between two commits; once back, all is found that was filed, and nothing twice."""
    known = place_of(server_index).server.address
    real = urlsplit(known.urls)
    proxy = Proxy(real.hostname or "", real.port or 0)
    index = Index(ServerGenerations(search_servers.server(known.prefix, url=f"http://127.0.0.1:{proxy.port}")))
    items = filed(records, 120)
    commit, commits = OpenSearchWriter.commit, iter(range(9))

    def commit_once(writer: OpenSearchWriter) -> None:
        if next(commits) == 1:
            proxy.shut()
        commit(writer)

    with monkeypatch.context() as patch:
        patch.setattr(OpenSearchWriter, "commit", commit_once)
        with pytest.raises(IndexUnreachable, match="没有应答"):
            follow(records.database, index, now=NOW)
    with pytest.raises(IndexUnreachable, match="没有应答"):
        index.refresh()
    # Only the first commit was answered, so only its households are marked.
    assert 0 < waiting(records, server_index) < len(items)
    proxy.open()
    follow_once_free(records, index)
    assert found_papers(records, index) == sorted(index.current()[1].ids()) == items
    proxy.shut()


@pytest.mark.timeout(600)
def test_a_node_killed_in_mid_follow_comes_back_with_all_that_was_answered(records: Records, tmp_path: Path) -> None:
    """What was marked as indexed is there, what was not is done again."""
    node = search_servers.OwnNode(tmp_path / "node")
    try:
        index = begun(ServerGenerations(search_servers.server("killed", url=node.url, timeout_s=5)))
        items = filed(records, 150)
        killing = threading.Thread(target=lambda: (_until_marked(records, index, below=150), node.kill()))
        killing.start()
        with contextlib.suppress(Unavailable):
            follow(records.database, index, now=NOW)
        killing.join()
        node.start()
        follow_once_free(records, index)
        assert found_papers(records, index) == sorted(index.current()[1].ids()) == items
    finally:
        node.kill()


def _until_marked(records: Records, index: Index, *, below: int) -> None:
    while waiting(records, index) >= below:
        time.sleep(0.01)


def test_a_crash_between_bulk_and_mark_is_done_again_without_a_second_copy(
    records: Records, server_index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The documents are on the server and seen by nobody yet when the process dies; one leaves the archive."""
    items = filed(records, 3)

    def crash(writer: OpenSearchWriter) -> None:
        writer._send()
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(OpenSearchWriter, "commit", crash)
        with pytest.raises(KeyboardInterrupt):
            follow(records.database, server_index, now=NOW)
    assert (waiting(records, server_index), server_index.current()[1].count()) == (3, 0)
    with records.database.unit_of_work() as session:
        session.get_one(Item, items[0]).state = "withdrawn"
    assert follow(records.database, server_index, now=NOW) == 3
    assert sorted(server_index.current()[1].ids()) == items[1:]


_INDEXER = """
import sys; sys.path.insert(0, sys.argv[1])
from archive_service.db.session import Database
from indexing.index import Index
from indexing.sync import follow
from tests.support.search_servers import ServerGenerations, server
from tests.indexing.conftest import NOW
database, index = Database(sys.argv[2]), Index(ServerGenerations(server(sys.argv[3])))
done = 0
print("ready", flush=True)
while sys.stdin.readline():
    done += follow(database, index, limit=7, now=NOW)
    print(done, flush=True)
"""


def test_two_processes_that_index_at_once_give_way_to_each_other(
    records: Records, server_index: Index, settings: Settings
) -> None:
    """As an indexer on each of two machines would: nothing is lost, nothing stands there twice."""
    told = [sys.executable, "-c", _INDEXER, str(ROOT), settings.url(), place_of(server_index).server.address.prefix]
    both = [subprocess.Popen(told, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    items: list[int] = []
    for process in both:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
    for _ in range(4):
        items += filed(records, 20)
        for process in both:
            assert process.stdin
            process.stdin.write("\n")
            process.stdin.flush()
        for process in both:
            assert process.stdout
            assert process.stdout.readline()
    counts = [process.communicate()[0] for process in both]
    assert [process.returncode for process in both] == [0, 0], counts
    follow(records.database, server_index, now=NOW)
    assert found_papers(records, server_index) == sorted(server_index.current()[1].ids()) == items


def test_whoever_searches_during_rebuilds_never_finds_an_empty_index(records: Records, server_index: Index) -> None:
    """The alias moves in one step, and the old index stays until readers have left it."""
    items = filed(records, 10)
    follow(records.database, server_index, now=NOW)
    seen: list[int] = []
    ended = threading.Event()

    def look() -> None:
        place = place_of(server_index)
        asked = {"query": {"match_phrase": {"body": "计量装置"}}, "track_total_hits": True}
        while not ended.is_set():
            answer = place.server.client.search(index=f"{place.server.address.prefix}.current", body=asked)
            seen.append(answer["hits"]["total"]["value"])
            seen.append(len(found_papers(records, server_index)))

    looking = threading.Thread(target=look)
    looking.start()
    for _ in range(3):
        rebuild(records.database, server_index, now=datetime.now(UTC))
    ended.set()
    looking.join()
    assert len(seen) > 10
    assert set(seen) == {len(items)}


def test_a_writer_that_was_stopped_for_long_writes_nothing_once_another_has_its_right() -> None:
    """Neither compares clocks; the version of the document on the server decides."""
    with search_servers.prefix() as prefix:
        first, second = (Leases(search_servers.server(prefix)) for _ in range(2))
        stopped = first.acquire("writer")
        with pytest.raises(IndexBusy):
            second.acquire("writer")
        # What a process does that the machine holds still.
        stopped._ended.set()
        stopped._thread.join()
        end = time.monotonic() + 60
        taken = None
        while taken is None and time.monotonic() < end:
            with contextlib.suppress(IndexBusy):
                taken = second.acquire("writer")
        assert taken
        with pytest.raises(IndexBusy):
            stopped.check()
        stopped.give_back()
        taken.check()
        with pytest.raises(IndexBusy):
            first.acquire("writer")
        taken.give_back()
        first.acquire("writer").give_back()


def test_a_right_that_is_renewed_is_not_taken_over() -> None:
    """However long the holder works."""
    with search_servers.prefix() as prefix:
        first, second = (Leases(search_servers.server(prefix, timeout_s=3)) for _ in range(2))
        held = first.acquire("writer")
        end = time.monotonic() + 2 * first.lease_s
        while time.monotonic() < end:
            with pytest.raises(IndexBusy):
                second.acquire("writer")
            time.sleep(0.1)
        held.check()
        held.give_back()


def test_archives_that_share_a_server_do_not_see_each_other(records: Records, server_index: Index) -> None:
    """Also when the name of one begins with the name of the other."""
    items = filed(records, 2)
    follow(records.database, server_index, now=NOW)
    known = place_of(server_index).server.address
    for name in (f"{known.prefix}-2", f"{known.prefix}x"):
        other = begun(ServerGenerations(search_servers.server(name)))
        with server_index.building(), other.building(), other.current()[1].writer() as writer:
            writer.add([paper(1, "计量装置")])
            writer.commit()
        assert not set(other.generations()) & set(server_index.generations())
        assert server_index.generations() == [server_index.generation()]
        for generation in other.generations():
            other.remove(generation)
        other_place = place_of(other)
        other_place.server.client.indices.delete(index=f"{name}.*")
    assert found_papers(records, server_index) == items


def test_pages_deeper_than_the_server_goes_by_offset_hold_every_hit_once() -> None:
    """Beyond ten thousand the page is walked to; the newest first where nothing is asked for."""
    count = WINDOW + 250
    with search_servers.place() as place:
        engine = begun(place).current()[1]
        with engine.writer(bulk=True) as writer:
            writer.add(paper(n, "合同" if n % 3 else "台同", account_no=f"{n}") for n in range(count))
            writer.commit()
        asked = {"units": frozenset({1}), "facets": True}
        for typed, total in (("", count), ("合同", count - -(-count // 3))):
            wanted = parse(typed) if typed else AllOf()
            pages = [
                engine.search(EngineQuery(**asked, wanted=wanted, offset=at, limit=150))
                for at in range(0, total + 150, 150)
            ]
            assert {page.total for page in pages} == {total}
            ids = [hit.item_id for page in pages for hit in page.hits]
            assert len(ids) == len(set(ids)) == total
            assert typed or ids == sorted(ids, reverse=True)
            assert pages[-2].facets == pages[0].facets
        assert sorted(engine.ids()) == list(range(count))
