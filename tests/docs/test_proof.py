"""What docs/proof.md tells a stranger to type is typed here, on a bundle of the archive."""

from __future__ import annotations

import re
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from archive_service.audit import bundle, offline
from archive_service.audit.bundle import Selection
from archive_service.audit.record import SYSTEM, record
from archive_service.db.session import Database
from archive_service.settings import Settings

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
PROOF = Path(__file__).parents[2] / "docs" / "proof.md"
MISSING = [name for name in ("bash", "unzip", "openssl", "sha256sum") if shutil.which(name) is None]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.skipif(bool(MISSING), reason=f"no {', '.join(MISSING)} on this machine")
def test_the_bundle_is_checked_by_hand(database: Database, settings: Settings, tmp_path: Path) -> None:
    """The commands say that all holds, and name the entry that was changed."""
    with database.unit_of_work() as session:
        for n in range(5):
            record(session, by=SYSTEM, did="item.filed", object_kind="item", object_id=n, unit_id=None,
                   facts={"title": "用电 \\ 合同"}, now=NOW)  # fmt: skip
    bundle.export(database, settings, tmp_path / "bundle.zip", Selection(), by=SYSTEM, unit_id=None, now=NOW)
    found = re.search(r"```sh\n(.*?)```", PROOF.read_text("utf-8"), re.S)
    assert found is not None
    steps = found.group(1)
    said = _typed(steps, tmp_path)
    assert "does not hold" not in said
    assert "Signature Verified Successfully" in said
    assert offline.verify(tmp_path / "bundle.zip").key in said
    assert "the last entry is the one that was signed" in said
    entries = (tmp_path / "entries.txt").read_bytes().replace(b"[3,", b"[4,", 1)
    (tmp_path / "entries.txt").write_bytes(entries)
    assert "does not hold: [4," in _typed(steps.partition("\n")[2], tmp_path)


def _typed(steps: str, where: Path) -> str:
    done = subprocess.run(["bash", "-c", steps], cwd=where, capture_output=True, text=True, check=False, timeout=60)
    return done.stdout + done.stderr
