"""Editions of the retention schedule on pages: read, drafted, mended, previewed, released by another, dropped."""

from __future__ import annotations

import html
import re
from datetime import timedelta
from typing import get_args

import pytest
from sqlalchemy import select

from archive_service import clock
from archive_service.jobs import queue
from archive_service.people.roles import Role
from archive_service.people.tables import Unit
from archive_service.properties import scheme
from archive_service.web import words
from retention import actions, reckoning, schedule
from retention.run import RunHandler
from retention.schedule import Status, Trigger
from retention.tables import RetentionDue, RetentionRun
from tests.support import records
from tests.web.conftest import Browser, World

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
LIST = "/retention/schedules"
PERMANENT = re.sub(r"    trigger: account_closed\n    years: 5\b", "    permanent: true", schedule.standard_text())
LONGER = PERMANENT.replace("R2026", "R2027")


def someone(world: World, login: str, role: Role) -> Browser:
    """A person of the top, signed in."""
    with world.services.database.unit_of_work() as session:
        at = session.scalars(select(Unit).where(Unit.parent_id.is_(None))).one()
        records.person(session, login, roles=[role], at=at)
    return Browser(world.app, base_url="http://archive.test", follow_redirects=False).sign_in(login)


def run_job(world: World) -> None:
    """Do the job that a preview or a release queued."""
    database = world.services.database
    while True:
        # Others wait in the same queue.
        found = queue.claim(database, worker="w", queues=("upkeep",), now=clock.now(), lease_s=600)
        assert found is not None
        if found.kind == actions.RUN_JOB:
            return RunHandler(database, 600, clock.now, clock.today).run(found)


def test_the_edition_of_the_package_is_a_table_with_sources(world: World, browser: Browser) -> None:
    """Every rule with its title, its period and where it comes from; the text can be taken away."""
    assert "现行" in browser.get(LIST).text
    page = browser.get(f"{LIST}/standard").text
    for rule in schedule.standard().rules:
        assert rule.code in page
        assert rule.title_zh in page
        assert rule.source in page
    assert "销户后 3 年" in page
    assert browser.get(f"{LIST}/standard/text").content == schedule.standard_text().encode()
    # A centre reads schedules; they are drafted at the top.
    assert "起草新版本" not in browser.get(LIST).text
    assert browser.submit(LIST, text=LONGER).status_code == 403
    # Every trigger and status that a schedule may name has its word.
    assert set(words.RETENTION_TRIGGER) == {one.value for one in Trigger}
    assert set(words.RETENTION_STATUS) == set(get_args(Status))


def test_a_draft_is_mended_previewed_and_released_by_another_person(world: World) -> None:
    """Nothing comes into force unseen, by its own writer, or before its text was looked at again."""
    database = world.services.database
    with database.unit_of_work() as session:
        reckoning.sweep(session, today=clock.today())
    writer = someone(world, "writer", Role.ARCHIVIST)
    assert schedule.standard().edition in writer.get(f"{LIST}/new").text
    wrong = writer.submit(LIST, text=LONGER.replace("years: 30", "years: 0"))
    assert (wrong.status_code, "没有保存" in wrong.text) == (409, True)
    taken = writer.submit(LIST, text=PERMANENT)
    assert (taken.status_code, "已经用过" in taken.text) == (409, True)
    # By upload: the file counts, not what stands in the field.
    sent = {"file": ("schedule.yaml", b"\xff\xfe", "text/yaml")}
    assert "UTF-8" in writer.post(LIST, data={"token": writer.token, "text": LONGER}, files=sent).text
    sent = {"file": ("schedule.yaml", LONGER.encode("utf-8-sig"), "text/yaml")}
    made = writer.post(LIST, data={"token": writer.token, "text": "nothing"}, files=sent)
    assert made.status_code == 303, made.text
    address = made.headers["location"]
    assert LONGER.splitlines()[-1] in writer.get(f"{address}/edit").text
    assert "还没有预览" in writer.get(address).text

    head = someone(world, "releaser", Role.UNIT_HEAD)
    assert "先看影响" in head.submit(f"{address}/release").text
    run = writer.submit(f"{address}/preview").headers["location"]
    assert "正在计算" in writer.get(run).text
    run_job(world)
    # Changed once more, the preview is of another text.
    assert writer.submit(f"{address}/edit", text=LONGER.replace("2026 年起", "改一改")).status_code == 303
    assert "先看影响" in head.submit(f"{address}/release").text
    run = writer.submit(f"{address}/preview").headers["location"]
    run_job(world)
    with database.reading() as session:
        found = session.scalars(select(RetentionRun).order_by(RetentionRun.id.desc())).first()
        assert found is not None
        items = session.scalars(select(RetentionDue.item_id)).all()
        assert (found.items, found.earlier, found.later + found.other > 0) == (len(items), 0, True)
    later = head.get(f"{run}?effect=later").text
    assert len(re.findall(r'data-open href="/items/\d+"', later)) == found.later > 0
    assert "没有资料因此变化" in head.get(f"{run}?effect=earlier").text
    assert "不能自己发布" in writer.submit(f"{address}/release").text or (
        writer.submit(f"{address}/release").status_code == 403
    )
    assert head.submit(f"{address}/release").status_code == 303
    run_job(world)
    assert "现行" in head.get(address).text
    assert "R2027" in head.get(f"{address}/text").text
    with database.reading() as session:
        states = session.execute(select(RetentionRun.purpose, RetentionRun.state)).all()
        assert [tuple(one) for one in states] == [("preview", "done"), ("preview", "done"), ("apply", "done")]
        assert set(session.scalars(select(RetentionDue.edition))) == {"R2027"}


def test_a_draft_of_a_later_day_waits_for_it_and_one_can_be_given_up(world: World) -> None:
    """The page says so, and the code stays taken."""
    tomorrow = clock.today() + timedelta(days=1)
    writer = someone(world, "writer", Role.UNIT_HEAD)
    text = LONGER.replace("effective_from: 2026-01-01", f"effective_from: {tomorrow}")
    address = writer.submit(LIST, text=text).headers["location"]
    writer.submit(f"{address}/preview")
    run_job(world)
    head = someone(world, "releaser", Role.UNIT_HEAD)
    assert "到生效日才能发布" in head.get(address).text
    assert "请到那天再发布" in head.submit(f"{address}/release").text
    assert head.submit(f"{address}/drop").status_code == 303
    assert "已作废" in head.get(address).text
    assert "不能再改" in head.submit(f"{address}/drop").text
    assert head.submit(LIST, text=text).status_code == 409


LOCAL = """edition: T-9
based_on: '2018'
title_zh: 增补
title_en: additions
effective_from: 2027-01-01
document_types: []
"""


@pytest.mark.parametrize(
    ("address", "text"),
    [(LIST, PERMANENT), ("/catalogue/drafts", LOCAL), ("/properties/items", scheme.standard_text())],
)
def test_a_code_that_is_taken_is_said_beside_the_text_that_was_typed(world: World, address: str, text: str) -> None:
    """On every desk of editions; nobody types a thousand lines twice."""
    writer = someone(world, "writer", Role.ARCHIVIST)
    if address == "/catalogue/drafts":
        assert writer.submit(address, text=text).status_code == 303
    page = writer.submit(address, text=text)
    assert (page.status_code, "已经用过" in page.text) == (409, True)
    assert html.escape(text.splitlines()[-1]) in page.text
