"""`python -m tests.support.migrations`: the migrated database and the mapped classes agree; exit 1 when not."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from archive_service import migrations


def main() -> None:
    """Migrate a fresh SQLite file, and the PostgreSQL database whose address is given, and compare."""
    with tempfile.TemporaryDirectory() as folder:
        urls = [f"sqlite:///{Path(folder) / 'archive.db'}", os.environ.get("ARCHIVE_TEST_POSTGRES_URL", "")]
        for url in filter(None, urls):
            migrations.upgrade(url)
            migrations.check(url)


if __name__ == "__main__":
    main()
