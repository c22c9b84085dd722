"""Papers that the program writes: what stands on them, who gets them, and that each print is on record."""

from __future__ import annotations

import io
import re
from dataclasses import replace

import pytest
from pypdf import PdfReader
from sqlalchemy import select

from archive_service import clock
from archive_service.audit.tables import AuditEntry
from archive_service.households import queries as households
from archive_service.households.tables import CasePlace, HouseholdFile, Item
from archive_service.jobs.runner import Runner
from archive_service.lifecycle import actions as lifecycle
from archive_service.people.roles import Role
from archive_service.web import labels
from archive_service.web.app import create_app
from archive_service.worker import jobs
from ingest.tables import Scan
from ingest.workshop import Workshop
from tests.subjects.test_concealed import restrict
from tests.support import records
from tests.support.faulty import Faults, FaultyStore, store_away
from tests.support.records import NOW
from tests.web.conftest import Browser, World

FILED, OPEN = "20261109801", "20261109802"


@pytest.fixture
def filed(world: World) -> str:
    """A filed case with a supplement and an empty place; return its archive code."""
    with world.services.database.unit_of_work() as session:
        at, by = records.unit(session, "A"), records.system(session)
        case = records.case(session, FILED, at=at, account_name="望江机械厂", service_address="望江路 8 号")
        items = records.everything_due(session, case)
        records.filed(session, case)
        lifecycle.reopen_case(session, FILED, purpose="change", reason="换一份", by=by, now=NOW, filing_due_workdays=3)
        taken = next(one for one in items if one.document_type == "A05")
        records.actions.withdraw_item(
            session, item_id=taken.id, reason="重复", by=by, now=NOW, today=records.TODAY
        )  # fmt: skip
        records.item(session, case, "A05")
        for step in (lifecycle.submit_case, lifecycle.accept_case, lifecycle.file_case):
            step(session, FILED, by=by, now=NOW)  # type: ignore[operator]
        code = households.case(session, by, FILED).archive_code
        assert code is not None
        return code


@pytest.fixture
def lacking(world: World) -> str:
    """A case that lacks all but one of its papers."""
    with world.services.database.unit_of_work() as session:
        case = records.case(session, OPEN, at=records.unit(session, "A"), account_name="清河面馆")
        records.item(session, case, "A05")
    return OPEN


def words(browser: Browser, address: str) -> str:
    """Return what a PDF says, without white space."""
    answer = browser.get(address)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/pdf"), answer.text
    pages = PdfReader(io.BytesIO(answer.content)).pages
    return re.sub(r"\s", "", "".join(page.extract_text() for page in pages))


def prints(world: World) -> list[dict[str, object]]:
    """Return what the trail says of prints."""
    with world.services.database.reading() as session:
        return list(
            session.scalars(select(AuditEntry.facts).where(AuditEntry.did == "paper.printed").order_by(AuditEntry.seq))
        )


def test_the_notice_names_what_lacks_by_stage_and_hand_with_its_rule(
    world: World, browser: Browser, lacking: str
) -> None:
    said = words(browser, f"/cases/{lacking}/papers/notice.pdf")
    with world.services.database.reading() as session:
        verdicts = households.case(session, records.system(session), lacking).verdicts
    kinds = labels.document_types()
    missing = [one for one in verdicts if one.due and one.status == "missing" and not one.document_type.startswith("X")]
    assert len(missing) > 3
    for one in missing:
        assert re.sub(r"\s", "", labels.Labels("zh").document_type(one.document_type)) in said
        assert re.sub(r"\s", "", one.reason.rstrip("。")) in said
    theirs = [one for one in missing if kinds[one.document_type].origin != "utility"]
    assert 0 < len(theirs) < len(missing)
    assert f"还有下列{len(theirs)}项资料" in said
    assert "不需要您提供" in said
    assert "X01" not in said
    assert "由客户办理" in said
    assert "清河面馆" in said
    assert prints(world) == [{"paper": "notice", "account_no": said_account(said), "application_no": lacking}]


def said_account(said: str) -> str:
    """Return the account number in the head of a paper."""
    found = re.search(r"户号(\d{10})", said)
    assert found is not None
    return found[1]


def test_a_notice_of_a_complete_case_says_that_nothing_lacks(browser: Browser, filed: str) -> None:
    assert "没有要您补的资料。" in words(browser, f"/cases/{FILED}/papers/notice.pdf")


def test_a_transfer_list_says_who_gave_who_took_and_when(world: World, browser: Browser, lacking: str) -> None:
    with world.services.database.unit_of_work() as session:
        giver = records.viewer(session, Role.STAFF, at=records.unit(session, "A"), login="giver")
        lifecycle.submit_case(session, lacking, by=giver, now=NOW, note="先交一件")
    said = words(browser, f"/cases/{lacking}/papers/transfer.pdf")
    assert "第1次移交" in said
    assert f"系统确认：{giver.actor.name}2026-11-20" in said
    assert "尚未签收（签收期限2026-11-23）" in said
    assert "移交说明：先交一件" in said
    with world.services.database.unit_of_work() as session:
        lifecycle.accept_case(session, lacking, by=records.system(session), now=NOW)
    assert "系统确认：系统2026-11-20" in words(browser, f"/cases/{lacking}/papers/transfer.pdf?round=1")


def test_a_transfer_list_of_no_hand_over_is_refused_in_words(browser: Browser, lacking: str) -> None:
    answer = browser.get(f"/cases/{lacking}/papers/transfer.pdf")
    assert answer.status_code == 409
    assert "没有移交清单可打印" in answer.text


def test_the_contents_list_has_every_place_with_its_code_and_the_empty_one(browser: Browser, filed: str) -> None:
    said = words(browser, f"/cases/{FILED}/papers/contents.pdf")
    places = sorted(int(one) for one in re.findall(re.escape(filed) + r"-(\d{3})", said))
    assert places == list(range(1, len(places) + 1))
    assert said.count("启封后撤出") == 1


def test_a_print_names_no_paper_that_is_stored_only(world: World, browser: Browser, filed: str) -> None:
    """Its place and type stay on the list; also who has it open prints no title, for a print outlasts the opening."""
    with world.services.database.unit_of_work() as session:
        of_case = select(Item).join(CasePlace, CasePlace.item_id == Item.id).where(Item.state == "filed")
        paper = session.scalars(of_case.order_by(Item.id)).first()
        assert paper is not None
        paper.title, item_id, number, head_id = "王秀英身份证", paper.id, paper.item_no, paper.household_id
    contents = f"/cases/{FILED}/papers/contents.pdf"
    assert "王秀英身份证" in words(browser, contents)
    with world.services.database.unit_of_work() as session:
        restrict(session, records.system(session), session.get_one(HouseholdFile, head_id), number)
    assert browser.submit(f"/items/{item_id}/open", reason="核对身份").status_code == 303
    said = words(browser, contents)
    assert ("王秀英" in said, "仅存储" in said) == (False, True)


def test_the_file_note_counts_pages_supplements_and_empty_places(browser: Browser, filed: str) -> None:
    said = words(browser, f"/cases/{FILED}/papers/note.pdf")
    assert "第1次补充" in said
    assert "没有空位" not in said
    assert "换一份" in said
    assert re.search(r"本卷共\d+件，\d+页。", said)


def test_lists_hold_the_cases_that_the_filters_let_through(
    world: World, browser: Browser, filed: str, lacking: str
) -> None:
    ledger = words(browser, "/cases/print/ledger.pdf?state=filed")
    assert filed in ledger
    assert lacking not in ledger
    by_place = words(browser, "/cases/print/index-place.pdf")
    assert "望江路8号" in by_place
    assert "清河面馆" in by_place
    assert world.far.account_no not in by_place
    assert filed in words(browser, "/cases/print/box.pdf")
    assert prints(world)[0] == {"paper": "ledger", "rows": 1, "filters": {"state": "filed"}}


def test_a_list_of_nothing_says_so_and_labels_of_nothing_are_refused(browser: Browser) -> None:
    assert "没有符合条件的案件。" in words(browser, "/cases/print/ledger.pdf?q=nobody")
    assert browser.get("/cases/print/spine.pdf?q=nobody").status_code == 409
    assert browser.get("/cases/print/nothing.pdf").status_code == 404


def test_papers_speak_the_language_of_the_page(browser: Browser, filed: str) -> None:
    browser.submit("/me/preferences", name="language", value="en", next="/me")
    said = words(browser, f"/cases/{FILED}/papers/contents.pdf")
    assert "Page1of" in said
    assert "Contentslist" in said


def test_what_a_case_cannot_print_yet_is_said_on_its_page(browser: Browser, lacking: str) -> None:
    page = browser.get(f"/cases/{lacking}/papers").text
    assert "移交后才能打印" in page
    assert "/papers/notice.pdf" in page
    assert "/papers/box.pdf" not in page


def test_another_centre_prints_nothing_and_nothing_is_on_record(world: World, browser: Browser) -> None:
    assert browser.get(f"/cases/{world.far.application_no}/papers/contents.pdf").status_code == 404
    assert prints(world) == []


def test_the_interface_gives_the_same_papers(world: World, browser: Browser, filed: str) -> None:
    for address in (f"/api/v1/cases/{FILED}/papers/spine.pdf", "/api/v1/papers/index-account.pdf?state=filed"):
        assert filed in words(browser, address)
    assert len(prints(world)) == 2
    (case,) = browser.get("/api/v1/cases?state=filed").json()["cases"]
    assert case["archive_code"] == filed


def worked_off(world: World) -> None:
    """Do the jobs that are queued, as a worker would, until none is left."""
    services = world.services
    workshop = Workshop(services.settings, services.database, services.store, now=clock.now, today=clock.today)
    runner = Runner(
        services.database, jobs.handlers(workshop), "worker", jobs.QUEUES, services.settings.lease_s, clock.now
    )  # fmt: skip
    while runner.run_one():
        continue


def waiting(world: World) -> int:
    """Return how many files were handed in for the case that lacks papers."""
    with world.services.database.reading() as session:
        return len(session.scalars(select(Scan.id).where(Scan.said_application_no == OPEN)).all())


def test_a_contents_list_is_written_and_becomes_a_paper_of_its_case(
    world: World, browser: Browser, lacking: str
) -> None:
    """It is on record who had it written, it goes the way of every scan, and a second time it is not filed."""
    answer = browser.submit(f"/cases/{lacking}/papers/contents/file")
    assert (answer.status_code, answer.headers["location"]) == (303, f"/cases/{lacking}/papers?done=paper-written")
    worked_off(world)
    with world.services.database.reading() as session:
        case = households.case(session, records.system(session), lacking)
        (paper,) = [
            one for one in households.household(session, records.system(session), case.account_no).items
            if one.document_type == "X01"
        ]  # fmt: skip
        assert paper.application_no == lacking
        verdict = next(one for one in case.verdicts if one.document_type == "X01")
        # Nobody has signed it yet, and the catalogue wants it signed.
        assert (verdict.status, verdict.evidence) == ("doubtful", (paper.id,))
        assert "立卷人" in verdict.reason
        (told,) = session.scalars(select(AuditEntry.facts).where(AuditEntry.did == "paper.written")).all()
        assert (told["paper"], told["document_type"], told["application_no"]) == ("contents", "X01", lacking)
    again = browser.submit(f"/cases/{lacking}/papers/contents/file")
    assert again.status_code == 409
    assert "没有重复归档" in again.text
    assert waiting(world) == 1


def test_a_paper_that_is_on_its_way_is_not_handed_in_twice(world: World, browser: Browser, lacking: str) -> None:
    """Pressed twice before a worker came: one file, one batch, and the page says why."""
    browser.submit(f"/cases/{lacking}/papers/notice/file")
    answer = browser.submit(f"/cases/{lacking}/papers/notice/file")
    assert answer.headers["location"].endswith("?done=paper-there")
    assert "没有重复归档" in browser.get(answer.headers["location"]).text
    assert waiting(world) == 1


@pytest.mark.parametrize("what", ["put", "put-half", "put-done"])
def test_a_paper_that_could_not_be_kept_is_not_said_to_be_written(world: World, lacking: str, what: str) -> None:
    """Stopped before it is received, nothing says that there is such a paper; a second try makes it."""
    faults = Faults()
    services = replace(world.services, store=FaultyStore(world.services.store, faults))
    with Browser(create_app(services), base_url="http://archive.test", follow_redirects=False) as browser:
        browser.sign_in("archivist")
        faults.arm(what, store_away)
        assert browser.submit(f"/cases/{lacking}/papers/contents/file").status_code == 503
        assert faults.thrown == 1
        assert (waiting(world), written(world)) == (0, 0)
        answer = browser.submit(f"/cases/{lacking}/papers/contents/file")
        assert answer.headers["location"].endswith("?done=paper-written")
        assert (waiting(world), written(world)) == (1, 1)


def written(world: World) -> int:
    """Return how many papers are on record as written."""
    with world.services.database.reading() as session:
        return len(session.scalars(select(AuditEntry.seq).where(AuditEntry.did == "paper.written")).all())


def test_what_the_catalogue_does_not_ask_for_is_not_filed(browser: Browser, lacking: str, filed: str) -> None:
    """Labels are no papers of a case, a filed case takes none, a hand-over that was not has no list."""
    assert browser.submit(f"/cases/{lacking}/papers/box/file").status_code == 404
    assert browser.submit(f"/cases/{FILED}/papers/note/file").status_code == 409
    assert browser.submit(f"/cases/{lacking}/papers/transfer/file").status_code == 409


def test_only_who_hands_in_scans_has_papers_filed(world: World, browser: Browser, lacking: str) -> None:
    """Somebody who only reads prints."""
    browser.sign_in("unit_head")
    assert "生成并归档" not in browser.get(f"/cases/{lacking}/papers").text
    assert browser.submit(f"/cases/{lacking}/papers/contents/file").status_code == 403
    assert waiting(world) == 0
