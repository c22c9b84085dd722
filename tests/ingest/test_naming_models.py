"""Models are put in use and taken back by rows; documents that people decided are what is learnt from."""

from __future__ import annotations

from functools import lru_cache

import pytest
from sqlalchemy import select

from archive_service.audit.tables import AuditEntry
from archive_service.catalogue import load
from archive_service.db.session import Database
from archive_service.errors import NotPermitted, Refused, Unavailable
from archive_service.people import queries as people
from archive_service.people.viewer import Viewer
from archive_service.storage.files import FileStore
from ingest.naming import actions, queries, training
from ingest.naming.training import Trained
from ingest.recognise.naming import shipped
from ingest.recognise.naming.judge import Judgement
from ingest.recognise.naming.learn import Example, held_back
from ingest.recognise.naming.model import DamagedModel
from ingest.recognise.naming.words import Words
from tests.support import records

EDITION = load.edition_for(None)
ODD = Words("邻里互助登记折", "户号0", "核对事项邻里互助用电关照")


def example(number: int) -> Example:
    return Example(ODD, "V01", f"household/{number}")


@lru_cache(maxsize=2)
def trained(number: int = 1) -> Trained:
    """Return a model of few papers, another one for each number."""
    return training.train([example(1)] * number, shipped.model(), EDITION, each=1)


def put_in_use(database: Database, store: FileStore, what: Trained) -> str:
    stored = store.put_bytes(what.model.data)
    with database.unit_of_work() as session:
        records.unit(session)
        return actions.install(session, people.system_viewer(session), what, stored, now=records.NOW).digest


def in_use(database: Database, store: FileStore) -> queries.InUse:
    with database.reading() as session:
        return queries.in_use(session, store)


def take_back(database: Database) -> None:
    with database.unit_of_work() as session:
        actions.roll_back(session, people.system_viewer(session), now=records.NOW)


def test_a_process_takes_up_each_new_model_and_each_one_taken_back(database: Database, store: FileStore) -> None:
    assert in_use(database, store).model.digest == shipped.model().digest
    first, second = put_in_use(database, store, trained(1)), put_in_use(database, store, trained(2))
    assert first != second
    assert in_use(database, store).model.digest == second
    take_back(database)
    assert in_use(database, store).model.digest == first
    take_back(database)
    assert in_use(database, store).model.digest == shipped.model().digest
    with pytest.raises(Refused, match="没有更早的模型"):
        take_back(database)


def test_what_was_done_to_models_stands_in_the_audit_trail(database: Database, store: FileStore) -> None:
    digest = put_in_use(database, store, trained(1))
    take_back(database)
    with database.reading() as session:
        about = select(AuditEntry).where(AuditEntry.object_kind == "model").order_by(AuditEntry.seq)
        entries = session.scalars(about).all()
    assert [(one.did, one.facts["digest"]) for one in entries] == [
        ("model.installed", digest),
        ("model.rolled-back", digest),
    ]
    assert entries[0].facts["generated"] == trained(1).generated


def test_only_who_looks_after_the_system_changes_models(database: Database, store: FileStore) -> None:
    with database.unit_of_work() as session:
        nobody = Viewer(7, "li", "李", 1, "", frozenset(), {})
        stored = store.put_bytes(trained(1).model.data)
        with pytest.raises(NotPermitted):
            actions.install(session, nobody, trained(1), stored, now=records.NOW)
        with pytest.raises(NotPermitted):
            actions.roll_back(session, nobody, now=records.NOW)


def test_a_model_that_is_gone_is_replaced_by_that_of_the_package_and_named(
    database: Database, store: FileStore
) -> None:
    digest = put_in_use(database, store, trained(2))
    (file,) = store.root.rglob(digest)
    file.unlink()
    found = in_use(database, store)
    assert found.model.digest == shipped.model().digest
    assert digest[:12] in found.problem


def test_without_any_model_sorting_waits(database: Database, store: FileStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file of the package is gone: a fault that a new installation mends, so it is tried again later."""
    shipped.model.cache_clear()
    monkeypatch.setattr(shipped, "FILE", "gone.model")
    with pytest.raises(DamagedModel):
        shipped.model()
    with pytest.raises(Unavailable, match="重新安装"):
        in_use(database, store)


def test_a_household_is_held_back_as_a_whole_and_always() -> None:
    """About one in five, whatever else is there."""
    held = [number for number in range(1000) if held_back(f"household/{number}")]
    assert 150 < len(held) < 250
    everything = [example(number) for number in range(50)]
    assert training.held_back(everything) == [one for one in everything if held_back(one.group)]


def test_a_model_learns_what_people_decided() -> None:
    """A heading that nobody foresaw is named after it was confirmed in a few households."""
    learnable = [example(number) for number in range(30) if not held_back(f"household/{number}")]
    assert shipped.model().name(ODD).code != "V01"
    found = training.train(learnable, shipped.model(), EDITION, each=2)
    assert found.confirmed == len(learnable)
    assert found.model.name(ODD).code == "V01"


@pytest.mark.parametrize(
    ("before", "after", "generated", "worse"),
    [(8, 8, 990, False), (8, 9, 990, False), (8, 7, 990, True), (8, 9, 970, True)],
)
def test_a_model_is_worse_by_one_confirmed_document_or_by_more_generated_ones_than_chance_explains(
    before: int, after: int, generated: int, worse: bool
) -> None:
    def judged(right: int, of: int) -> Judgement:
        return Judgement(of, right, (), ())

    found = Trained(
        shipped.model(), 40, 1000, judged(before, 10), judged(after, 10), judged(990, 1000), judged(generated, 1000)
    )
    assert found.worse is worse
