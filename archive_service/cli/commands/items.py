"""`item`: what can be taken out of the archive of one filed item."""

from __future__ import annotations

from pathlib import Path

import click

from archive_service import clock
from archive_service.cli import output
from archive_service.cli.rows import ROW_ID
from archive_service.cli.services import Services
from archive_service.errors import Unavailable
from archive_service.worker.jobs import open_workshop
from ingest.renditions import queries
from ingest.renditions.make import make_now
from ingest.renditions.queries import Readiness


@click.group()
def item() -> None:
    """One filed item."""


@item.command()
@click.argument("item_id", metavar="ITEM", type=ROW_ID)
@click.option("--out", required=True, type=click.Path(dir_okay=False, path_type=Path), help="File to be written.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def pdf(services: Services, item_id: int, out: Path, as_json: bool) -> None:
    """Write the searchable PDF/A-2b of a filed item; it is made at once if it is not there yet."""
    with services.reading() as (session, viewer):
        queries.check_may_have(session, viewer, item_id)
        ready = queries.readiness(session, item_id) is Readiness.READY
    if not ready:
        make_now(open_workshop(services.settings), item_id)
    found = queries.hand_over(services.database, viewer, item_id, now=clock.now())
    _fetch(services, found.digest, out)
    if as_json:
        output.emit({"item": str(item_id), "file": str(out), "sha256": found.digest, "size_bytes": out.stat().st_size})
    else:
        output.say(f"已写入 {out}（{found.file_name}）。")


def _fetch(services: Services, digest: str, out: Path) -> None:
    try:
        services.store.fetch(digest, out)
    except OSError as e:
        raise Unavailable(
            "rendition.unwritable", "文件写不进去。请检查文件夹是否存在、有无权限和磁盘空间后重试。"
        ) from e
