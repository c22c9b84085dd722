"""Files of a foreign bag checked a second, against bare reading of the same ZIP with a sha256 of each file.

    python -m benchmarks.packages [--files 100000] [--bytes 2000]

What is measured is what happens to a package that is handed in before anybody is asked: it is unpacked under its own
names, each name judged, its lists read, each file hashed against them. That is done by the steps themselves, in a
process of their own so that their memory can be told, without the walls of the sandbox.

The peer is Python's zipfile in the same run: each file read to its end and hashed, nothing written, nothing compared.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import random
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

from archive_service.settings import Settings
from benchmarks.support import machine, table
from ingest.formats import packages
from ingest.formats.limits import Limits

#: Slower than this share of the peer, something grows with the square of the files.
LIMIT_SHARE = 0.05
LIMIT_PEAK_MIB = 600


def written(path: Path, files: int, size_bytes: int) -> None:
    """Write a bag of so many files, a hundred in a folder, each other than the rest."""
    draw = random.Random(20260301)
    lines = []
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("bag/bagit.txt", "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n")
        for number in range(files):
            name, data = f"data/{number // 100:05d}/现场照片 {number}.bin", draw.randbytes(size_bytes)
            archive.writestr(f"bag/{name}", data)
            lines.append(f"{hashlib.sha256(data).hexdigest()}  {name}\n")
        archive.writestr("bag/bag-info.txt", f"Payload-Oxum: {files * size_bytes}.{files}\n")
        archive.writestr("bag/manifest-sha256.txt", "".join(lines))


def bare(path: Path) -> None:
    """Read each file of a ZIP and hash it."""
    with zipfile.ZipFile(path) as archive:
        for info in archive.infolist():
            hashlib.sha256(archive.read(info)).hexdigest()


def checked(path: Path, work: Path, files: int, settings: Settings) -> None:
    """Unpack and check a bag as the steps do. Raises AssertionError for one that is found bad."""
    found = packages.unpack(path, work, Limits.of(settings), most_files=files)
    assert not found, found[:3]
    told = packages.check_bag(work / packages.TREE / "bag", files=files, size_bytes=1 << 40)
    assert not told["findings"], told["findings"][:3]
    assert len(told["digests"]) >= files


def apart(work: Callable[[], None]) -> tuple[float, float]:
    """Do `work` in a process of its own; return seconds and the MiB that it had at most. Raises SystemExit."""
    begun = time.monotonic()
    child = os.fork()
    if not child:
        try:
            work()
        except BaseException as error:  # noqa: BLE001
            print(error, file=sys.stderr)
            os._exit(1)
        os._exit(0)
    _, status, usage = os.wait4(child, 0)
    if status:
        raise SystemExit(1)
    return time.monotonic() - begun, usage.ru_maxrss / 1024


def main() -> int:
    """Print the figures; return 1 when a limit is broken."""
    asked = argparse.ArgumentParser()
    asked.add_argument("--files", type=int, default=100_000)
    asked.add_argument("--bytes", type=int, default=2_000)
    given = asked.parse_args()
    print(machine())
    with tempfile.TemporaryDirectory() as at:
        path, work = Path(at) / "bag.zip", Path(at) / "work"
        work.mkdir()
        written(path, given.files, given.bytes)
        settings = Settings(home=Path(at) / "home")
        plain_s, plain_mib = apart(lambda: bare(path))
        ours_s, ours_mib = apart(lambda: checked(path, work, given.files, settings))
    rows = [
        ("bare zipfile and sha256", f"{given.files / plain_s:,.0f}", f"{plain_s:.1f}", f"{plain_mib:.0f}"),
        ("unpacked and checked", f"{given.files / ours_s:,.0f}", f"{ours_s:.1f}", f"{ours_mib:.0f}"),
    ]
    print(table(("what", "files a second", "seconds", "peak MiB"), rows))
    return int(plain_s / ours_s < LIMIT_SHARE or ours_mib > LIMIT_PEAK_MIB)


if __name__ == "__main__":
    sys.exit(main())
