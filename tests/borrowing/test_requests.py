"""Asking, deciding and reading, case by case: bad baskets, letters, emergencies, parts approved, ends to the minute."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from archive_service.audit.tables import AuditEntry
from archive_service.borrowing import actions, queries
from archive_service.borrowing.actions import Wish
from archive_service.borrowing.tables import LoanDecision, LoanRequest, LoanWish, ReadingGrant
from archive_service.db.session import Database
from archive_service.errors import ArchiveError, Invalid, NotPermitted, Refused
from archive_service.households.tables import Item
from archive_service.people import actions as people
from archive_service.people.actions.grants import Term
from archive_service.people.roles import Role
from archive_service.storage.tables import StoredObject
from tests.borrowing import world as worlds
from tests.borrowing.world import ask, wish
from tests.support import records
from tests.support.records import NOW

MINUTE = timedelta(minutes=1)


def state(session: object, wish_id: int) -> str:
    return session.scalars(select(LoanWish.state).where(LoanWish.id == wish_id)).one()  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("code", "wished", "said"),
    [
        ("loan.days", {"days": 0}, {}),
        ("loan.days", {"days": -3}, {}),
        ("loan.days", {"days": 8}, {}),
        ("loan.days", {"days": 11, "way": "paper"}, {}),
        ("loan.way", {"way": "fax"}, {}),
        ("loan.prints", {"way": "print", "prints": 0}, {}),
        ("loan.purpose", {}, {"purpose": "curiosity"}),
        ("loan.words", {}, {"words": " "}),
        ("loan.words", {}, {"words": "长" * 501}),
        ("loan.letter", {}, {"on_behalf_of": "市中级人民法院"}),
        ("loan.letter", {}, {"purpose": "judicial"}),
        ("loan.letter-unknown", {}, {"purpose": "judicial", "letter_digest": "e" * 64}),
        ("loan.papers-not-found", {"item_nos": (99,)}, {}),
        ("item.page-not-found", {"pages": (7,), "one": True}, {}),
        ("loan.paper-pages", {"pages": (1,), "one": True, "way": "paper"}, {}),
        ("loan.paper-pages", {"pages": (1,)}, {}),
        ("household.not-found", {"account_no": "3399999999"}, {}),
        ("loan.emergency", {"way": "paper", "days": 5}, {"emergency": True}),
    ],
)
def test_what_cannot_be_asked_leaves_nothing_behind(
    database: Database, code: str, wished: dict[str, object], said: dict[str, object]
) -> None:
    with database.unit_of_work() as session:
        world = worlds.build(session)
    numbers = [world.numbers[one] for one in world.items["A"]]
    numbers = numbers[:1] if wished.pop("one", False) else numbers
    given = {"account_no": world.accounts["A"], "way": "screen", "days": 1, "item_nos": numbers, **wished}
    with pytest.raises(ArchiveError) as refused, database.unit_of_work() as session:
        ask(session, world, "staff", Wish(**given), **said)  # type: ignore[arg-type]
    assert refused.value.code == code
    assert "请" in refused.value.message
    with database.reading() as session:
        assert session.scalars(select(LoanRequest.id)).all() == []


def test_a_basket_of_several_units_is_decided_line_by_line(database: Database) -> None:
    """The archivist of A decides about A's file and knows nothing of B's; B's head decides about that."""
    with database.unit_of_work() as session:
        world = worlds.build(session)
        own, far = ask(session, world, "staff", wish(world, "A"), wish(world, "B"))
        archivist, far_head = world.viewer(session, "archivist"), world.viewer(session, "far_head")
        assert [one.id for one in queries.to_decide(session, archivist, NOW)] == [own]
        assert [one.id for one in queries.to_decide(session, far_head, NOW)] == [far]
        with pytest.raises(ArchiveError) as refused:
            actions.decide(session, archivist, far, approve=True, now=NOW)
        assert refused.value.code == "loan.not-found"
        with pytest.raises(NotPermitted) as refused:
            actions.decide(session, world.viewer(session, "far_archivist"), far, approve=True, now=NOW)
        assert refused.value.code == "loan.not-decider"
        actions.decide(session, far_head, far, approve=False, words="与事由不符", now=NOW)
        assert (state(session, own), state(session, far)) == ("asked", "refused")


def test_more_than_a_basket_holds_is_refused_and_500_papers_at_once_too(database: Database) -> None:
    with database.unit_of_work() as session:
        world = worlds.build(session)
        with pytest.raises(Invalid) as refused:
            ask(session, world, "staff", *[wish(world)] * 500)
        assert refused.value.code == "loan.too-many"
        with pytest.raises(Invalid) as refused:
            ask(session, world, "staff")
        assert refused.value.code == "loan.empty"


def test_files_asked_for_in_pieces_count_together_for_a_day(database: Database) -> None:
    """The twenty-first file of a day goes to the top, the next day the first one is a first one again."""
    with database.unit_of_work() as session:
        world = worlds.build(session)
        at = records.unit(session, "A")
        for _ in range(21):
            case = records.case(session, at=at)
            records.item(session, case)
            account = case.household.account_no
            last = ask(session, world, "staff", Wish(account, "screen", 1))[0]
        levels = session.scalars(select(LoanWish.level).order_by(LoanWish.id)).all()
        assert levels == ["archivist"] * 20 + ["leader"]
        assert [one.id for one in queries.to_decide(session, world.viewer(session, "leader"), NOW)] == [last]
        later = ask(session, world, "staff", wish(world), now=NOW + timedelta(days=1))[0]
        assert session.get_one(LoanWish, later).level == "archivist"


def test_a_masked_page_of_a_public_paper_is_open_at_once(database: Database) -> None:
    with database.unit_of_work() as session:
        world = worlds.build(session)
        item = world.items["A"][1]
        session.get_one(Item, item).sensitivity = "public"
        session.flush()
        wished = Wish(world.accounts["A"], "screen", 1, item_nos=[world.numbers[item]], pages=[2])
        one = ask(session, world, "staff", wished)
        viewer = world.viewer(session, "staff")
        found = queries.may_read_page(session, viewer, item, 2, NOW)
        assert found is not None
        assert found.masked
        assert queries.may_read_page(session, viewer, item, 1, NOW) is None
        assert state(session, one[0]) == "approved"
        assert session.scalars(select(LoanDecision.decided_by)).all() == [None]


def test_the_pages_that_were_approved_are_read_by_who_asked_until_the_minute(database: Database) -> None:
    with database.unit_of_work() as session:
        world = worlds.build(session)
        one = ask(session, world, "staff", wish(world, "A", "screen", 2))[0]
        pages = [page for page in world.pages if page[0] == world.items["A"][1]]
        archivist, staff = world.viewer(session, "archivist"), world.viewer(session, "staff")
        with pytest.raises(Invalid):
            actions.decide(session, archivist, one, approve=True, pages=[(world.items["B"][0], 1)], now=NOW)
        made = actions.decide(session, archivist, one, approve=True, pages=pages, words="只看合同", now=NOW)
        assert made.outcome == "partial"
        end = NOW + timedelta(days=2)
        for page in world.pages:
            for who in worlds.PEOPLE:
                may = queries.may_read_page(session, world.viewer(session, who), *page, NOW) is not None
                assert may == (who == "staff" and page in pages), (who, page)
        assert queries.may_read_page(session, staff, *pages[0], end - MINUTE) is not None
        assert queries.may_read_page(session, staff, *pages[0], end) is None
        assert queries.may_read_page(session, staff, *pages[0], NOW - MINUTE) is None
        session.execute(update(Item).where(Item.id == pages[0][0]).values(state="withdrawn"))
        assert queries.may_read_page(session, staff, *pages[0], NOW) is None


def test_nobody_decides_their_own_and_the_database_says_so_too(database: Database) -> None:
    with database.unit_of_work() as session:
        world = worlds.build(session)
        one = ask(session, world, "archivist", wish(world))[0]
        with pytest.raises(NotPermitted) as refused:
            actions.decide(session, world.viewer(session, "archivist"), one, approve=True, now=NOW)
        assert refused.value.code == "loan.own"
        assert queries.to_decide(session, world.viewer(session, "archivist"), NOW) == []
        asker = world.people["archivist"]
        own = LoanDecision(
            wish_id=one, asker_id=asker, decided_by=asker, level="archivist", outcome="approved", words="",
            after=False, decided_at=NOW,
        )  # fmt: skip
        inside = session.begin_nested()
        session.add(own)
        with pytest.raises(IntegrityError):
            session.flush()
        inside.rollback()
        actions.decide(session, world.viewer(session, "other_archivist"), one, approve=True, now=NOW)


def test_a_deputy_decides_for_the_head_but_not_what_the_head_asked_for(database: Database) -> None:
    with database.unit_of_work() as session:
        world = worlds.build(session)
        term = Term(date(2026, 11, 20), date(2026, 11, 24), world.people["far_head"])
        people.grant_role(
            session, person_id=world.people["far_archivist"], role=Role.UNIT_HEAD, unit_id=world.units["B"],
            by=records.system(session), now=NOW, term=term,
        )  # fmt: skip
        of_staff = ask(session, world, "staff", wish(world, "B"))[0]
        deputy = world.viewer(session, "far_archivist")
        made = actions.decide(session, deputy, of_staff, approve=True, now=NOW)
        assert made.deputy_for == world.people["far_head"]
        sensitive = session.get_one(Item, world.items["B"][0])
        sensitive.sensitivity = "sensitive"
        session.flush()
        of_head = ask(session, world, "far_head", wish(world, "B", unmasked=True))[0]
        with pytest.raises(NotPermitted) as refused:
            actions.decide(session, deputy, of_head, approve=True, now=NOW)
        assert refused.value.code == "loan.not-decider"
        later = NOW + timedelta(days=5)
        again = ask(session, world, "staff", wish(world, "B"), now=later)[0]
        with pytest.raises(NotPermitted):
            actions.decide(session, world.viewer(session, "far_archivist", later), again, approve=True, now=later)


def test_two_decide_at_once_and_the_second_hears_of_it(database: Database) -> None:
    with database.unit_of_work() as session:
        world = worlds.build(session)
        one = ask(session, world, "staff", wish(world))[0]
        actions.decide(session, world.viewer(session, "archivist"), one, approve=True, now=NOW)
        with pytest.raises(Refused) as refused:
            actions.decide(session, world.viewer(session, "other_archivist"), one, approve=False, words="不行", now=NOW)
        assert refused.value.code == "loan.decided"
        two = ask(session, world, "staff", wish(world))[0]
        actions.withdraw(session, world.viewer(session, "staff"), two, now=NOW)
        with pytest.raises(Refused) as refused:
            actions.decide(session, world.viewer(session, "archivist"), two, approve=True, now=NOW)
        assert "撤回" in refused.value.message


def test_an_emergency_is_read_first_and_waits_for_its_approval(database: Database) -> None:
    """A second one is refused until the first is decided; refused, its pages close at once."""
    with database.unit_of_work() as session:
        world = worlds.build(session)
        one = ask(session, world, "staff", wish(world), emergency=True)[0]
        page = world.pages[0]
        staff = world.viewer(session, "staff")
        assert queries.may_read_page(session, staff, *page, NOW) is not None
        assert [each.after_approval for each in queries.own_wishes(session, staff)] == [True]
        with pytest.raises(Refused) as refused:
            ask(session, world, "staff", wish(world), emergency=True)
        assert refused.value.code == "loan.emergency-waiting"
        with pytest.raises(Refused) as refused:
            actions.withdraw(session, staff, one, now=NOW)
        assert refused.value.code == "loan.emergency-read"
        later = NOW + timedelta(days=2)
        assert actions.end_due(session, now=later) == 1
        assert queries.may_read_page(session, staff, *page, later) is None
        assert state(session, one) == "asked"
        archivist = world.viewer(session, "archivist")
        made = actions.decide(session, archivist, one, approve=False, words="不是紧急情况", now=later)
        assert made.after
        ask(session, world, "staff", wish(world), emergency=True, now=later)


def test_prints_are_counted_and_each_page_stands_in_the_register(database: Database) -> None:
    with database.unit_of_work() as session:
        world = worlds.build(session)
        one = ask(session, world, "staff", wish(world, "A", "print"))[0]
        actions.decide(session, world.viewer(session, "archivist"), one, approve=True, now=NOW)
        staff = world.viewer(session, "staff")
        for page in world.pages[:3]:
            actions.note_page(session, staff, *page, now=NOW)
            actions.note_page(session, staff, *page, now=NOW, printed=True)
        with pytest.raises(Refused) as refused:
            actions.note_page(session, staff, *world.pages[0], now=NOW, printed=True)
        assert refused.value.code == "reading.prints"
        more = ask(session, world, "staff", wish(world, "A", "print"))[0]
        actions.decide(session, world.viewer(session, "archivist"), more, approve=True, now=NOW)
        found = actions.note_page(session, staff, *world.pages[0], now=NOW, printed=True)
        assert (found.wish_id, found.prints_left) == (more, 3)
        with pytest.raises(NotPermitted) as refused:
            actions.note_page(session, staff, world.items["B"][0], 1, now=NOW)
        assert refused.value.code == "reading.none"
        register = queries.readings(session, world.viewer(session, "head"))
        assert [row.printed for row in register] == [True, *[True, False] * 3]
        assert {(row.person_id, row.purpose) for row in register} == {(world.people["staff"], "customer-service")}
        assert queries.readings(session, world.viewer(session, "far_head")) == []
        verbs = session.scalars(select(AuditEntry.did).where(AuditEntry.at == NOW)).all()
        assert (verbs.count("page.printed"), verbs.count("household.read")) == (4, 1)


def test_a_reading_ends_with_the_role_and_with_the_account(database: Database) -> None:
    with database.unit_of_work() as session:
        world = worlds.build(session)
        system = records.system(session)
        ids = [ask(session, world, who, wish(world))[0] for who in ("staff", "second")]
        for one in ids:
            actions.decide(session, world.viewer(session, "archivist"), one, approve=True, now=NOW)
        before = world.viewer(session, "second")
        role = {"person_id": world.people["staff"], "role": Role.STAFF, "unit_id": world.units["A"]}
        people.revoke_role(session, by=system, now=NOW, **role)  # type: ignore[arg-type]
        people.set_active(
            session, person_id=world.people["second"], active=False, by=system, now=NOW, reason="调离本单位"
        )
        page = world.pages[0]
        assert queries.may_read_page(session, world.viewer(session, "staff"), *page, NOW) is None
        # Even with the rights that somebody had a moment ago.
        assert queries.may_read_page(session, before, *page, NOW) is None
        assert actions.end_due(session, now=NOW) == 2
        assert set(session.scalars(select(ReadingGrant.ended_why))) == {"role-lost"}
        people.grant_role(session, by=system, now=NOW, **role)  # type: ignore[arg-type]
        assert queries.may_read_page(session, world.viewer(session, "staff"), *page, NOW) is None


def test_a_letter_of_a_court_that_is_in_the_store_goes_to_the_head(database: Database) -> None:
    with database.unit_of_work() as session:
        world = worlds.build(session)
        session.add(
            StoredObject(digest="e" * 64, size_bytes=9, role="original", media_type="application/pdf", stored_at=NOW)
        )
        session.flush()
        said = {"purpose": "judicial", "letter_digest": "e" * 64}
        one = ask(session, world, "staff", wish(world), **said)[0]
        assert session.get_one(LoanWish, one).level == "unit_head"
        outside = ask(session, world, "staff", wish(world), on_behalf_of="市中级人民法院", **said)[0]
        assert session.get_one(LoanWish, outside).level == "manager"
