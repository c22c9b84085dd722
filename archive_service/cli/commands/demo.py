"""`demo`: make sample scans, take them through the real pipeline, serve the result with demo sign-ins.

Nothing here is special to the demo but the people, the papers and what `demo_days` has the people do: files are
received, read and filed by the same code as any other, and a second run finds what the first one took in.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import click
from sqlalchemy.orm import Session

from archive_service import clock
from archive_service.cli import output
from archive_service.cli.commands import demo_days
from archive_service.cli.commands.ingesting import new_batch, take_in, wait_for, working
from archive_service.cli.commands.serving import run_server
from archive_service.cli.commands.setting_up import make_archive
from archive_service.cli.services import Services
from archive_service.households import actions, queries
from archive_service.households.csv_rows import read_csv
from archive_service.people import actions as people
from archive_service.people import passwords
from archive_service.people import queries as people_queries
from archive_service.people.roles import Role
from archive_service.samples import SampleSet, make
from indexing.sync import follow
from ingest import queries as scans
from ingest.receive import first_with
from ingest.recognise.values import Said

#: Login, name and role of the demo's people.
PEOPLE = (
    (demo_days.ARCHIVIST, "沈知微", Role.ARCHIVIST),
    (demo_days.STAFF, "林若川", Role.STAFF),
    (demo_days.AUDITOR, "陆明远", Role.AUDITOR),
    ("fuze", "顾承安", Role.UNIT_HEAD),
)


@click.command()
@click.option("--households", default=12, show_default=True, help="Households to invent.")
@click.option("--seed", default=1, show_default=True, help="The same seed invents the same papers.")
@click.option("--no-serve", is_flag=True, help="Stop before the server starts.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8000, show_default=True, help="Port to listen on.")
@click.pass_obj
def demo(services: Services, households: int, seed: int, no_serve: bool, host: str, port: int) -> None:
    """Make sample scans, ingest them for real, and serve the result with demo sign-ins."""
    make_archive(services.settings, unit_name="青屿县供电公司", unit_code="QYX", admin="admin")
    samples = _make_samples(services.settings.home / "samples", households, seed)
    _add_units(services, samples)
    password = _add_people(services)
    _register_cases(services, samples)
    _take_in(services, samples)
    demo_days.live(services)
    _report(services)
    _say_sign_ins(password)
    if not no_serve:
        run_server(services, host=host, port=port)


def _make_samples(folder: Path, households: int, seed: int) -> SampleSet:
    with output.progress() as bar:
        task = bar.add_task("绘制样张", total=None)
        return make(
            folder,
            households=households,
            seed=seed,
            progress=lambda done, total: bar.update(task, completed=done, total=total),
        )


def _add_units(services: Services, samples: SampleSet) -> None:
    with services.writing() as (session, viewer):
        known = dict(people_queries.units_by_code(session))
        root = min(known.values())
        for code, name, above in samples.units:
            if code not in known:
                parent_id = known.get(above or "", root)
                added = people.add_unit(session, code=code, name=name, parent_id=parent_id, by=viewer, now=clock.now())
                known[code] = added.id


def _add_people(services: Services) -> str:
    """Give the demo's people one fresh password that they need not change, and return it."""
    password = passwords.one_time(*(login for login, _, _ in PEOPLE))
    with services.writing() as (session, viewer):
        root = min(people_queries.units_by_code(session).values())
        for login, name, role in PEOPLE:
            known = people_queries.viewer_by_login(session, login)
            if known is not None and known.person_id is not None:
                people.set_password(
                    session, person_id=known.person_id, password=password, by=viewer, now=clock.now(), must_change=False
                )
                continue
            person = people.add_person(
                session,
                login=login,
                name=name,
                unit_id=root,
                password=password,
                by=viewer,
                now=clock.now(),
                must_change=False,
            )
            people.grant_role(session, person_id=person.id, role=role, unit_id=root, by=viewer, now=clock.now())
    return password


def _register_cases(services: Services, samples: SampleSet) -> None:
    with services.writing() as (session, viewer):
        report = actions.import_cases(
            session,
            read_csv(samples.cases_csv.read_bytes()),
            by=viewer,
            now=clock.now(),
            today=clock.today(),
            account_no_pattern=services.settings.account_no_pattern,
            application_no_pattern=services.settings.application_no_pattern,
            filing_due_workdays=services.settings.filing_due_workdays,
        )
    output.stderr.print(f"登记案件 {report.created} 件。", highlight=False)


def _take_in(services: Services, samples: SampleSet) -> None:
    """Take in what an earlier run did not, and wait for all of it."""
    with services.database.reading() as session:
        known = {file.path: _received(session, file.path) for file in samples.files}
    scan_ids = [scan_id for scan_id in known.values() if scan_id]
    fresh = [path for path, scan_id in known.items() if scan_id is None]
    if fresh:
        batch_id = new_batch(services, name="演示移交包", channel="demo", centre=None)
        scan_ids += [take_in(services, path, batch_id, Said()).scan_id for path in fresh]
    with working(services):
        wait_for(services, scan_ids)


def _received(session: Session, path: Path) -> int | None:
    with path.open("rb") as stream:
        first = first_with(session, hashlib.file_digest(stream, "sha256").hexdigest())
    return first.id if first else None


def _report(services: Services) -> None:
    while follow(services.database, services.index, now=clock.now()):
        continue
    with services.reading() as (session, viewer):
        cases = queries.cases(session, viewer, limit=1000).rows
        doubtful = scans.review_queue(session, viewer, limit=1).total
    whole = sum(case.complete for case in cases)
    output.say(f"案件 {len(cases)} 件，其中资料齐全 {whole} 件；待校核 {doubtful} 份。")


def _say_sign_ins(password: str) -> None:
    names = {Role.ARCHIVIST: "档案员", Role.STAFF: "业务人员", Role.AUDITOR: "稽查员", Role.UNIT_HEAD: "单位负责人"}
    for login, name, role in PEOPLE:
        output.say(f"{names[role]} {name}：登录名 {login}　密码 {password}")
