"""`watch`: take files in as they arrive in a folder."""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Iterator
from pathlib import Path

import click

from archive_service.cli import output
from archive_service.cli.commands.ingesting import UNOPENED, CannotOpen, files_in, new_batch, take_in, working
from archive_service.cli.services import Services
from ingest.receive import Said


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--centre", help="Centre that hands the files in.")
@click.option(
    "--settle", default=3.0, show_default=True, help="Seconds a file must stay unchanged to count as complete."
)
@click.option("--once", is_flag=True, help="Take in what is there and stop.")
@click.pass_obj
def watch(services: Services, folder: Path, centre: str | None, settle: float, once: bool) -> None:
    """Take files in as they arrive complete; a file that was taken in moves to the folder `received` inside."""
    taken = folder / "received"
    taken.mkdir(exist_ok=True)
    seen: dict[Path, tuple[int, float, float]] = {}
    with working(services):
        while True:
            ready = [path for path in _arrived(folder, taken) if _is_settled(path, seen, settle)]
            if ready:
                batch_id = new_batch(services, name=folder.name, channel="watch", centre=centre)
                for path in ready:
                    _take_and_put_away(services, path, taken, batch_id, seen)
            elif once and not seen:
                return
            time.sleep(min(1.0, settle / 2))
            if once and all(path in seen and seen[path][2] == math.inf for path in _arrived(folder, taken)):
                return


def _take_and_put_away(
    services: Services, path: Path, taken: Path, batch_id: int, seen: dict[Path, tuple[int, float, float]]
) -> None:
    """Receive one file and move it out of the way; one that cannot be opened stays until it has changed."""
    try:
        receipt = take_in(services, path, batch_id, Said())
    except CannotOpen:
        output.advise(f"{path.name}：{UNOPENED['message']}")
        seen[path] = (*seen[path][:2], math.inf)
        return
    try:
        path.rename(taken / f"{receipt.scan_id}-{path.name}")
    except OSError:
        # The number makes a name too long that just fits; or somebody was quicker and took the file away.
        with contextlib.suppress(FileNotFoundError):
            path.rename(taken / f"{receipt.scan_id}{path.suffix[:20]}")
    seen.pop(path, None)
    output.advise(f"已接收 {path.name}（扫描件 {receipt.scan_id}）")


def _arrived(folder: Path, taken: Path) -> Iterator[Path]:
    return (path for path in files_in((folder,)) if taken not in path.parents)


def _is_settled(path: Path, seen: dict[Path, tuple[int, float, float]], settle: float) -> bool:
    """Say whether the file has kept size and time of change for `settle` seconds."""
    try:
        stat = path.stat()
    except OSError:
        # Taken away again.
        seen.pop(path, None)
        return False
    size, changed, since = seen.get(path, (-1, 0.0, 0.0))
    if (size, changed) != (stat.st_size, stat.st_mtime):
        seen[path] = (stat.st_size, stat.st_mtime, time.monotonic())
        return False
    return time.monotonic() - since >= settle
