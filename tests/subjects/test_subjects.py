"""Requests of the people whom papers speak of: what has to be said, what is answered, and what is shut by it."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from archive_service import workdays
from archive_service.audit.tables import AuditEntry
from archive_service.borrowing import matrix
from archive_service.borrowing.wishes import Wish, find
from archive_service.db.session import Database
from archive_service.errors import Invalid, NotFound, NotPermitted, Refused
from archive_service.exchange.content import content
from archive_service.households import queries as households
from archive_service.households.actions.items import withdraw_item
from archive_service.households.actions.returned import TakenBack, put_back, take_back
from archive_service.households.tables import HouseholdFile, Item
from archive_service.notices.tables import Notice
from archive_service.people.roles import Role
from archive_service.people.viewer import Viewer
from archive_service.restricted import queries as restricted
from archive_service.storage.store import Stored
from archive_service.subjects import actions, queries, rules
from archive_service.subjects.notify import tell_answers
from archive_service.subjects.rules import Said, Verdict
from archive_service.subjects.tables import SubjectRequest
from indexing import project
from tests.support import records
from tests.support.records import NOW, TODAY

LIMITS = matrix.edition_on(TODAY).limits
SAID = Said("restrict", "王秀英", "self", "identity_card", "", "不再使用我的身份证复印件", TODAY)
YES = Verdict(True, "经核对同意")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"kind": "forget"}, "subject.kind"),
        ({"relation": "friend"}, "subject.relation"),
        ({"proof": ""}, "subject.proof"),
        ({"asker": " "}, "subject.asker"),
        ({"words": "字" * 501}, "subject.words"),
        ({"relation": "agent"}, "subject.authority"),
        ({"proof_note": "字" * 201}, "subject.proof-note"),
        ({"proof_note": "11010519491231002X"}, "subject.number"),
        ({"words": "我的证件 11010519491231002X"}, "subject.number"),
        ({"received_on": TODAY + timedelta(days=1)}, "subject.received-on"),
    ],
)
def test_what_is_written_down_names_who_asks_and_no_number(change: dict[str, object], code: str) -> None:
    with pytest.raises(Invalid) as refused:
        rules.checked(Said(**{**SAID.__dict__, **change}), today=TODAY)  # type: ignore[arg-type]
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("verdict", "kind", "code"),
    [
        (Verdict(False, " "), "copy", "subject.reason"),
        (Verdict(True, "同意", annotation=""), "annotate", "subject.annotation"),
        (Verdict(True, "同意", copy_number=""), "copy", "subject.copy"),
    ],
)
def test_an_answer_says_why_and_what_was_done(verdict: Verdict, kind: str, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        rules.check_verdict(verdict, kind)
    assert refused.value.code == code
    # A refusal needs its reason and nothing else.
    assert rules.check_verdict(Verdict(False, "不属于您的资料"), kind).granted is False


def registered(session: Session, by: Viewer, head: HouseholdFile, *numbers: int, **said: object) -> SubjectRequest:
    what = Said(**{**SAID.__dict__, **said})  # type: ignore[arg-type]
    return actions.register(
        session, by, head.account_no, what, item_nos=numbers, now=NOW, today=TODAY, workdays_to_answer=15
    )


def decided(session: Session, by: Viewer, request: SubjectRequest, verdict: Verdict = YES) -> SubjectRequest:
    return actions.decide(session, by, request.id, verdict, Stored("5" * 64, 10, True), now=NOW)


def filed(session: Session) -> tuple[HouseholdFile, Item, Item]:
    case = records.case(session)
    first, second = records.item(session, case), records.item(session, case, "A10")
    return session.get_one(HouseholdFile, case.household_id), first, second


def test_what_is_restricted_is_shut_at_every_door_until_it_is_lifted(database: Database) -> None:
    """Fields, pages, words, search, lending and packages; the other paper of the household stays open."""
    with database.unit_of_work() as session:
        by = records.viewer(session)
        head, shut, other = filed(session)
        found = registered(session, by, head, shut.item_no)
        assert restricted.restricted(session, [shut.id, other.id]) == set()
        before = head.revision
        decided(session, by, found)
        assert head.revision > before
        assert restricted.restricted(session, [shut.id, other.id]) == {shut.id}
        view = households.item(session, by, shut.id)
        assert (view.restricted, view.closed, view.fields, [one.thumbnail_digest for one in view.pages]) == (
            True, True, (), [None],
        )  # fmt: skip
        for page in (
            households.item_page(session, by, shut.id, 1),
            households.masked_page(session, by, shut.id, 1),
            households.lent_page(session, shut.id, 1, masked=False),
        ):
            assert (page.withheld, page.text, page.image_digest, page.original_digest, page.lines_digest) == (
                True, "", None, None, "",
            )  # fmt: skip
        assert households.page_texts(session, by, shut.id, most=9) == {}
        assert households.item_page(session, by, other.id, 1).text
        assert [one.item_id for one in project.documents(session, [head.id])] == [other.id]
        whole = find(session, Wish(head.account_no, "screen", 1), LIMITS)
        assert {item for item, _ in whole.pages} == {other.id}
        with pytest.raises(NotPermitted) as refused:
            find(session, Wish(head.account_no, "screen", 1, item_nos=(shut.item_no,)), LIMITS)
        assert refused.value.code == "item.restricted"
        out = content(session, by, head.id, items=None, renditions_of=lambda _, __: {})
        assert (out.said["selection"], len(out.said["items"])) == ([other.item_no], 1)
        with pytest.raises(NotPermitted):
            content(session, by, head.id, items=[shut.item_no], renditions_of=lambda _, __: {})

        # Filed anew from its scan it would be a paper like any other.
        with pytest.raises(Refused) as stays:
            withdraw_item(session, item_id=shut.id, reason="重新归档", by=by, now=NOW, today=TODAY)
        assert stays.value.code == "item.stays-restricted"
        assert take_back(session, [shut.id, other.id], batch=1, by=by.actor, now=NOW, today=TODAY) == TakenBack(
            (other.id,), (shut.id,)
        )
        assert put_back(session, [other.id], batch=1, by=by.actor, now=NOW, today=TODAY) == [other.id]

        # Another request about the same paper: the end of one does not end the other.
        again = decided(session, by, registered(session, by, head, kind="erase"))
        assert actions.lift(session, by, found.id, reason="本人撤回要求", now=NOW) == 1
        assert restricted.restricted(session, [shut.id, other.id]) == {shut.id, other.id}
        actions.lift(session, by, again.id, reason="本人撤回要求", now=NOW)
        assert households.item(session, by, shut.id).closed is False
        assert len(project.documents(session, [head.id])) == 2
        with pytest.raises(Refused) as nothing:
            actions.lift(session, by, again.id, reason="本人撤回要求", now=NOW)
        assert nothing.value.code == "subject.not-restricted"
        did = session.scalars(select(AuditEntry.did).where(AuditEntry.object_kind == "subject-request")).all()
        assert sorted(did) == ["subject.granted"] * 2 + ["subject.lifted"] * 2 + ["subject.registered"] * 2


def test_who_keeps_a_restricted_paper_opens_it_for_a_while_saying_why(database: Database) -> None:
    """Nobody else does, and not the command line; once the time is over it is shut again."""
    with database.unit_of_work() as session:
        by = records.viewer(session)
        head, shut, _ = filed(session)
        decided(session, by, registered(session, by, head, shut.item_no))
        reader = records.viewer(session, Role.AUDITOR, login="reader")
        for who, error in ((reader, NotPermitted), (records.system(session), Refused)):
            with pytest.raises(error):
                actions.open_paper(session, who, shut.id, reason="核对户名", now=NOW)
        with pytest.raises(Invalid):
            actions.open_paper(session, by, shut.id, reason=" ", now=NOW)
        until = actions.open_paper(session, by, shut.id, reason="法院调取", now=NOW).until
        assert until == NOW + timedelta(minutes=rules.OPEN_MINUTES)
        assert restricted.opened(session, by, now=NOW) == {shut.id}
        assert restricted.opened(session, by, now=until) == set()
        assert restricted.opened(session, reader, now=NOW) == set()
        facts = session.scalars(select(AuditEntry.facts).where(AuditEntry.did == "subject.opened")).all()
        assert [one["reason"] for one in facts] == ["法院调取"]


def test_it_is_answered_once_within_working_days_by_who_keeps_the_register(database: Database) -> None:
    """Other units know nothing of it; numbers follow one another."""
    with database.unit_of_work() as session:
        by = records.viewer(session)
        head, first, _ = filed(session)
        found = registered(session, by, head, first.item_no, received_on=date(2026, 3, 2))
        assert found.due_on == workdays.add_working_days(date(2026, 3, 2), 15)
        assert (found.number, registered(session, by, head).number) == ("GR-ROOT-2026-0001", "GR-ROOT-2026-0002")
        with pytest.raises(NotFound):
            registered(session, by, head, 999)
        staff = records.viewer(session, Role.STAFF, login="staff")
        with pytest.raises(NotPermitted):
            registered(session, staff, head)
        with pytest.raises(NotPermitted):
            queries.requests(session, staff, today=TODAY)
        away = records.viewer(session, Role.ARCHIVIST, at=records.unit(session, "FAR"), login="away")
        with pytest.raises(NotFound):
            queries.request(session, away, found.id)
        late = queries.requests(session, by, state="late", today=found.due_on + timedelta(days=1))
        assert [one.id for one in late.rows] == [found.id]
        decided(session, by, found, Verdict(False, "不属于申请人的资料"))
        assert restricted.restricted(session, [first.id]) == set()
        with pytest.raises(Refused) as twice:
            decided(session, by, found)
        assert twice.value.code == "subject.decided"


def test_who_answers_is_told_before_the_day_and_every_week_after_it(database: Database) -> None:
    """Who does not keep the register is told nothing; an answer ends it. The home page counts the same."""
    with database.unit_of_work() as session:
        by = records.viewer(session)
        staff = records.viewer(session, Role.STAFF, login="staff")
        head, *_ = filed(session)
        found = registered(session, by, head)
        soon = date(2026, 12, 8)
        assert (found.due_on, workdays.working_days_between(soon, found.due_on)) == (date(2026, 12, 11), 3)

        def told(who: Viewer, day: date) -> int:
            assert who.person_id is not None
            return tell_answers(session, who.person_id, today=day, now=NOW)

        before, last = soon - timedelta(days=1), found.due_on
        assert [told(by, day) for day in (before, soon, last)] == [0, 1, 0]
        late = [last + timedelta(days=days) for days in (1, 7, 8)]
        assert ([told(by, day) for day in late], told(staff, late[0])) == ([1, 0, 1], 0)
        kinds = session.scalars(select(Notice.kind).where(Notice.person_id == by.person_id).order_by(Notice.id)).all()
        assert kinds == ["subject-due", "subject-late", "subject-late"]
        counts = [queries.waiting_count(session, by, today=day) for day in (before, soon, late[0])]
        assert counts == [(0, 0), (1, 0), (1, 1)]
        decided(session, by, found)
        assert (told(by, late[-1] + timedelta(days=7)), queries.waiting_count(session, by, today=late[0])) == (
            0,
            (0, 0),
        )


def test_a_correction_stands_beside_the_paper_and_a_copy_is_a_certified_one(database: Database) -> None:
    """The paper itself is as it was; a copy of another household, or none, is refused."""
    with database.unit_of_work() as session:
        by = records.viewer(session)
        head, first, other = filed(session)
        was = households.item(session, by, first.id)
        wrong = registered(session, by, head, first.item_no, kind="annotate")
        decided(session, by, wrong, Verdict(True, "已附说明", annotation="户名应为王秀瑛"))
        assert [one.text for one in queries.corrections(session, [first.id, other.id])[first.id]] == ["户名应为王秀瑛"]
        assert other.id not in queries.corrections(session, [first.id, other.id])
        assert households.item(session, by, first.id) == was
        copy = registered(session, by, head, kind="copy")
        with pytest.raises(Invalid) as unknown:
            decided(session, by, copy, Verdict(True, "已交付", copy_number="ZM-NO-2026-00001"))
        assert unknown.value.code == "subject.copy-unknown"
