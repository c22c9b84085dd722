"""What a search server refuses, and what stands in the way: told in plain words, and nothing is lost."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import urlsplit

import pytest

from archive_service.errors import Invalid, Unavailable
from archive_service.settings import Settings
from indexing.engine import IndexUnreachable, IndexUnusable
from indexing.engines import opensearch_writer
from indexing.engines.opensearch_place import ServerGenerations
from indexing.engines.opensearch_server import Address, Server
from indexing.index import Index, index_of
from indexing.rebuild import rebuild
from indexing.sync import follow
from tests.support import search_servers
from tests.support.search_documents import paper

from .conftest import NOW, Records, begun, filed, found_papers, in_use, place_of, waiting

pytestmark = pytest.mark.service


def test_what_a_busy_server_turns_away_is_sent_again(
    records: Records, server_index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    """First all of it, then a part; a real node cannot be made to do so at a chosen moment."""
    monkeypatch.setattr(opensearch_writer, "_PATIENCE_S", (0.01, 0.01, 0.01))
    known = place_of(server_index).server.address
    busy = search_servers.TurningAway(known.urls)
    index = Index(ServerGenerations(search_servers.server(known.prefix, url=busy.url)))
    items = filed(records, 30)
    busy.plan = [429, 10, 5]
    assert follow(records.database, index, now=NOW) == 30
    assert busy.bulks == 4
    assert found_papers(records, index) == items
    more = filed(records, 5)
    busy.plan = [429, 2, 429, 1]
    with pytest.raises(IndexUnreachable, match="繁忙"):
        follow(records.database, index, now=NOW)
    assert waiting(records, index) == 5
    assert follow(records.database, index, now=NOW) == 5
    assert sorted(index.current()[1].ids()) == items + more
    busy.shutdown()
    busy.server_close()


def test_a_part_that_the_index_refuses_leaves_all_of_it_owed(records: Records, server_index: Index) -> None:
    """An index whose fields somebody else laid out: other papers of the same request are taken, none is marked."""
    place = place_of(server_index)
    client, name = place.server.client, in_use(server_index)
    made = client.indices.get(index=name)[name]
    made["mappings"]["properties"]["account"] = {"type": "long"}
    client.indices.delete(index=name)
    kept = {one: made["settings"]["index"][one] for one in ("analysis", "refresh_interval", "max_result_window")}
    client.indices.create(index=name, body={"settings": kept, "mappings": made["mappings"], "aliases": made["aliases"]})
    unit = records.unit("C01")
    records.file(records.household(unit, "3401000001"), "计量装置")
    records.file(records.household(unit, "34X"), "计量装置")
    with pytest.raises(IndexUnusable, match="reindex"):
        follow(records.database, server_index, now=NOW)
    assert waiting(records, server_index) == 2
    assert rebuild(records.database, server_index, now=NOW) == 2


def test_a_server_whose_disk_is_full_takes_nothing_and_all_follows_later(records: Records, server_index: Index) -> None:
    """The block is the one that a server sets at its flood stage; searching goes on."""
    items = filed(records, 2)
    follow(records.database, server_index, now=NOW)
    client, name = place_of(server_index).server.client, in_use(server_index)
    block = "index.blocks.read_only_allow_delete"
    client.indices.put_settings(index=name, body={block: True})
    more = filed(records, 2)
    with pytest.raises(IndexUnreachable, match="磁盘"):
        follow(records.database, server_index, now=NOW)
    assert found_papers(records, server_index) == items
    assert waiting(records, server_index) == 2
    client.indices.put_settings(index=name, body={block: None})
    follow(records.database, server_index, now=NOW)
    assert found_papers(records, server_index) == items + more


def _lose_all(place: ServerGenerations, name: str) -> None:
    place.server.client.indices.delete(index=f"{place.server.address.prefix}.*")


def _lose_the_alias(place: ServerGenerations, name: str) -> None:
    place.server.client.indices.delete_alias(index=name, name=f"{place.server.address.prefix}.current")


def _age(place: ServerGenerations, name: str) -> None:
    _say(place, name, engine="opensearch", stamp="text 0, schema 0")


def _say_nothing(place: ServerGenerations, name: str) -> None:
    _say(place, name)


def _say(place: ServerGenerations, name: str, **meta: str) -> None:
    place.server.client.indices.put_mapping(index=name, body={"_meta": meta})


HARM = [_lose_all, _lose_the_alias, _age, _say_nothing]


@pytest.mark.parametrize("harm", HARM, ids=lambda harm: harm.__name__.strip("_"))
def test_an_index_that_cannot_be_used_says_so_and_a_rebuild_heals_it(
    records: Records, server_index: Index, harm: Callable[[ServerGenerations, str], None]
) -> None:
    items = filed(records, 2)
    follow(records.database, server_index, now=NOW)
    place, name = place_of(server_index), in_use(server_index)
    server_index.close()
    harm(place, name)
    for ask in (lambda: found_papers(records, server_index), lambda: follow(records.database, server_index, now=NOW)):
        with pytest.raises(IndexUnusable, match="reindex"):
            ask()
    assert rebuild(records.database, server_index, now=NOW) == 2
    assert found_papers(records, server_index) == items


def test_an_index_removed_under_a_writer_is_not_made_again_by_what_it_writes(
    records: Records, server_index: Index
) -> None:
    """A server makes an index of any name that is written to, without its fields; not through an alias."""
    engine = server_index.current()[1]
    with engine.writer() as writer:
        server_index.remove(server_index.generation())
        writer.add([paper(1, "合同")])
        with pytest.raises(IndexUnusable, match="reindex"):
            writer.commit()
    known = place_of(server_index).server
    left = known.client.indices.get(index=f"{known.address.prefix}.*")
    assert list(left) == [f"{known.address.prefix}.locks"]


@pytest.fixture
def odd_server() -> Iterator[Callable[[int, str], str]]:
    """Makes servers that answer everything alike, which the real node cannot be made to do."""
    made: list[HTTPServer] = []

    def make(status: int, body: str) -> str:
        class Odd(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(status)
                self.send_header("Content-Type", "application/json" if body.startswith("{") else "text/html")
                self.end_headers()
                self.wfile.write(body.encode())

            do_HEAD = do_POST = do_PUT = do_GET  # noqa: N815

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        server = HTTPServer(("127.0.0.1", 0), Odd)
        made.append(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{server.server_port}"

    yield make
    for one in made:
        one.shutdown()
        one.server_close()


@pytest.mark.parametrize(
    ("status", "body", "code"),
    [
        (401, "Unauthorized", "index.not-authorised"),
        (403, '{"error": {"type": "security_exception", "reason": "no permissions"}}', "index.not-authorised"),
        (200, "<html>another service</html>", "index.unreachable"),
        (200, "{}", "index.damaged"),
        (503, '{"error": {"type": "cluster_block_exception", "reason": "state not recovered"}}', "index.unreachable"),
        (404, '{"error": {"type": "index_not_found_exception", "reason": "no such index"}}', "index.missing"),
        (429, '{"error": {"type": "circuit_breaking_exception", "reason": "too large"}}', "index.overloaded"),
    ],
)
def test_what_a_server_answers_is_told_without_its_words(
    odd_server: Callable[[int, str], str], status: int, body: str, code: str
) -> None:
    index = begun(ServerGenerations(Server(Address(odd_server(status, body), user="archive", password="geheim"))))
    with pytest.raises(Unavailable) as told:
        index.current()
    assert told.value.code == code
    assert not [
        word for word in ("geheim", "exception", "Unauthorized", "html", "127.0.0.1") if word in str(told.value)
    ]


def test_a_server_without_a_trusted_certificate_is_told_as_such(server_index: Index) -> None:
    """Here the server speaks no TLS at all."""
    address = urlsplit(place_of(server_index).server.address.urls)
    index = begun(ServerGenerations(Server(Address(f"https://{address.netloc}", timeout_s=3))))
    with pytest.raises(IndexUnreachable, match="证书"):
        index.current()


def test_the_settings_name_the_server(server_index: Index, settings: Settings) -> None:
    known = place_of(server_index).server.address
    more: dict[str, Any] = {"search_engine": "opensearch", "opensearch_url": known.urls}
    chosen = settings.model_copy(update={**more, "opensearch_prefix": known.prefix})
    assert index_of(chosen).generation() == server_index.generation()
    with pytest.raises(Invalid, match="ARCHIVE_OPENSEARCH_URL"):
        index_of(settings.model_copy(update={"search_engine": "opensearch"}))
    with pytest.raises(ValueError, match="opensearch_prefix"):
        Settings(_env_file=None, opensearch_prefix="Archive.1")  # type: ignore[call-arg]
