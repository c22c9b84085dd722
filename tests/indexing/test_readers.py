"""Readers in processes of their own give the very documents that one would read here, and their death is heard of."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator, Sequence

import pytest

from archive_service.errors import Unavailable
from indexing import readers
from indexing import rebuild as rebuild_module
from indexing.index import Index
from indexing.rebuild import rebuild

from .conftest import NOW, Records, filed, found_papers


def households(records: Records, count: int) -> list[int]:
    unit = records.unit("C01")
    made = [records.household(unit, f"34010000{number:02}") for number in range(count)]
    for number, household in enumerate(made):
        records.file(household, f"计量装置 {number}，证件 11010119900307{number:04}")
    return made


def test_documents_read_ahead_are_those_read_here_in_their_order(records: Records) -> None:
    """Words included, so that nobody works them out twice."""
    made = households(records, 7)
    portions = [made[at : at + 2] for at in range(0, 7, 2)]
    with records.database.reading() as session:
        here = [readers.read(session, portion) for portion in portions]
    ahead = list(readers.read_ahead(records.database, portions, readers=2))
    assert ahead == here
    assert all(vars(document)["body_stream"] for _, documents in ahead for document in documents)


def test_a_rebuild_with_readers_holds_every_paper(
    records: Records, index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same index as without them."""
    papers = filed(records, 5)
    monkeypatch.setattr(rebuild_module, "_WORTH_READERS", 1)
    monkeypatch.setattr(rebuild_module, "_HOUSEHOLDS_A_TIME", 2)
    assert rebuild(records.database, index, now=NOW) == len(papers)
    assert found_papers(records, index) == sorted(papers)


def test_a_reader_that_dies_ends_the_rebuild_with_a_sentence(records: Records) -> None:
    """Instead of an index that lacks its portion."""
    made = households(records, 4)

    def portions() -> Iterator[Sequence[int]]:
        yield made[:2]
        for child in multiprocessing.active_children():
            child.kill()
            child.join()
        yield made[2:]

    with pytest.raises(Unavailable, match="意外结束"):
        list(readers.read_ahead(records.database, portions(), readers=1))
