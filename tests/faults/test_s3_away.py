"""An S3 server that goes away before any step delays the file; nothing is lost or done twice."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from archive_service.db.session import Database
from archive_service.errors import Unavailable
from archive_service.settings import Settings
from archive_service.storage.choose import open_store
from ingest import pipeline
from tests.support import databases, records
from tests.support.faulty_place import ACCOUNT, APPLICATION, FaultyPlace
from tests.support.places import surroundings
from tests.support.proxy import Proxy

pytestmark = pytest.mark.service
#: All that is run after a file was received, in order; the last step of the pipeline asks nothing of the store.
JOBS = [*(step.name for step in pipeline.STEPS.values()), "item.rendition"]
ASKING = [name for name in JOBS if name != "file"]


@pytest.fixture
def behind(settings: Settings, database: Database, postgres: databases.Postgres) -> Iterator[tuple[FaultyPlace, Proxy]]:
    """An archive whose objects lie behind a door that can be shut, with one registered household."""
    with surroundings(postgres) as environment, database.unit_of_work() as session:
        records.case(session, account_no=ACCOUNT, application_no=APPLICATION, account_name="汪雪梅")
    host, port = environment["ARCHIVE_S3_ENDPOINT"].split(":")
    door = Proxy(host, int(port))
    given: dict[str, Any] = {name[8:].lower(): one for name, one in environment.items() if "_S3_" in name}
    s3 = Settings(_env_file=None, **given)
    changed = {name: getattr(s3, name) for name in ("s3_access_key", "s3_secret_key", "s3_bucket", "s3_secure")}
    through = settings.model_copy(
        update={**changed, "store": "s3", "s3_endpoint": f"127.0.0.1:{door.port}", "s3_timeout_s": 3}
    )
    open_store(through).prepare()  # type: ignore[attr-defined]
    place = FaultyPlace(through, database, open_store(through))
    yield place, door
    door.shut()
    place.faulty_database.close()


@pytest.mark.parametrize("step", ASKING)
def test_a_store_that_is_away_when_a_step_begins_only_delays_the_file(
    behind: tuple[FaultyPlace, Proxy], step: str
) -> None:
    """The job waits under the class of the store; with the server back the file is filed once and all is found."""
    place, door = behind
    place.take_in()
    for _ in range(JOBS.index(step)):
        assert place.runner.run_one()
    door.shut()
    assert place.runner.run_one()
    assert place.errors() == [("queued", "store.unavailable")]
    door.open()
    place.finish()
    assert place.scans() == [("filed", None)]
    place.check()


def test_a_sender_hears_that_the_store_is_away_and_the_second_try_is_taken(behind: tuple[FaultyPlace, Proxy]) -> None:
    """Nothing was promised; the same file is taken when the server is back."""
    place, door = behind
    door.shut()
    with pytest.raises(Unavailable) as away:
        place.take_in()
    assert away.value.code == "store.unavailable"
    door.open()
    assert place.take_in().state == "received"
    place.finish()
    place.check()
