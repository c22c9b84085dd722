"""Bad files through the whole pipeline: each ends with code, sentence and audit entry, and the queue goes on."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from sqlalchemy import select

from archive_service import clock
from archive_service.audit.tables import AuditEntry
from archive_service.cli.services import Services
from archive_service.cli.verify import findings
from archive_service.db.session import Database
from archive_service.households.tables import Item
from archive_service.people.queries import system_viewer
from archive_service.settings import MIB, Settings
from archive_service.storage.files import FileStore
from archive_service.worker import jobs
from indexing.sync import follow
from ingest.receive import Said, open_batch, receive
from ingest.tables import Scan
from tests.support import hostile, records
from tests.support.born_digital import supply_reply

ACCOUNT, APPLICATION = "5101431049", "202603100001"
#: What is sent in: name of the file, its bytes, and the code that it must end with; an empty code means accepted.
BAD: tuple[tuple[str, Callable[[], bytes], str], ...] = (
    ("empty.pdf", lambda: b"", "file.empty"),
    ("page.pdf", lambda: b"<!doctype html><script>alert(1)</script>", "file.type-not-accepted"),
    ("drawing.pdf", lambda: b"<svg xmlns='http://www.w3.org/2000/svg' onload='x()'/>", "file.type-not-accepted"),
    ("office.pdf", hostile.office_document, "file.type-not-accepted"),
    ("secret.pdf", lambda: hostile.encrypted_pdf(user="u"), "file.password"),
    ("torn.pdf", hostile.truncated_pdf, "file.damaged"),
    ("blank-after-repair.pdf", hostile.pdf_blank_after_repair, "file.damaged"),
    ("ten-thousand.pdf", lambda: hostile.plain_pdf(10_000), "file.too-many-pages"),
    ("bomb.pdf", hostile.pdf_deflate_bomb, "file.memory-limit"),
    ("laughs.pdf", hostile.pdf_billion_laughs, "file.memory-limit"),
    ("giant.png", lambda: hostile.png_claiming(50_000, 50_000), "file.pixel-limit"),
    ("torn.jpg", hostile.truncated_jpeg, "file.damaged"),
    ("bomb.zip", hostile.archive_bomb, "file.unpack-limit"),
    ("nested.zip", lambda: hostile.archive([("in.zip", hostile.archive([("a.txt", b"a")]))]), "file.zip-nested"),
    ("locked.zip", hostile.archive_with_password, "file.password"),
)
#: A machine too busy to fill the memory within the time of a step ends it by the clock.
BY_THE_CLOCK = {"file.memory-limit": "file.time-limit"}
GOOD = "good\r\n\x00\u202efdp.扫描件😀.pdf"


@dataclass(frozen=True)
class Batch:
    """What became of the files, by name."""

    scans: dict[str, Scan]
    refused_in_trail: set[str]
    filed: list[Item]


@pytest.fixture(scope="module")
def batch(tmp_path_factory: pytest.TempPathFactory, migrated_file: object) -> Batch:
    """All bad files, then a good one, handed in together and taken as far as they go."""
    settings = Settings(  # type: ignore[call-arg]
        _env_file=None,
        home=tmp_path_factory.mktemp("bad") / "home",
        sandbox_memory_bytes=512 * MIB,
        sandbox_page_s=3,
        sandbox_file_s=20,
        max_unpacked_bytes=64 * MIB,
    )
    settings.home.mkdir()
    (settings.home / "archive.db").write_bytes(migrated_file.read_bytes())  # type: ignore[attr-defined]
    database, store = Database(settings.url()), FileStore(settings.home / "objects")
    with database.unit_of_work() as session:
        records.case(session, account_no=ACCOUNT, application_no=APPLICATION, account_name="汪雪梅")
    hand_in(database, store)
    runner = jobs.open_runner(settings, worker="test")
    while runner.run_one():
        continue
    services = Services(settings)
    follow(database, services.index, now=clock.now())
    assert findings(services, sample=None, now=clock.now()).findings == ()
    return look(database)


def hand_in(database: Database, store: FileStore) -> None:
    with database.unit_of_work() as session:
        viewer = system_viewer(session)
        opened = open_batch(session, viewer, name="坏文件", channel="cli", unit_id=viewer.unit_id, now=clock.now())
    files = [(name, make()) for name, make, _ in BAD] + [(GOOD, supply_reply(ACCOUNT, APPLICATION))]
    for name, data in files:
        receive(
            database,
            store,
            stream=io.BytesIO(data),
            file_name=name,
            batch_id=opened.id,
            viewer=viewer,
            said=Said(),
            max_bytes=64 * MIB,
            now=clock.now(),
        )


def look(database: Database) -> Batch:
    with database.reading() as session:
        scans = {scan.file_name: scan for scan in session.scalars(select(Scan))}
        trail = select(AuditEntry.object_id).where(AuditEntry.did == "scan.refused")
        refused = set(session.scalars(trail))
        filed = list(session.scalars(select(Item)))
    database.close()
    return Batch(scans, refused, filed)


@pytest.mark.parametrize(("name", "code"), [(name, code) for name, _, code in BAD])
def test_a_bad_file_ends_refused_with_its_code_a_sentence_and_an_entry(batch: Batch, name: str, code: str) -> None:
    """Refused for its own reason, told in a sentence that shows nothing of our insides, on the trail."""
    scan = batch.scans[name]
    assert scan.state == "refused"
    assert scan.error_code in (code, BY_THE_CLOCK.get(code))
    assert scan.error_message is not None
    assert scan.error_message.endswith("。")
    assert not any(leak in scan.error_message for leak in ("/", "Error", "pdfium", "Traceback"))
    assert str(scan.id) in batch.refused_in_trail


def test_the_good_file_behind_them_is_filed_under_a_harmless_name(batch: Batch) -> None:
    """The queue goes on; control characters and marks that turn the writing direction are gone from the name."""
    (good,) = [scan for scan in batch.scans.values() if scan.state == "filed"]
    assert good.file_name == "goodfdp.扫描件😀.pdf"
    assert [item.document_type for item in batch.filed] == ["P03L"]
