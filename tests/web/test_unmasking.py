"""Personal data unmasked by a person for a while, for a reason, and masked again by itself."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from archive_service import clock
from archive_service.audit.tables import AuditEntry
from archive_service.households.tables import Unmasking
from tests.web.conftest import ID_NUMBER, PHONE, Browser, World


@pytest.fixture
def auditor(world: World) -> Iterator[Browser]:
    """An auditor above both centres, who may unmask."""
    with Browser(world.app, base_url="http://archive.test", follow_redirects=False) as browser:
        yield browser.sign_in("auditor")


def entries(world: World, did: str) -> list[AuditEntry]:
    with world.services.database.reading() as session:
        return list(session.query(AuditEntry).filter_by(did=did).order_by(AuditEntry.seq))


def test_an_auditor_sees_masked_until_a_purpose_and_a_reason_are_given(world: World, auditor: Browser) -> None:
    """Then fields, text and image of this household alone; the trail has who, what, when and why."""
    near, item = world.near, f"/items/{world.near.personal_item}"
    assert ID_NUMBER not in auditor.get(item).text
    assert auditor.get(f"{item}/pages/1/image").status_code == 403
    assert f"/households/{near.account_no}/unmask" in auditor.get(item).text
    form = {"purpose": "inspection", "reason": "稽查单 2026-118", "next": f"{item}?page=1"}
    answer = auditor.submit(f"/households/{near.account_no}/unmask", **form)
    assert (answer.status_code, answer.headers["location"]) == (303, f"{item}?page=1")
    page = auditor.get(item).text
    assert ID_NUMBER in page
    assert "还剩 15 分钟" in page
    assert auditor.get(f"{item}/pages/1/image").headers["content-type"] == "image/jpeg"
    assert ID_NUMBER not in auditor.get(f"/items/{world.far.personal_item}").text
    (entry,) = entries(world, "household.unmasked")
    assert (entry.person_name, entry.facts["purpose"], entry.facts["reason"]) == (
        "张三",
        "inspection",
        "稽查单 2026-118",
    )
    assert entry.facts["account_no"] == near.account_no


def test_it_ends_by_itself_when_the_time_is_up(world: World, auditor: Browser) -> None:
    """Nobody has to do anything for it."""
    address = f"/households/{world.near.account_no}/unmask"
    auditor.submit(address, purpose="complaint", reason="投诉单 77 号")
    assert ID_NUMBER in auditor.get(f"/items/{world.near.personal_item}").text
    with world.services.database.unit_of_work() as session:
        session.query(Unmasking).one().until = clock.now() - timedelta(seconds=1)
    assert ID_NUMBER not in auditor.get(f"/items/{world.near.personal_item}").text


def test_a_person_can_end_it_before_its_time(world: World, auditor: Browser) -> None:
    """On the page or by a program; both go on record."""
    near = world.near
    auditor.submit(f"/households/{near.account_no}/unmask", purpose="judicial", reason="协查函 12 号")
    assert auditor.submit(f"/households/{near.account_no}/mask-again").status_code == 303
    assert PHONE not in auditor.get(f"/items/{near.internal_item}").text
    assert len(entries(world, "household.masked-again")) == 1


@pytest.mark.parametrize(
    ("form", "code"),
    [({"purpose": "", "reason": "稽查单 118"}, "用途"), ({"purpose": "inspection", "reason": "看"}, "为什么要看")],
)
def test_without_purpose_or_reason_nothing_is_unmasked(
    world: World, auditor: Browser, form: dict[str, str], code: str
) -> None:
    """The form comes back with what was typed and says what is missing."""
    answer = auditor.submit(f"/households/{world.near.account_no}/unmask", **form)
    assert answer.status_code == 422
    assert code in answer.text
    assert form["reason"] in answer.text
    assert ID_NUMBER not in auditor.get(f"/items/{world.near.personal_item}").text


def test_who_lacks_the_right_unmasks_nothing(world: World, staff: Browser) -> None:
    """Neither on the page nor by a program, and no link offers it."""
    near = world.near
    assert staff.get(f"/households/{near.account_no}/unmask").status_code == 403
    form = {"purpose": "inspection", "reason": "稽查单 118"}
    assert staff.submit(f"/households/{near.account_no}/unmask", **form).status_code == 403
    token = {"X-Form-Token": staff.token}
    assert staff.post(f"/api/v1/households/{near.account_no}/unmask", json=form, headers=token).status_code == 403
    assert "/unmask" not in staff.get(f"/households/{near.account_no}").text
    assert staff.submit(f"/households/{world.far.account_no}/unmask", **form).status_code == 404


def test_a_program_unmasks_and_masks_again(world: World, auditor: Browser) -> None:
    """The interface says until when."""
    address, token = f"/api/v1/households/{world.near.account_no}", {"X-Form-Token": auditor.token}
    before = auditor.get(address).json()
    assert (before["masked"], before["unmasked_until"]) == (True, None)
    given = {"purpose": "inspection", "reason": "稽查单 118"}
    until = auditor.post(f"{address}/unmask", json=given, headers=token).json()["until"]
    during = auditor.get(address).json()
    assert (during["masked"], during["unmasked_until"]) == (False, until)
    assert auditor.delete(f"{address}/unmask", headers=token).json()["until"] is None
    assert auditor.get(address).json()["masked"] is True


def test_a_reason_keeps_no_personal_number(world: World, auditor: Browser) -> None:
    """Auditors of the trail read what was done, not whose number it was."""
    form = {"purpose": "inspection", "reason": f"查 {ID_NUMBER}"}
    auditor.submit(f"/households/{world.near.account_no}/unmask", **form)
    assert ID_NUMBER not in str(entries(world, "household.unmasked")[0].facts)


def test_each_opening_of_a_file_is_on_record(world: World, staff: Browser) -> None:
    """Whoever looks, at pages or through the interface; lists are no reading, a paper is one of its own."""
    near = world.near
    staff.get("/cases")
    assert entries(world, "household.read") == []
    for address in (
        f"/households/{near.account_no}",
        f"/items/{near.internal_item}",
        f"/api/v1/households/{near.account_no}",
    ):
        assert staff.get(address).status_code == 200
    page, program = entries(world, "household.read")
    assert page.facts == program.facts == {"account_no": near.account_no, "unmasked": False, "from": "testclient"}
    assert "household.read" not in staff.get(f"/households/{near.account_no}/history").text
