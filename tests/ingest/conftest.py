"""What the tests of the way of a scan share."""

from __future__ import annotations

import pytest

from archive_service.db.session import Database
from archive_service.settings import Settings
from archive_service.storage.files import FileStore
from ingest.review import Tools
from tests.ingest.review_desk import (
    ACCOUNT,
    APPLICATION,
    NAME,
    OTHER_ACCOUNT,
    Desk,
)
from tests.support import records


@pytest.fixture
def desk(database: Database, settings: Settings, store: FileStore) -> Desk:
    with database.unit_of_work() as session:
        here = records.unit(session, "QY02", below=records.unit(session))
        there = records.unit(session, "QY03", below=records.unit(session))
        case = records.case(session, APPLICATION, account_no=ACCOUNT, account_name=NAME, at=here)
        records.case(session, account_no=OTHER_ACCOUNT, at=here)
        archivist, stranger = records.viewer(session, at=here), records.viewer(session, at=there)
        return Desk(database, Tools(settings, store, records.TODAY), store, archivist, stranger, case.id)
