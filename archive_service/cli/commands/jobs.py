"""`jobs`: what runs in the background, how far it is, cancel and retry."""

from __future__ import annotations

import time

import click
from rich.progress import Progress, TaskID

from archive_service import clock, zone
from archive_service.cli import output
from archive_service.cli.rows import ROW_ID
from archive_service.cli.services import Services
from archive_service.errors import ArchiveError, Invalid
from archive_service.jobs.nudge import nudge
from archive_service.jobs.queries import STATES, UNFINISHED, JobFilters
from archive_service.jobs.queue import QUEUES
from ingest import jobs as background
from ingest.jobs import JobDetail, JobView
from ingest.pipeline import STEP_NAMES

#: Seconds between looks at the progress.
LOOK_S = 0.5
#: Most jobs that `watch` shows a bar for; all are counted.
BARS = 8
#: The states as people say them.
STATE_WORDS = {"queued": "排队", "running": "执行中", "done": "完成", "failed": "失败", "cancelled": "已取消"}
_QUEUE = click.option("--queue", type=click.Choice(QUEUES), help="Only jobs of this queue.")
_KIND = click.option("--kind", help="Only jobs of this kind.")
_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON, one job a line.")


@click.group()
def jobs() -> None:
    """Background jobs: list them, follow them, cancel and retry."""


@jobs.command("list")
@click.option("--state", type=click.Choice((*STATES, UNFINISHED)), help="Only jobs in this state.")
@_QUEUE
@_KIND
@click.option("--after", type=ROW_ID, help="Continue below this job.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 1000), help="Most jobs to list.")
@_JSON
@click.pass_obj
def list_(
    services: Services,
    state: str | None,
    queue: str | None,
    kind: str | None,
    after: int | None,
    limit: int,
    as_json: bool,
) -> None:
    """List jobs, newest first."""
    with services.reading() as (session, viewer):
        found = background.listing(session, viewer, JobFilters(state, queue, kind), after=after, limit=limit)
    if as_json:
        for row in found.rows:
            output.emit(_as_json(row))
        return
    output.table(("编号", "状态", "任务", "文件", "进度", "次数", "时间", "说明"), [_cells(row) for row in found.rows])
    output.say(f"共 {found.total} 个任务。" if found.total is not None else "超过 10000 个任务。")


@jobs.command()
@click.argument("job_id", metavar="ID", type=ROW_ID)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def show(services: Services, job_id: int, as_json: bool) -> None:
    """Show one job with what happened to it."""
    with services.reading() as (session, viewer):
        found = background.find(session, viewer, job_id)
    if as_json:
        history = [{"at": e.at, "by": e.person_name, "did": e.did, "facts": e.facts} for e in found.history]
        output.emit({**_as_json(found.job), "error_detail": found.error_detail, "history": history})
        return
    _say(found)


@jobs.command()
@click.argument("job_id", metavar="ID", type=ROW_ID)
@click.option("--reason", required=True, help="Why; it stands in the audit trail.")
@click.pass_obj
def cancel(services: Services, job_id: int, reason: str) -> None:
    """Cancel a job that is queued or running; finished pages stay, nothing is filed."""
    with services.writing() as (session, viewer):
        background.cancel(session, viewer, job_id, reason=reason, now=clock.now())
    output.say(f"已取消任务 {job_id}，文件和已完成的页保留。")


@jobs.command()
@click.argument("job_ids", metavar="ID…", nargs=-1, type=ROW_ID)
@click.option("--all-failed", is_flag=True, help="Every failed job that fits, instead of those named.")
@_QUEUE
@_KIND
@click.option("--yes", is_flag=True, help="With --all-failed: do not ask.")
@_JSON
@click.pass_obj
def retry(
    services: Services,
    job_ids: tuple[int, ...],
    all_failed: bool,
    queue: str | None,
    kind: str | None,
    yes: bool,
    as_json: bool,
) -> int:
    """Queue failed or cancelled jobs again; their files go on from the last finished page."""
    if bool(job_ids) == all_failed:
        raise Invalid("job.which", "请写出任务编号，或用 --all-failed 重试全部失败的任务，二者选一。")
    if all_failed:
        return _retry_all(services, JobFilters("failed", queue, kind), yes=yes, as_json=as_json)
    code = 0
    for job_id in job_ids:
        try:
            with services.writing() as (session, viewer):
                owed = background.retry(session, viewer, job_id, now=clock.now())
        except ArchiveError as e:
            # The others are not kept back; the command ends with the last reason.
            code = e.exit_code
            _tell(job_id, f"{e.message}（{e.code}）", e.code, as_json=as_json)
            continue
        nudge(services.settings, (owed,))
        _tell(job_id, f"任务 {job_id} 已重新排队。", None, as_json=as_json)
    return code


def _retry_all(services: Services, filters: JobFilters, *, yes: bool, as_json: bool) -> int:
    with services.reading() as (session, viewer):
        background.check_may_look(viewer)
        count = background.count(session, viewer, filters)
    if count and not yes:
        click.confirm(f"重试 {count} 个失败任务？", abort=True, err=True)
    after: int | None = None
    retried = refused = 0
    while True:
        done = background.retry_failed(services.database, viewer, filters, now=clock.now(), after=after)
        nudge(services.settings, sorted(done.queues))
        for job_id in done.jobs if as_json else ():
            _tell(job_id, "", None, as_json=True)
        for job_id, message in done.refused.items():
            _tell(job_id, f"任务 {job_id}：{message}", "refused", as_json=as_json)
        retried, refused, after = retried + len(done.jobs), refused + len(done.refused), done.next_after
        if after is None:
            break
    output.advise(f"已让 {retried} 个任务重新排队，{refused} 个没有重试。")
    return 3 if refused else 0


def _tell(job_id: int, text: str, code: str | None, *, as_json: bool) -> None:
    if as_json:
        output.emit({"job": str(job_id), "state": "queued" if code is None else None, "error": code})
    elif code is None:
        output.say(text)
    else:
        output.advise(text)


@jobs.command()
@_QUEUE
@_KIND
@click.option("--json", "as_json", is_flag=True, help="Print JSON, one line for each change of a job.")
@click.pass_obj
def watch(services: Services, queue: str | None, kind: str | None, as_json: bool) -> int:
    """Follow the jobs until none is queued or running; ends with 1 when one of them failed meanwhile."""
    with output.progress() as bars:
        followed = _Watch(services, queue, kind, bars, as_json)
        while followed.look():
            time.sleep(LOOK_S)
    return 1 if followed.failed else 0


class _Watch:
    """What was seen of the jobs, and the bars that show it."""

    def __init__(self, services: Services, queue: str | None, kind: str | None, bars: Progress, as_json: bool) -> None:
        self._services, self._queue, self._kind, self._json = services, queue, kind, as_json
        self._bars, self._tasks = bars, dict[int, TaskID]()
        self._seen: dict[int, JobView] = {}
        self._begun = self._counts()
        self._whole = bars.add_task("全部任务", total=None)
        self.failed = 0

    def look(self) -> bool:
        """Show how far the jobs are; say whether any is left."""
        counts = self._counts()
        left = counts["queued"] + counts["running"]
        self.failed = counts["failed"] - self._begun["failed"]
        ended = max(0, sum(counts[state] - self._begun[state] for state in ("done", "failed", "cancelled")))
        for job in self._changed():
            self._seen[job.id] = job
            if self._json:
                output.emit(_as_json(job))
            self._draw(job)
        self._bars.update(self._whole, completed=ended, total=ended + left)
        return left > 0

    def _counts(self) -> dict[str, int]:
        with self._services.reading() as (session, viewer):
            background.check_may_look(viewer)
            return {state: background.count(session, viewer, self._filters(state)) for state in STATES}

    def _filters(self, state: str) -> JobFilters:
        return JobFilters(state, self._queue, self._kind)

    def _changed(self) -> list[JobView]:
        """Return the jobs that run, and those that ran at the last look, where something is new."""
        open_before = [number for number, job in self._seen.items() if job.may_cancel]
        with self._services.reading() as (session, viewer):
            found = background.moving(session, viewer, open_before)
            running = background.listing(session, viewer, self._filters("running")).rows
        return [job for job in {one.id: one for one in (*found, *running)}.values() if job != self._seen.get(job.id)]

    def _draw(self, job: JobView) -> None:
        if not job.may_cancel:
            if job.id in self._tasks:
                self._bars.remove_task(self._tasks.pop(job.id))
            return
        if job.id not in self._tasks and len(self._tasks) < BARS:
            self._tasks[job.id] = self._bars.add_task(_does(job), total=None)
        if job.id in self._tasks:
            self._bars.update(self._tasks[job.id], completed=job.done_units, total=job.total_units or None)


def _as_json(job: JobView) -> dict[str, object]:
    plain = output.plain(job)
    ids = {name: str(plain[name]) if plain[name] is not None else None for name in ("id", "scan_id", "batch_id")}
    return {**plain, **ids}


def _does(job: JobView) -> str:
    return f"{STEP_NAMES[job.step] if job.step else job.kind} {job.file_name or job.scan_id or ''}"[:40]


def _cells(job: JobView) -> tuple[object, ...]:
    done = f"{job.done_units}/{job.total_units}" if job.total_units else ""
    what = STEP_NAMES[job.step] if job.step else job.kind
    tried = f"{job.attempt}/{job.max_attempts}"
    file = job.file_name or (f"扫描件 {job.scan_id}" if job.scan_id else "")
    return job.id, STATE_WORDS[job.state], what, file, done, tried, _when(job), job.error_message


def _when(job: JobView) -> str:
    at = zone.local(job.finished_at or job.since).strftime("%Y-%m-%d %H:%M:%S")
    if job.is_put_off(clock.now()):
        return f"{at} 再试"
    return f"{at} 起" if job.may_cancel else f"{at} 结束"


def _say(found: JobDetail) -> None:
    job = found.job
    for word, value in zip(("编号", "状态", "任务", "文件", "进度", "次数", "时间", "说明"), _cells(job), strict=True):
        if value not in ("", None):
            output.say(f"{word}：{value}")
    output.table(
        ("时间", "人员", "经过", "原因"),
        [
            (zone.local(e.at).strftime("%Y-%m-%d %H:%M:%S"), e.person_name, e.did, e.facts.get("reason"))
            for e in found.history
        ],
    )
    if found.error_detail:
        output.say(found.error_detail)
