"""Checkpoints are made at their times and reach their places; a place that fails is tried again and shown."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from archive_service.audit import checkpoints, deposits, offline, sheet
from archive_service.audit.record import SYSTEM, record
from archive_service.db.session import Database
from archive_service.errors import Damaged
from archive_service.settings import Settings
from archive_service.worker.checkpoints import LOOK_S, Checkpoints, take_out, to_folder

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


def write(database: Database, count: int) -> None:
    with database.unit_of_work() as session:
        for n in range(count):
            record(
                session, by=SYSTEM, did="item.filed", object_kind="item", object_id=n, unit_id=None, facts={}, now=NOW
            )


def sizes(database: Database) -> list[int]:
    with database.reading() as session:
        return [one.size for one in deposits.checkpoints(session)]


def test_one_is_made_when_its_time_has_come_and_something_was_appended(database: Database, settings: Settings) -> None:
    """Not sooner, not without entries, and again each interval; a clock that was set back does not stop it."""
    now, tick = NOW, 0.0
    keeper = Checkpoints(settings, database, lambda: now, lambda: tick)
    for minutes, appended, expected in [(0, 0, []), (1, 3, [3]), (30, 1, [3]), (61, 0, [4, 3]), (122, 0, [4, 3]),
                                        (-90000, 1, [5, 4, 3])]:  # fmt: skip
        write(database, appended)
        now, tick = NOW + timedelta(minutes=minutes), tick + LOOK_S
        keeper.run_once()
        assert sizes(database) == expected, minutes


def test_a_place_that_fails_is_shown_and_tried_again(database: Database, settings: Settings, tmp_path: Path) -> None:
    """What waits arrives once the folder is there; the file is the checkpoint and is not written twice."""
    away = tmp_path / "away"
    there = settings.model_copy(update={"audit_folder": str(away)})
    write(database, 2)
    checkpoints.make(database, there, now=NOW)
    take_out(database, there, now=NOW)
    with database.reading() as session:
        [place] = deposits.places(session, checkpoints.places(there))
    assert (place.arrived_size, place.waiting, place.error) == (0, 1, "audit.place-folder")
    away.mkdir()
    take_out(database, there, now=NOW)
    assert list(away.iterdir()) == []
    take_out(database, there, now=NOW + timedelta(minutes=2))
    with database.reading() as session:
        [place] = deposits.places(session, checkpoints.places(there))
    assert (place.arrived_size, place.waiting, place.error) == (2, 0, None)
    [file] = away.iterdir()
    assert file.stat().st_mode & 0o222 == 0
    assert offline._is_signed(offline._outside(file, offline.Report()))


def test_another_checkpoint_of_the_same_name_is_not_overwritten(tmp_path: Path) -> None:
    """The same bytes may be put twice; other bytes are an alarm."""
    to_folder(tmp_path, 7, b"one")
    to_folder(tmp_path, 7, b"one")
    with pytest.raises(Damaged):
        to_folder(tmp_path, 7, b"other")
    assert [one.read_bytes() for one in tmp_path.iterdir()] == [b"one"]


def test_a_broken_chain_is_not_signed(database: Database, settings: Settings) -> None:
    """What was changed before a checkpoint covers it gets none."""
    from sqlalchemy import text

    from tests.support.tamper import unguard

    write(database, 3)
    with database.unit_of_work() as session:
        unguard(session)
        session.execute(text("update audit_entries set did = 'x' where seq = 2"))
    with pytest.raises(Damaged) as refused:
        checkpoints.make(database, settings, now=NOW)
    assert refused.value.facts["seq"] == 2
    assert sizes(database) == []


def test_the_printed_page_gives_the_very_file(database: Database, settings: Settings, tmp_path: Path) -> None:
    """What a scanner reads from the QR code is the checkpoint, to the letter."""
    import pypdfium2
    import zxingcpp

    from archive_service.audit.note import file_of

    write(database, 2)
    checkpoints.make(database, settings, now=NOW)
    with database.reading() as session:
        [one] = deposits.checkpoints(session)
    page = pypdfium2.PdfDocument(sheet.pdf(one))[0].render(scale=3).to_pil()
    [code] = zxingcpp.read_barcodes(page)
    assert code.text.encode() == file_of(one.note, one.signature)


_EXPORT = """
import os, sys, signal
from datetime import UTC, datetime
from pathlib import Path
from archive_service.audit import bundle
from archive_service.audit.record import SYSTEM
from archive_service.db.session import Database
from archive_service.settings import Settings
home, out, at = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]

def dying(*given, **named):
    os.kill(os.getpid(), signal.SIGKILL)
setattr(os, at, dying)
settings = Settings(_env_file=None, home=home)
database = Database(settings.url())
bundle.export(database, settings, out, bundle.Selection(), by=SYSTEM, unit_id=None, now=datetime.now(UTC))
"""


@pytest.mark.parametrize("at", ["fsync", "link"])
def test_an_export_that_is_killed_leaves_no_half_bundle(
    settings: Settings, migrated_file: Path, tmp_path: Path, at: str
) -> None:
    """Killed before the key, the file or its name is there: no file bears the name, and the next export is whole."""
    import shutil

    from archive_service.audit import bundle

    settings.home.mkdir()
    shutil.copy(migrated_file, settings.home / "archive.db")
    database, out = Database(settings.url()), tmp_path / "b.zip"
    write(database, 3)
    if at == "fsync":
        checkpoints.signing_key(settings)
    done = subprocess.run(
        [sys.executable, "-c", _EXPORT, str(settings.home), str(out), at], env={**os.environ}, check=False
    )
    assert done.returncode == -signal.SIGKILL
    assert not out.exists()
    bundle.export(database, settings, out, bundle.Selection(), by=SYSTEM, unit_id=None, now=NOW)
    assert offline.verify(out).findings == []
    database.close()


_CHECKPOINT = """
import os, sys, signal
from datetime import UTC, datetime
from pathlib import Path
from archive_service.audit import checkpoints, deposits
from archive_service.db.session import Database
from archive_service.settings import Settings
from archive_service.worker import checkpoints as taking
home, folder, point = Path(sys.argv[1]), sys.argv[2], sys.argv[3]

def die(*given, **named):
    os.kill(os.getpid(), signal.SIGKILL)

def then_die(of, name):
    real = getattr(of, name)
    setattr(of, name, lambda *given, **named: (real(*given, **named), die()))
{
    "unsigned": lambda: setattr(checkpoints, "_keep", die),
    "kept": lambda: then_die(checkpoints, "_keep"),
    "committed": lambda: setattr(taking, "take_out", die),
    "unwritten": lambda: setattr(os, "fsync", die),
    "unnamed": lambda: setattr(os, "link", die),
    "written": lambda: setattr(deposits, "arrived", die),
    "noted": lambda: then_die(deposits, "arrived"),
    "between": lambda: setattr(taking, "_to_mail", die),
}[point]()
settings = Settings(_env_file=None, home=home, audit_folder=folder, audit_mail="kept@elsewhere.test")
database, now = Database(settings.url()), datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
checkpoints.make(database, settings, now=now)
taking.take_out(database, settings, now=now)
"""


@pytest.mark.parametrize(
    "point", ["unsigned", "kept", "committed", "unwritten", "unnamed", "written", "noted", "between"]
)
def test_a_checkpoint_whose_maker_is_killed_is_made_and_taken_once(
    settings: Settings, migrated_file: Path, tmp_path: Path, point: str
) -> None:
    """Killed at any step, before it is signed to between two places: the next look ends it, and all of it holds."""
    import shutil

    from archive_service.audit import note

    settings.home.mkdir()
    shutil.copy(migrated_file, settings.home / "archive.db")
    folder = tmp_path / "away"
    folder.mkdir()
    there = settings.model_copy(update={"audit_folder": str(folder), "audit_mail": "kept@elsewhere.test"})
    database = Database(settings.url())
    write(database, 3)
    # The key is there already, as after the first checkpoint; its own writing is looked at with the export.
    checkpoints.signing_key(settings)
    done = subprocess.run(
        [sys.executable, "-c", _CHECKPOINT, str(settings.home), str(folder), point], env={**os.environ}, check=False
    )
    assert done.returncode == -signal.SIGKILL
    before = sizes(database)
    assert before == ([] if point in ("unsigned", "kept") else [3])
    later = NOW + timedelta(days=2)
    Checkpoints(there, database, lambda: later).run_once()
    assert sizes(database) == [3]
    [file] = folder.iterdir()
    with database.reading() as session:
        [one] = deposits.checkpoints(session)
        assert file.read_bytes() == note.file_of(one.note, one.signature)
        assert checkpoints.faults(session, keys=checkpoints.own_keys(there)) == []
        states = {place.place: (place.arrived_size, place.waiting) for place in deposits.places(session, [])}
    # Nobody set a mail server, so that the mail goes on waiting, and says why.
    assert states == {"mail": (0, 1)}
    database.close()
