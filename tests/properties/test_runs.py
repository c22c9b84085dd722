"""A case is filed when it passes, sent back when it fails; kept cases are checked in turn; the report is a record."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import pytest
from pypdf import PdfReader
from sqlalchemy import select, update

from archive_service.audit.tables import AuditEntry
from archive_service.audit.verify import chain_breaks
from archive_service.cli import verify_rows as rows
from archive_service.db.session import Database
from archive_service.errors import Invalid, NotFound, NotPermitted, Refused
from archive_service.households.actions.alarms import say_false_alarm
from archive_service.households.queries import judged
from archive_service.households.tables import CaseFile, Item, ItemField, Page
from archive_service.inspection.tables import Finding
from archive_service.lifecycle.tables import CaseReturn
from archive_service.notices.tables import Notice
from archive_service.people.roles import Role
from archive_service.properties import actions, queries, work
from archive_service.properties import due as waiting
from archive_service.properties.queries import RunView
from archive_service.properties.tables import PropertyRun
from archive_service.settings import Settings
from archive_service.storage.files import FileStore
from archive_service.storage.tables import StoredObject
from archive_service.worker.properties import FourProperties
from tests.properties.test_scheme import edited
from tests.properties.world import NOW, NUMBER, TODAY, archivist, desk_of, taken_in
from tests.support import records


@pytest.fixture
def case(database: Database, store: FileStore) -> str:
    with database.unit_of_work() as session:
        taken_in(session, store)
    return NUMBER


def newest(database: Database) -> RunView:
    with database.reading() as session:
        row = session.scalars(select(PropertyRun.id).order_by(PropertyRun.id.desc())).first()
        assert row is not None
        return queries.run(session, records.system(session), row)


def state_of(database: Database) -> str:
    with database.reading() as session:
        return session.scalars(select(CaseFile.state).where(CaseFile.application_no == NUMBER)).one()


@dataclass(frozen=True)
class Spoilt:
    """An original whose bytes were changed in the store behind everybody's back."""

    digest: str
    path: Path
    data: bytes

    def mend(self) -> None:
        """Put back what was there."""
        self.path.write_bytes(self.data)


def spoil(database: Database, store: FileStore) -> Spoilt:
    with database.reading() as session:
        digest = session.scalars(select(Page.original_digest).order_by(Page.id)).first()
    assert digest is not None
    path = next(one for one in store.root.rglob("*") if one.is_file() and one.name.endswith(digest[4:]))
    found = Spoilt(digest, path, path.read_bytes())
    path.chmod(0o600)
    path.write_bytes(b"something else")
    return found


def test_a_sound_case_is_filed_and_the_report_is_a_record(
    database: Database, store: FileStore, settings: Settings, case: str
) -> None:
    """PDF and data say the same, lie in the store under their digests and are on record there."""
    placed = work.file_case(desk_of(database, store, settings), archivist(database), case)
    run = newest(database)
    assert (state_of(database), run.state, run.moment) == ("filed", "passed", "filing")
    assert placed == run.papers
    assert run.report_digest is not None
    assert run.data_digest is not None
    said = json.loads(store.read(run.data_digest))
    assert [one["code"] for one in said["items"]] == [one.code for one in run.results]
    assert said["state"] == "passed"
    text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(store.read(run.report_digest))).pages)
    assert all(word in text.replace("\n", "") for word in ("电子档案四性检测报告", case, "真实性", "安全性", "GD-2-9"))
    with database.reading() as session:
        roles = select(StoredObject.role).where(StoredObject.digest.in_([run.report_digest, run.data_digest]))
        assert list(session.scalars(roles)) == ["report", "report"]
        did = list(session.scalars(select(AuditEntry.did).where(AuditEntry.object_kind == "property-check")))
        assert did == ["properties.checked", "properties.reported"]
        assert chain_breaks(session) == []
    assert not work.write_report(desk_of(database, store, settings), run.id)


def test_a_case_whose_bytes_were_changed_goes_back_to_who_handed_it_over(
    database: Database, store: FileStore, settings: Settings, case: str
) -> None:
    """With a reason that counts like the others, a note that names the items, a day, and a notice; the run stays."""
    digest = spoil(database, store).digest
    with pytest.raises(Refused) as refused:
        work.file_case(desk_of(database, store, settings), archivist(database), case)
    assert refused.value.code == "properties.failed"
    run = newest(database)
    failed = [one for one in run.results if one.result == "failed"]
    assert [one.code for one in failed] == ["GD-1-1", "GD-2-2"]
    assert digest[:12] in failed[0].evidence
    assert run.report_digest is not None
    with database.reading() as session:
        back = session.scalars(select(CaseReturn)).one()
        assert (back.reasons, "GD-1-1" in back.note, back.due_on > TODAY) == (["four-property"], True, True)
        assert session.scalars(select(Notice.kind)).all() == ["case-returned"]
    assert state_of(database) == "returned"


def contradict(database: Database) -> str:
    """A paper of the case bears the number of another account; return how evidence names the paper."""
    with database.unit_of_work() as session:
        item = session.scalars(select(Item).where(Item.document_type.startswith("A02"))).one()
        item.fields.append(ItemField(name="account_no", value="5100000999", confidence=1.0))
        return f"第 {item.item_no:03d} 件"


def test_a_case_whose_papers_contradict_each_other_goes_back_with_the_rule_and_the_papers(
    database: Database, store: FileStore, settings: Settings, case: str
) -> None:
    """The evidence names rule and papers and quotes no value: it outlives what it is about."""
    paper = contradict(database)
    with pytest.raises(Refused, match="GD-1-5"):
        work.file_case(desk_of(database, store, settings), archivist(database), case)
    failed = [one for one in newest(database).results if one.result == "failed"]
    assert [one.code for one in failed] == ["GD-1-5"]
    assert "XC01 户号、申请编号不符" in failed[0].evidence
    assert paper in failed[0].evidence
    assert "5100000999" not in failed[0].evidence
    assert state_of(database) == "returned"


def test_a_contradiction_that_a_person_called_a_false_alarm_keeps_no_case_from_being_filed(
    database: Database, store: FileStore, settings: Settings, case: str
) -> None:
    """Whoever said so may not know of every other account; what a rule sees differs with that."""
    contradict(database)
    with database.unit_of_work() as session:
        by = records.viewer(session, Role.ARCHIVIST)
        seen = next(one for one in judged.observations(session, by, case, today=TODAY) if one.rule == "XC01")
        say_false_alarm(
            session, application_no=case, rule="XC01", fingerprint=seen.fingerprint, reason="并户前的旧户号", by=by,
            now=NOW,
        )  # fmt: skip
    work.file_case(desk_of(database, store, settings), archivist(database), case)
    plausible = next(one for one in newest(database).results if one.code == "GD-1-5")
    assert "1 项经人员说明为误报" in plausible.evidence


def test_an_edition_that_only_points_a_contradiction_out_lets_the_case_be_filed(
    database: Database, store: FileStore, settings: Settings, case: str
) -> None:
    contradict(database)
    release(database, edited().replace("filing: failed", "filing: warned"))
    work.file_case(desk_of(database, store, settings), archivist(database), case)
    plausible = next(one for one in newest(database).results if one.code == "GD-1-5")
    assert (plausible.result, "提示 1 处" in plausible.evidence) == ("passed", True)


def test_what_cannot_be_filed_anyway_is_refused_as_before_and_not_checked(
    database: Database, store: FileStore, settings: Settings
) -> None:
    with database.unit_of_work() as session:
        records.case(session, NUMBER)
    with pytest.raises(Refused) as refused:
        work.file_case(desk_of(database, store, settings), archivist(database), NUMBER)
    assert refused.value.code == "case.step"
    with database.reading() as session:
        assert session.scalar(select(PropertyRun.id)) is None


def test_a_page_filed_twice_and_an_altered_trail_are_found(
    database: Database, store: FileStore, settings: Settings, case: str
) -> None:
    with database.unit_of_work() as session:
        first, second = session.scalars(select(Page).order_by(Page.id).limit(2)).all()
        second.original_digest = first.original_digest
        entry = select(AuditEntry.seq).where(AuditEntry.did == "item.filed").order_by(AuditEntry.seq).limit(1)
        seq = session.scalar(entry)
    with database.unit_of_work() as session:
        # As somebody with the database in hand would do it, not through the program.
        session.execute(update(Item).where(Item.id == 1).values(title="改\x07过"))
    made = work.check_case(desk_of(database, store, settings), archivist(database), case)
    with database.reading() as session:
        found = queries.run(session, archivist(database), made).results
        assert [one.code for one in found if one.result == "failed"] == ["GD-1-6", "GD-1-8"]
    assert seq is not None


def demanding(database: Database, **items: dict[str, object]) -> None:
    """Put an edition in force that two people wrote and released."""
    release(database, edited(**items))


def release(database: Database, text: str) -> None:
    """Put another text of the edition of the program in force."""
    text = text.replace("edition: FP2026", "edition: X-1")
    with database.unit_of_work() as session:
        draft = actions.save_scheme(session, records.viewer(session, Role.ARCHIVIST), text, now=NOW)
        by = records.viewer(session, Role.UNIT_HEAD)
        actions.release_scheme(session, by, draft.id, now=NOW, today=TODAY)


MANUAL: dict[str, object] = {
    "mode": "manual", "check": None, "guide_zh": "与纸质原件逐页对照。", "demanded": ["filing"],
}  # fmt: skip


def test_a_demanded_manual_item_keeps_a_case_from_being_filed_until_somebody_says_what_they_saw(
    database: Database, store: FileStore, settings: Settings, case: str
) -> None:
    """The case is not sent back for it; the answer holds at the next try as long as the content is the same."""
    demanding(database, n3_4=MANUAL)
    desk, by = desk_of(database, store, settings), archivist(database)
    with pytest.raises(Refused) as refused:
        work.file_case(desk, by, case)
    run = newest(database)
    assert (refused.value.code, state_of(database), run.state, run.report_digest) == (
        "properties.open", "accepted", "open", None,
    )  # fmt: skip
    with pytest.raises(Invalid):
        work.answer(desk, by, run.id, "GD-3-4", result="passed", evidence="")
    with pytest.raises(Refused):
        work.answer(desk, by, run.id, "GD-1-1", result="passed", evidence="看过了")
    work.answer(desk, by, run.id, "GD-3-4", result="passed", evidence="逐页对照过，都清楚")
    answered = newest(database)
    assert answered.state == "passed"
    assert answered.report_digest is not None
    with pytest.raises(Refused):
        work.answer(desk, by, run.id, "GD-3-4", result="failed", evidence="又看了一遍")
    work.file_case(desk, by, case)
    again = next(one for one in newest(database).results if one.code == "GD-3-4")
    assert (again.evidence, again.answered_by) == ("逐页对照过，都清楚", "张三")
    assert state_of(database) == "filed"


def test_an_answer_of_other_content_does_not_count(
    database: Database, store: FileStore, settings: Settings, case: str
) -> None:
    demanding(database, n3_4=MANUAL)
    desk, by = desk_of(database, store, settings), archivist(database)
    made = work.check_case(desk, by, case)
    work.answer(desk, by, made, "GD-3-4", result="passed", evidence="逐页对照过")
    with database.unit_of_work() as session:
        session.execute(update(Page).where(Page.id == 1).values(original_digest="9" * 64))
    work.check_case(desk, by, case)
    assert next(one for one in newest(database).results if one.code == "GD-3-4").result == "open"


def test_a_person_who_says_no_sends_the_case_back_at_the_next_try(
    database: Database, store: FileStore, settings: Settings, case: str
) -> None:
    demanding(database, n3_4=MANUAL)
    desk, by = desk_of(database, store, settings), archivist(database)
    made = work.check_case(desk, by, case)
    work.answer(desk, by, made, "GD-3-4", result="failed", evidence="第二页看不清")
    with pytest.raises(Refused):
        work.file_case(desk, by, case)
    assert state_of(database) == "returned"


def test_only_who_takes_cases_in_or_inspects_may_check_and_answer(
    database: Database, store: FileStore, settings: Settings, case: str
) -> None:
    desk = desk_of(database, store, settings)
    with database.unit_of_work() as session:
        staff = records.viewer(session, Role.STAFF)
        far = records.viewer(session, Role.ARCHIVIST, at=records.unit(session, "B", below=records.unit(session)))
    with pytest.raises(NotPermitted):
        work.check_case(desk, staff, case)
    with pytest.raises(NotFound):
        work.check_case(desk, far, case)
    made = work.check_case(desk, archivist(database), case, ask_people=True)
    with database.reading() as session:
        assert queries.run(session, staff, made).state == "open"
        with pytest.raises(NotFound):
            queries.run(session, far, made)
        assert queries.runs(session, far).total == 0
    with pytest.raises(NotPermitted):
        work.answer(desk, staff, made, "GD-1-1", result="passed", evidence="看过了")


def test_nobody_releases_an_edition_of_their_own_or_before_its_day(database: Database) -> None:
    with database.unit_of_work() as session:
        head = records.viewer(session, Role.ARCHIVIST, Role.UNIT_HEAD)
        other = records.viewer(session, Role.UNIT_HEAD)
        text = edited().replace("edition: FP2026", "edition: X-1")
        draft = actions.save_scheme(session, head, text, now=NOW).id
        with pytest.raises(Refused) as own:
            actions.release_scheme(session, head, draft, now=NOW, today=TODAY)
        assert own.value.code == "properties.own"
        with pytest.raises(Refused) as early:
            actions.release_scheme(session, other, draft, now=NOW, today=date(2025, 1, 1))
        assert early.value.code == "properties.too-early"
        with pytest.raises(Refused) as taken:
            actions.save_scheme(session, head, text, now=NOW)
        assert taken.value.code == "properties.code-taken"
        with pytest.raises(Refused) as bad:
            actions.save_scheme(session, head, edited(n1_1={"check": "x"}, n3_6={"guide_zh": None}), now=NOW)
        assert len(bad.value.facts["findings"]) == 2
        assert queries.in_force(session, TODAY).edition == "FP2026"
        actions.release_scheme(session, other, draft, now=NOW, today=TODAY)
        assert queries.in_force(session, TODAY).edition == "X-1"
        with pytest.raises(Refused):
            actions.drop_scheme(session, head, draft, now=NOW)


def test_kept_cases_are_checked_in_turn_and_what_fails_becomes_one_finding(
    database: Database, store: FileStore, settings: Settings, case: str
) -> None:
    """Not before its time, once in its time, and while its finding is being answered no second one."""
    work.file_case(desk_of(database, store, settings), archivist(database), case)

    def upkeep(days: int) -> list[tuple[str, str]]:
        FourProperties(settings, database, lambda: NOW + timedelta(days=days)).run_once()
        with database.reading() as session:
            wanted = select(PropertyRun.moment, PropertyRun.state).order_by(PropertyRun.id)
            return [(moment, state) for moment, state in session.execute(wanted)]

    def due(days: int) -> int:
        with database.reading() as session:
            now = NOW + timedelta(days=days)
            return len(waiting.due_cases(session, records.system(session), now=now, every_days=365, limit=9))

    assert upkeep(364) == [("filing", "passed")]
    assert upkeep(366) == upkeep(367) == [("filing", "passed"), ("longterm", "passed")]
    spoilt = spoil(database, store)
    assert due(800) == 1
    assert upkeep(800)[-1] == ("longterm", "failed")
    # What was found is looked at again each week until somebody closes the finding.
    assert (due(806), len(upkeep(806))) == (0, 3)
    assert len(upkeep(808)) == 4
    spoilt.mend()
    assert upkeep(816)[-1] == ("longterm", "passed")
    assert len(upkeep(822)) == 5
    with database.unit_of_work() as session:
        session.scalars(select(Finding)).one().state = "closed"
    assert len(upkeep(830)) == 5
    with database.reading() as session:
        found = session.scalars(select(Finding)).one()
        assert (found.rule, found.severity, "CQ-1-1" in found.description) == ("four-property", "serious", True)
        assert queries.unreported(session, limit=9) == []


def test_a_report_that_was_not_written_is_written_by_the_upkeep(
    database: Database, store: FileStore, settings: Settings, case: str
) -> None:
    """Stopped between the run and its report."""
    desk = desk_of(database, store, settings)
    with database.unit_of_work() as session:
        by = records.system(session)
        subject = actions.subject_of(session, by, case)
        looked = desk.look(work.pages_of(session, subject))
        found = actions.examine(
            session, subject, queries.Moment.FILING, looked=looked, outside=desk.outside, today=TODAY
        )
        actions.enter(session, by, found, now=NOW)
    assert newest(database).report_digest is None
    FourProperties(settings, database, lambda: NOW).run_once()
    assert newest(database).report_digest is not None


def test_a_report_cannot_be_replaced_unnoticed(
    database: Database, store: FileStore, settings: Settings, case: str
) -> None:
    """The program keeps the first; who changes the row, or takes it out, is told on by the trail."""
    desk = desk_of(database, store, settings)
    made = work.check_case(desk, archivist(database), case)
    first = newest(database).report_digest
    other = store.put_bytes(b"another report")

    def named() -> list[str]:
        with database.reading() as session:
            return [one.subject for one in rows.findings(session, altered=()) if one.kind.startswith("properties.")]

    with database.unit_of_work() as session:
        assert not actions.keep_report(session, records.system(session), made, other, other, now=NOW)
    assert (newest(database).report_digest, named()) == (first, [])
    with database.unit_of_work() as session:
        session.execute(update(PropertyRun).values(report_digest=other.digest))
    assert named() == [str(made)]
    with database.unit_of_work() as session:
        session.execute(update(PropertyRun).values(report_digest=None, data_digest=None))
    assert named() == [str(made)]
