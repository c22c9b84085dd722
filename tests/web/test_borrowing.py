"""Borrowing on the pages: asked, decided, read under one's own name, given back, handed over the counter."""

from __future__ import annotations

import hashlib
import random
import re
import threading
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest
from sqlalchemy import func, select

from archive_service import clock
from archive_service.borrowing.tables import LoanRequest, LoanWish, PageReading, PaperLoan, ReadingGrant
from archive_service.households.tables import CaseFile, Item
from archive_service.people.roles import Role
from archive_service.storage.tables import StoredObject
from ingest.ocr import images
from ingest.ocr.reader import Reader
from tests.ingest.ocr.conftest import draw_page
from tests.support import records
from tests.support.stored_pages import stored_page
from tests.web.conftest import Browser, World, flat

NEXT_STEP = re.compile(r"请|不用")


def ask(browser: Browser, world: World, **said: str) -> httpx.Response:
    """Send the form for the personal paper of centre A, with what is said otherwise."""
    given = {
        "act": "send", "lines": personal(world), "purpose": "inspection", "words": "核对用电性质", "way": "screen",
        "days": "1",
    }  # fmt: skip
    return browser.submit("/loans/ask", **{**given, **said})


def personal(world: World) -> str:
    """The line of the personal paper."""
    with world.services.database.reading() as session:
        item = session.get_one(Item, world.near.personal_item)
        return f"{world.near.account_no}||{item.item_no}"


def newest(world: World) -> LoanWish:
    """The line that was asked for last."""
    with world.services.database.reading() as session:
        return session.scalars(select(LoanWish).order_by(LoanWish.id.desc()).limit(1)).one()


def asked(world: World) -> int:
    with world.services.database.reading() as session:
        return session.scalar(select(func.count()).select_from(LoanRequest)) or 0


def other(world: World, login: str, role: Role) -> Browser:
    """Somebody else of centre A, signed in."""
    with world.services.database.unit_of_work() as session:
        records.person(session, login, roles=[role], at=records.unit(session, "A"))
    return Browser(world.app, base_url="http://archive.test", follow_redirects=False).sign_in(login)


def approved(world: World, browser: Browser, **said: str) -> LoanWish:
    """What `browser` asked for and the archivist approved."""
    answer = ask(browser, world, **said)
    assert answer.status_code == 303, answer.text
    wish = newest(world)
    keeper = Browser(world.app, base_url="http://archive.test", follow_redirects=False).sign_in("archivist")
    decided = keeper.submit(f"/loans/wishes/{wish.id}/decide", act="approve")
    assert decided.status_code == 303, decided.text
    return wish


@pytest.fixture
def contract(world: World) -> int:
    """A paper of two pages, one of them as large and full as those that come from a scanner."""
    with world.services.database.unit_of_work() as session:
        store, item = world.services.store, session.get_one(Item, world.near.internal_item)
        case = session.get_one(CaseFile, item.case_id)
        pages = [stored_page(store, text, 70 + n) for n, text in enumerate(("供用电合同", "签章处"))]
        drawn = draw_page().jpeg()
        height, width = images.decode(drawn).shape[:2]
        large = {"image_digest": store.put_bytes(drawn).digest, "width_px": width, "height_px": height}
        pages[0] = replace(pages[0], **large)
        made = records.item(session, case, "K01L", pages=pages)
        made.sensitivity = "personal"
        return made.id


def test_what_was_approved_is_read_under_ones_name_and_given_back(world: World, staff: Browser) -> None:
    near = world.near
    assert staff.get(f"/items/{near.personal_item}/pages/1/image").status_code == 403
    wish = approved(world, staff)
    assert staff.get(f"/items/{near.personal_item}").headers["location"] == f"/readings/{near.personal_item}?page=1"
    page = staff.get(f"/readings/{near.personal_item}?page=1")
    assert page.status_code == 200
    assert page.headers["cache-control"] == "no-store"
    picture = staff.get(f"/readings/{near.personal_item}/pages/1/image")
    assert (picture.status_code, picture.headers["content-type"]) == (200, "image/jpeg")
    assert picture.headers["cache-control"] == "no-store"
    with world.services.database.reading() as session:
        read = session.scalars(select(PageReading)).one()
        assert (read.item_id, read.page_no, read.purpose, read.printed) == (near.personal_item, 1, "inspection", False)
        grant = session.scalars(select(ReadingGrant).where(ReadingGrant.wish_id == wish.id)).one()
    assert staff.submit(f"/loans/grants/{grant.id}/end").status_code == 303
    over = staff.get(f"/readings/{near.personal_item}/pages/1/image")
    assert over.status_code == 403
    assert "借阅时间已到" in over.text
    # Nothing more is on record than was shown.
    with world.services.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(PageReading)) == 1


def test_the_page_after_the_end_is_refused_to_who_has_the_one_before(
    world: World, staff: Browser, contract: int
) -> None:
    with world.services.database.reading() as session:
        number = session.get_one(Item, contract).item_no
    wish = approved(world, staff, lines=f"{world.near.account_no}||{number}")
    assert staff.get(f"/readings/{contract}/pages/1/image").status_code == 200
    with world.services.database.unit_of_work() as session:
        grant = session.scalars(select(ReadingGrant).where(ReadingGrant.wish_id == wish.id)).one()
        grant.begins_at, grant.ends_at = clock.now() - timedelta(hours=1), clock.now()
    for address in (f"/readings/{contract}?page=2", f"/readings/{contract}/pages/2/image"):
        assert staff.get(address).status_code == 403, address


def test_only_the_pages_that_were_approved_are_open_and_a_link_opens_nothing_to_others(
    world: World, staff: Browser, browser: Browser, contract: int
) -> None:
    with world.services.database.reading() as session:
        number = session.get_one(Item, contract).item_no
    ask(staff, world, lines=f"{world.near.account_no}||{number}")
    wish = newest(world)
    form = {"act": "approve", "by_page": "1", f"page-{contract}-2": "1", "words": "只看签章页"}
    assert browser.submit(f"/loans/wishes/{wish.id}/decide", **form).status_code == 303
    assert "批准其中几页" in staff.get(f"/loans/requests/{wish.request_id}").text
    assert staff.get(f"/readings/{contract}/pages/2/image").status_code == 200
    assert staff.get(f"/readings/{contract}/pages/1/image").status_code == 403
    neighbour = other(world, "neighbour", Role.STAFF)
    assert neighbour.get(f"/readings/{contract}/pages/2/image").status_code == 403
    assert neighbour.get(f"/loans/requests/{wish.request_id}").status_code == 404


@pytest.mark.ocr
def test_two_readers_get_other_bytes_and_each_picture_says_whose_it_is(
    world: World, staff: Browser, contract: int
) -> None:
    second = other(world, "second.reader", Role.STAFF)
    with world.services.database.reading() as session:
        line = f"{world.near.account_no}||{session.get_one(Item, contract).item_no}"
    served = {}
    for login, reader in (("staff", staff), ("second.reader", second)):
        approved(world, reader, lines=line)
        served[login] = reader.get(f"/readings/{contract}/pages/1/image").content
    assert served["staff"] != served["second.reader"]
    for login, content in served.items():
        said = "".join(line.text for line in Reader().read(content, dpi=150).lines).replace(" ", "")
        assert login in said
        assert "用电检查" in said
        assert f"{clock.today():%Y-%m-%d}" in said
    assert "second.reader" not in "".join(one.text for one in Reader().read(served["staff"], dpi=150).lines)


def test_a_print_is_counted_and_the_one_too_many_is_refused(world: World, staff: Browser) -> None:
    near = world.near
    approved(world, staff, way="print", prints="1")
    address = f"/readings/{near.personal_item}/pages/1/print"
    assert staff.submit(address).headers["content-type"] == "image/jpeg"
    refused = staff.submit(address)
    assert refused.status_code == 409
    assert "已用完" in refused.text


def test_of_two_who_decide_at_once_one_wins_and_the_other_hears_a_sentence(world: World, staff: Browser) -> None:
    ask(staff, world)
    wish, answers = newest(world), {}
    keepers = {act: other(world, f"keeper.{act}", Role.ARCHIVIST) for act in ("approve", "refuse")}
    tokens = {act: keeper.token for act, keeper in keepers.items()}

    def decide(act: str) -> None:
        form = {"token": tokens[act], "act": act, "words": "按规定办理"}
        answers[act] = keepers[act].post(f"/loans/wishes/{wish.id}/decide", data=form)

    both = [threading.Thread(target=decide, args=(act,)) for act in keepers]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert sorted(answer.status_code for answer in answers.values()) == [303, 409]
    loser = next(answer for answer in answers.values() if answer.status_code == 409)
    assert "这项申请刚刚已被" in loser.text


def test_what_is_recalled_while_it_is_read_is_over_at_once(world: World, staff: Browser, browser: Browser) -> None:
    wish = approved(world, staff)
    with world.services.database.reading() as session:
        grant = session.scalars(select(ReadingGrant).where(ReadingGrant.wish_id == wish.id)).one()
    answer = browser.submit(f"/loans/grants/{grant.id}/end", request=str(wish.request_id))
    assert answer.headers["location"] == f"/loans/requests/{wish.request_id}"
    assert staff.get(f"/readings/{world.near.personal_item}?page=1").status_code == 403
    assert browser.submit(f"/loans/grants/{grant.id}/end").status_code == 409


def test_nobody_decides_their_own(world: World, browser: Browser) -> None:
    assert ask(browser, world).status_code == 303
    wish = newest(world)
    assert f"/loans/wishes/{wish.id}/decide" not in browser.get(f"/loans/requests/{wish.request_id}").text
    assert browser.submit(f"/loans/wishes/{wish.id}/decide", act="approve").status_code == 403
    assert newest(world).state == "asked"


@pytest.mark.parametrize(
    "said",
    [
        {"days": "0"}, {"days": "-1"}, {"days": "8"}, {"days": "many"}, {"way": "paper", "days": "11"},
        {"purpose": "curiosity"}, {"purpose": ""}, {"words": "x"}, {"words": "长" * 501}, {"way": "by post"},
        {"lines": ""}, {"lines": "|||"}, {"lines": "nobody"}, {"lines": "\n".join(f"51{n:08d}" for n in range(500))},
        {"way": "print", "prints": "0"}, {"way": "print", "prints": "201"}, {"on_behalf_of": "某某法院"},
        {"purpose": "judicial"}, {"on_behalf_of": "长" * 121}, {"way": "paper"},
    ],
    ids=lambda said: " ".join(f"{name}={value[:12]}" for name, value in said.items()),
)  # fmt: skip
def test_what_cannot_be_asked_is_refused_with_a_sentence_and_nothing_is_lost(
    world: World, staff: Browser, said: dict[str, str]
) -> None:
    """Days that are none or too many, purposes off the list, 500 lines, paper of a case that is not filed."""
    before = asked(world)
    answer = ask(staff, world, **said)
    assert answer.status_code in (404, 409, 422)
    told = re.search(r'role="alert">(.*?)</div>', flat(answer.text))
    assert told is not None
    assert NEXT_STEP.search(told[1]), told[1]
    assert asked(world) == before
    if "words" not in said:
        assert 'value="核对用电性质"' in answer.text


def test_what_was_withdrawn_is_not_approved(world: World, staff: Browser, browser: Browser) -> None:
    ask(staff, world)
    wish = newest(world)
    assert staff.submit(f"/loans/wishes/{wish.id}/withdraw").status_code == 303
    answer = browser.submit(f"/loans/wishes/{wish.id}/decide", act="approve")
    assert answer.status_code == 409
    assert "申请人已撤回" in answer.text
    assert staff.submit(f"/loans/wishes/{wish.id}/withdraw").status_code == 409


def test_an_emergency_is_read_at_once_and_flagged_until_it_is_decided(
    world: World, staff: Browser, browser: Browser
) -> None:
    answer = ask(staff, world, emergency="1")
    assert answer.headers["location"] == f"/readings/{world.near.personal_item}?page=1"
    assert staff.get(f"/readings/{world.near.personal_item}/pages/1/image").status_code == 200
    assert "待补批" in staff.get("/loans").text
    assert "已先阅览" in browser.get("/loans/waiting").text
    assert ask(staff, world, emergency="1").status_code == 409


def test_the_basket_holds_several_files_until_they_are_sent(world: World, staff: Browser) -> None:
    far = f"{world.far.account_no}"
    assert ask(staff, world, act="keep").headers["location"] == "/search?done=basket"
    form = staff.get(f"/loans/ask?line={far}")
    assert far in form.text
    assert personal(world) in form.text
    # Another unit's file falls to its head, one's own to the archivist.
    assert "由单位负责人决定" in form.text or "没有在任的单位负责人" in form.text
    assert "由档案员决定" in form.text
    assert ask(staff, world, lines=f"{far}\n{personal(world)}").status_code == 303
    with world.services.database.reading() as session:
        rules = session.scalars(select(LoanWish.rule).where(LoanWish.request_id == newest(world).request_id)).all()
    assert sorted(rules) == ["BR05", "BR08"]
    assert "借阅篮是空的" in staff.get("/loans/ask").text


def test_a_full_basket_says_so_and_pushes_nothing_out(world: World, staff: Browser) -> None:
    keys = [f"51{n:08d}" for n in range(201)]
    assert ask(staff, world, act="keep", lines="\n".join(keys[:200])).status_code == 303
    answer = ask(staff, world, act="keep", lines=keys[200])
    assert answer.status_code == 409
    assert "借阅篮最多放" in answer.text
    form = staff.get("/loans/ask").text
    assert keys[0] in form
    dropped = ask(staff, world, act=f"drop:{keys[0]}", lines="\n".join(keys[:200]))
    assert keys[0] not in staff.get(dropped.headers["location"]).text


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ({"pages": "1", "condition": "sound"}, 303),
        ({"pages": "0", "condition": "missing", "note": "少了一页"}, 303),
        ({"pages": "0", "condition": "sound"}, 422),
        ({"pages": "1", "condition": "damaged"}, 422),
        ({"pages": "-3", "condition": "missing", "note": "少了一页"}, 422),
        ({"pages": "1", "condition": "eaten", "note": "狗"}, 422),
    ],
)
def test_paper_comes_back_as_both_found_it(world: World, browser: Browser, said: dict[str, str], status: int) -> None:
    item, address = world.near.personal_item, f"/loans/desk/{world.near.loan}"
    form = {f"{name}-{item}": value for name, value in said.items()}
    answer = browser.submit(f"{address}/return", back=str(item), **form)
    assert answer.status_code == status, answer.text
    if status == 422:
        assert NEXT_STEP.search(flat(answer.text).split('role="alert"')[1])
    again = browser.submit(f"{address}/return", back=str(item), **{f"pages-{item}": "1", f"condition-{item}": "sound"})
    assert again.status_code == (409 if status == 303 else 303)


def test_a_paper_that_was_never_lent_and_a_foreign_code_are_refused(world: World, browser: Browser) -> None:
    address = f"/loans/desk/{world.near.loan}/return"
    never = world.near.internal_item
    answer = browser.submit(address, back=str(never), **{f"pages-{never}": "1", f"condition-{never}": "sound"})
    assert answer.status_code == 404
    assert "不在这笔借出中" in answer.text
    assert browser.submit(address).status_code == 422
    for code in ("https://example.org/x", "L0", "L99999999999999", "", f"L{world.near.loan + 99}"):
        assert browser.get("/loans/desk/find", params={"code": code}).status_code == 404, code
    found = browser.get("/loans/desk/find", params={"code": f"L{world.near.loan}"})
    assert found.headers["location"] == f"/loans/desk/{world.near.loan}"


def test_a_lost_paper_is_written_down_with_how_and_can_be_found_again(world: World, browser: Browser) -> None:
    item, address = world.near.personal_item, f"/loans/desk/{world.near.loan}"
    assert browser.submit(f"{address}/return", lost=str(item)).status_code == 422
    assert browser.submit(f"{address}/return", lost=str(item), **{f"note-{item}": "搬家时遗失"}).status_code == 303
    assert "有遗失" in browser.get(address).text
    form = {f"pages-{item}": "1", f"condition-{item}": "sound"}
    assert browser.submit(f"{address}/return", back=str(item), **form).status_code == 303
    assert "已归还" in browser.get(address).text


def test_a_recall_needs_a_reason_and_is_made_once(world: World, browser: Browser) -> None:
    address = f"/loans/desk/{world.near.loan}"
    assert browser.submit(f"{address}/recall").status_code == 422
    assert browser.submit(f"{address}/recall", words="法院要看原件").status_code == 303
    assert browser.submit(f"{address}/recall", words="法院要看原件").status_code == 409
    assert browser.submit(f"/loans/papers/{world.near.loan}/renew").status_code == 409


def test_the_registers_say_who_read_and_borrowed_what_and_can_be_taken_away(
    world: World, staff: Browser, browser: Browser
) -> None:
    approved(world, staff)
    staff.get(f"/readings/{world.near.personal_item}/pages/1/image")
    assert "用电检查" in browser.get("/loans/pages").text
    taken = browser.get("/loans/pages/export")
    assert taken.headers["content-type"].startswith("text/csv")
    assert world.near.account_no in taken.text
    assert "核对用电性质" in browser.get("/loans/register").text
    assert "核对用电性质" in browser.get("/loans/register/export").text
    assert "核对用电性质" not in browser.get("/loans/register?state=refused").text


def test_the_matrix_says_who_would_decide_and_why(world: World, staff: Browser) -> None:
    own = staff.get(f"/loans/matrix?account_no={world.near.account_no}").text
    assert "由档案员决定" in own
    # Everybody of these tests bears one name; here it stands as that of who decides.
    assert '<b lang="zh-CN">张三</b>' in own
    assert "上级单位负责人" in own
    outside = staff.get(f"/loans/matrix?account_no={world.near.account_no}&on_behalf_of=某法院").text
    assert "BR03" in outside
    assert "没有这个户档案" in staff.get("/loans/matrix?account_no=1").text


def test_why_it_is_they_who_decide_is_said_in_the_language_of_who_reads(world: World, staff: Browser) -> None:
    """The matrix, the form before asking, and the request itself."""
    staff.submit("/me/preferences", name="language", value="en", next="/")
    why = "files of the own unit (rule BR08); who decides: Archivist."
    assert why in staff.get(f"/loans/matrix?account_no={world.near.account_no}").text
    assert why in staff.get(f"/loans/ask?line={personal(world)}").text
    assert ask(staff, world).status_code == 303
    assert why in staff.get(f"/loans/requests/{newest(world).request_id}").text


def test_the_register_and_its_export_narrow_to_what_is_overdue(world: World, browser: Browser) -> None:
    """A day after the paper was due it stands there alone; on the day itself nothing does."""
    address, near = "/loans/register?overdue=1", world.near
    for late, lines in ((0, 0), (1, 1)):
        with world.services.database.unit_of_work() as session:
            loan = session.get_one(PaperLoan, near.loan)
            loan.due_on = clock.today() - timedelta(days=late)
            wish = loan.wish_id
        page = browser.get(address).text
        assert re.findall(r"/loans/requests/\d+#w(\d+)", page) == [str(wish)] * lines
        assert re.search(r'name="overdue" value="1"\s+checked', page)
        taken = browser.get("/loans/register/export?overdue=1").text.strip().splitlines()
        assert [line.count(near.account_no) for line in taken[1:]] == [1] * lines
    assert len(re.findall(r"/loans/requests/\d+#w\d+", browser.get("/loans/register").text)) > 1


def test_a_letter_of_more_than_a_megabyte_comes_whole(world: World, staff: Browser) -> None:
    """Past the size up to which an upload stays in memory: kept as it was sent, and read by who decides."""
    letter = b"%PDF-1.4 " + random.Random(7).randbytes(1_500_000)
    said = {
        "token": staff.token, "act": "send", "lines": personal(world), "purpose": "judicial", "words": "调取证据",
        "way": "screen", "days": "1", "on_behalf_of": "某法院",
    }  # fmt: skip
    answer = staff.post("/loans/ask", data=said, files={"letter": ("函.pdf", letter, "application/pdf")})
    assert answer.status_code == 303
    address = f"/loans/requests/{newest(world).request_id}/letter"
    assert staff.get(address).content == letter
    with world.services.database.reading() as session:
        digest = session.get_one(LoanRequest, newest(world).request_id).letter_digest
        assert digest == hashlib.sha256(letter).hexdigest()
        assert session.scalar(select(StoredObject.size_bytes).where(StoredObject.digest == digest)) == len(letter)


def test_a_letter_is_on_record_also_when_what_it_came_with_is_refused(world: World, staff: Browser) -> None:
    """Else each refused form would leave bytes in the store that `verify` knows nothing of."""
    said = {
        "token": staff.token, "act": "send", "lines": personal(world), "purpose": "judicial", "words": "",
        "way": "screen", "days": "1", "on_behalf_of": "某法院",
    }  # fmt: skip
    before = asked(world)
    answer = staff.post("/loans/ask", data=said, files={"letter": ("函.pdf", b"%PDF-1.4 letter refused", "x/y")})
    assert (answer.status_code, asked(world)) == (422, before)
    digest = hashlib.sha256(b"%PDF-1.4 letter refused").hexdigest()
    assert digest in set(world.services.store.digests())
    with world.services.database.reading() as session:
        assert session.scalar(select(StoredObject.digest).where(StoredObject.digest == digest)) == digest
