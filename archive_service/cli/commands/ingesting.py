"""`ingest`, `scans`, `scan`, `text`: take files in and see what became of them."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator
from pathlib import Path

import click

from archive_service import clock, ids
from archive_service.catalogue import load
from archive_service.cli import output
from archive_service.cli.rows import ROW_ID
from archive_service.cli.services import Services
from archive_service.cli.units import unit_id
from archive_service.errors import Invalid
from archive_service.jobs.nudge import nudge
from archive_service.settings import Settings
from archive_service.worker.embedded import Supervisor
from ingest import queries, report, states
from ingest.receive import Receipt, Said, open_batch, receive
from ingest.renditions.queries import being_made

#: What is said of a file that the operating system does not let us open; nothing of it is on record.
UNOPENED = {
    "code": "file.unreadable",
    "message": "这个文件打不开，没有收下：可能没有读取权限，或者已被移走。请检查后再次接收。",
}
#: Seconds between looks at the progress of files.
LOOK_S = 0.3


class CannotOpen(Exception):
    """The operating system does not let us open a file."""


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--account", help="Account number that the files belong to.")
@click.option("--application", help="Application number that the files belong to.")
@click.option("--document-type", help="Catalogue code of what the files are.")
@click.option("--centre", help="Centre that hands the files in; the topmost unit if not given.")
@click.option("--no-wait", is_flag=True, help="Return as soon as the files are safe, before they are read.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, one file a line.")
@click.pass_obj
def ingest(
    services: Services,
    paths: tuple[Path, ...],
    account: str | None,
    application: str | None,
    document_type: str | None,
    centre: str | None,
    no_wait: bool,
    as_json: bool,
) -> int:
    """Take files and folders in, wait for the result and print it, one line a file."""
    said = _said(services.settings, account, application, document_type)
    batch_id = new_batch(services, name=paths[0].name, channel="cli", centre=centre)
    receipts = take_all(services, paths, batch_id, said)
    if not no_wait:
        # The first of a repeated file may still be on its way: who runs a broken-off command again waits for it.
        taken = [receipt for _, receipt in receipts if receipt]
        with working(services):
            waited = [number for one in taken for number in (one.scan_id, one.duplicate_of) if number]
            wait_for(services, waited)
            wait_for_renditions(services, waited)
    numbers = [(path, receipt.scan_id if receipt else None) for path, receipt in receipts]
    return _print_results(services, numbers, as_json)


def take_all(
    services: Services, paths: tuple[Path, ...], batch_id: int, said: Said
) -> list[tuple[Path, Receipt | None]]:
    """Receive all files; one that cannot be opened has no receipt and does not keep back the others."""
    receipts: list[tuple[Path, Receipt | None]] = []
    for path in files_in(paths):
        try:
            receipts.append((path, take_in(services, path, batch_id, said)))
        except CannotOpen:
            receipts.append((path, None))
    if not receipts:
        output.advise("没有找到可以接收的文件（隐藏文件和链接不接收）。请核对路径。")
    return receipts


def _said(settings: Settings, account: str | None, application: str | None, document_type: str | None) -> Said:
    """Return what the person says of the files, as the archive writes it. Raises Invalid for what cannot be."""
    if account:
        account = ids.account_no(account, pattern=settings.account_no_pattern)
    if application:
        application = ids.compact(application)
        if not re.fullmatch(settings.application_no_pattern, application):
            given = application[:40]
            raise Invalid("id.application-no", f"申请编号“{given}”不符合本单位的编号格式。请核对后再试。", given=given)
    if document_type and document_type not in load.current(clock.today()).document_types:
        raise Invalid(
            "intake.document-type", "标准目录中没有这个文件类型。请用 catalogue 命令查看代码，或省略由系统识别。"
        )
    return Said(account, application, document_type)


def new_batch(services: Services, *, name: str, channel: str, centre: str | None) -> int:
    """Open a batch in the centre, or in the acting person's own unit; return its id."""
    with services.writing() as (session, viewer):
        place = unit_id(session, centre) if centre else viewer.unit_id
        batch = open_batch(session, viewer, name=name, channel=channel, unit_id=place, now=clock.now())
        return batch.id


def take_in(services: Services, path: Path, batch_id: int, said: Said) -> Receipt:
    """Receive one file; when this returns it is safe."""
    with services.database.reading() as session:
        viewer = services.viewer(session)
    try:
        stream = path.open("rb")
    except OSError as e:
        raise CannotOpen from e
    with stream:
        receipt = receive(
            services.database,
            services.store,
            stream=stream,
            file_name=path.name,
            batch_id=batch_id,
            viewer=viewer,
            said=said,
            max_bytes=services.settings.max_upload_bytes,
            now=clock.now(),
        )
    nudge(services.settings)
    return receipt


def files_in(paths: tuple[Path, ...]) -> Iterator[Path]:
    """Yield the files named or below the folders named, in order of name; hidden files and links are left out."""
    for path in paths:
        if path.is_dir():
            for folder, folders, names in os.walk(path):
                folders.sort()
                folders[:] = [name for name in folders if not name.startswith(".")]
                found = [Path(folder) / name for name in sorted(names) if not name.startswith(".")]
                yield from (file for file in found if file.is_file() and not file.is_symlink())
        else:
            yield path


class working:  # noqa: N801 - reads as a statement: with working(services)
    """Run workers while the block lasts, unless another process runs them in this home already."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._supervisor = Supervisor(services.settings, services.settings.worker_count())

    def __enter__(self) -> None:
        if not self._services.settings.broker_url:
            self._supervisor.start()

    def __exit__(self, *_: object) -> None:
        self._supervisor.stop()


def wait_for(services: Services, scan_ids: list[int]) -> None:
    """Wait until all scans are at rest, with a progress bar on standard error."""
    with output.progress() as bar:
        task = bar.add_task("处理页数", total=None)
        while True:
            with services.database.reading() as session:
                found = queries.states_of(session, scan_ids)
            done = sum(row[1] for row in found.values())
            pages = sum(row[2] for row in found.values())
            moving = sum(row[0] not in states.FINAL for row in found.values())
            bar.update(task, completed=done, total=max(pages, done), description=f"余 {moving} 个文件 · 页")
            if not moving:
                return
            time.sleep(LOOK_S)


def wait_for_renditions(services: Services, scan_ids: list[int]) -> None:
    """Wait until the searchable PDFs of what was filed are made; the workers may end with this command."""
    with output.progress() as bar:
        task = bar.add_task("可检索 PDF", total=None)
        while True:
            with services.database.reading() as session:
                left = being_made(session, scan_ids)
            bar.update(task, description=f"余 {left} 件可检索 PDF")
            if not left:
                return
            time.sleep(LOOK_S)


def _print_results(services: Services, files: list[tuple[Path, int | None]], as_json: bool) -> int:
    results = []
    with services.reading() as (session, viewer):
        for path, scan_id in files:
            found = report.result(session, viewer, scan_id) if scan_id else _unopened(path)
            results.append(found)
            if as_json:
                output.emit({**found, "file": path.name, "path": str(path)})
    if not as_json:
        output.table(("文件", "状态", "页数", "资料", "说明"), [_line(found) for found in results])
    return _exit_code(results)


def _unopened(path: Path) -> dict[str, object]:
    return {
        "file": path.name,
        "sha256": None,
        "scan": None,
        "state": states.REFUSED,
        "pages": 0,
        "items": [],
        "error": UNOPENED,
        "flags": [],
        "duplicate_of": None,
    }


def _line(found: dict[str, object]) -> tuple[object, ...]:
    items = found["items"]
    error = found["error"]
    assert isinstance(items, list)
    kinds = "、".join(str(item["document_type"]) for item in items)
    message = error["message"] if isinstance(error, dict) else ""
    return found["file"], STATE_WORDS.get(str(found["state"]), found["state"]), found["pages"], kinds, message


#: The states as people say them.
STATE_WORDS = {
    states.FILED: "已归户",
    states.NEEDS_REVIEW: "待校核",
    states.REFUSED: "拒收",
    states.SET_ASIDE: "处理失败",
}


def _exit_code(results: list[dict[str, object]]) -> int:
    """Return 0 when something was taken in or was here already, 3 when all was refused, 1 for our own failure."""
    if any(found["state"] == states.SET_ASIDE for found in results):
        return 1
    refused = [found for found in results if found["state"] == states.REFUSED and not found["duplicate_of"]]
    return 3 if results and len(refused) == len(results) else 0


@click.command()
@click.option("--state", help="Only files in this state; `moving` for those on their way.")
@click.option("--after", type=ROW_ID, help="Continue below this scan.")
@click.option("--limit", default=50, show_default=True, help="Most files to list.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, one file a line.")
@click.pass_obj
def scans(services: Services, state: str | None, after: int | None, limit: int, as_json: bool) -> None:
    """List the received files, newest first."""
    if state and state not in (*states.FINAL, *states.MOVING, states.UNPACKED, "moving"):
        raise Invalid("scan.state", f"没有“{state[:20]}”这种状态。可以写 {'、'.join((*states.FINAL, 'moving'))}。")
    with services.reading() as (session, viewer):
        listing = queries.scans(session, viewer, state=state, after=after, limit=limit, counted=None)
    if as_json:
        for row in listing.rows:
            output.emit({**output.plain(row), "id": str(row.id)})
        return
    output.table(
        ("编号", "文件", "状态", "页数", "说明"),
        [
            (row.id, row.file_name, STATE_WORDS.get(row.state, "处理中"), row.page_count, row.error_message)
            for row in listing.rows
        ],
    )
    output.say(f"共 {listing.total} 个文件。")


@click.command()
@click.argument("scan_id", metavar="ID", type=ROW_ID)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def scan(services: Services, scan_id: int, as_json: bool) -> None:
    """Show one received file with what was found in it."""
    with services.reading() as (session, viewer):
        found = report.result(session, viewer, scan_id)
    if as_json:
        output.emit(found)
        return
    output.table(("文件", "状态", "页数", "资料", "说明"), [_line(found)])
    for item in found["items"]:
        owner = f"户号 {item['account_no'] or '—'}"
        output.say(f"{item['document_type']} 第 {item['pages']} 页 {owner} 置信度 {item['confidence']}")
        for reason in item["reasons"]:
            output.say(f"  · {reason}")


@click.command()
@click.argument("scan_id", metavar="ID", type=ROW_ID)
@click.option("--json", "as_json", is_flag=True, help="Print JSON with lines and their places.")
@click.pass_obj
def text(services: Services, scan_id: int, as_json: bool) -> None:
    """Print the text of a received file, page by page."""
    with services.reading() as (session, viewer):
        found = report.text(session, services.store, viewer, scan_id)
    if as_json:
        output.emit(found)
        return
    for page in found["pages"]:
        output.say(f"—— 第 {page['page']} 页 ——")
        output.say(page["text"])
    if not found["pages"]:
        raise Invalid("scan.no-pages", "这份文件没有页面。请用 scan 命令查看原因。")
