"""Certified copies from choosing pages to the stranger's check."""

from __future__ import annotations

import hashlib
import io
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pypdfium2
import pytest
import zxingcpp
from PIL import Image
from pypdf import PdfReader
from sqlalchemy import func, select

from archive_service import clock, signing
from archive_service.audit.tables import AuditEntry
from archive_service.copies.tables import CertifiedCopy
from archive_service.households.values import FieldValue
from archive_service.storage.tables import StoredObject
from archive_service.web.app import create_app
from tests.support import faulty
from tests.support.faulty import Faults, FaultyStore
from tests.web.conftest import ID_NUMBER, PHONE, Browser, World, flat
from tests.web.test_borders import add_item

SAID = {"purpose": "lawsuit", "receiver": "望江县人民法院", "note": "（2026）皖0827民初7号"}
FOREVER = "0" * 20


def issue(browser: Browser, world: World, *pages: tuple[int, int], **more: str) -> str:
    """Issue a copy and return the address of its page in the register."""
    fields = {f"page.{item}.{page}": "1" for item, page in pages or ((world.near.internal_item, 1),)}
    answer = browser.submit(f"/households/{world.near.account_no}/copies", **{**SAID, **fields, **more})
    assert answer.status_code == 303, answer.text
    return answer.headers["location"].partition("?")[0]


def file_of(browser: Browser, address: str) -> bytes:
    answer = browser.get(f"{address}/file")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/pdf")
    return answer.content


def text_of(made: bytes) -> str:
    return "".join(page.extract_text() for page in PdfReader(io.BytesIO(made)).pages).replace("\n", "")


def code_of(made: bytes) -> str:
    found = re.search(r"(?:[0-9A-Z]{5}-){3}[0-9A-Z]{5}", text_of(made))
    assert found
    return found.group()


def checked(stranger: Browser, code: str) -> str:
    """What the page says of a code: state and digest."""
    page = flat(stranger.post("/verify-copy", data={"code": code}).text)
    found = re.search(r'<div class="mb-3" role="status" id="answer">(.*?)</div>', page)
    assert found, page
    return found.group(1)


def rows(world: World) -> list[CertifiedCopy]:
    with world.services.database.reading() as session:
        wanted = select(CertifiedCopy).where(CertifiedCopy.page_count > 0).order_by(CertifiedCopy.id)
        return list(session.scalars(wanted))


@pytest.fixture
def stranger(world: World) -> Browser:
    """Somebody without an account."""
    return Browser(world.app, base_url="http://archive.test", follow_redirects=False)


def test_a_copy_is_issued_checked_withdrawn_and_checked_again(
    world: World, browser: Browser, stranger: Browser
) -> None:
    address = issue(browser, world)
    made = file_of(browser, address)
    (row,) = rows(world)
    said = text_of(made)
    year = clock.today().year
    assert row.number == f"ZM-A-{year}-00001"
    for word in (
        row.number,
        "望江县人民法院",
        "诉讼、仲裁",
        "共 1 页 第 1 页",
        "已遮蔽",
        "A供电所",
        clock.today().isoformat(),
    ):
        assert word in said, word
    assert hashlib.sha256(made).hexdigest() == row.digest
    answer = checked(stranger, code_of(made))
    assert "有效" in answer
    assert row.digest in answer
    back = browser.submit(f"{address}/withdraw", reason="当事人撤诉")
    assert back.headers["location"] == f"{address}?done=withdrawn"
    answer = checked(stranger, code_of(made).lower())
    assert "已撤回" in answer
    assert row.digest in answer
    assert "当事人撤诉" in browser.get(address).text
    assert browser.submit(f"{address}/withdraw", reason="再撤一次").status_code == 409
    with world.services.database.reading() as session:
        found = session.scalars(select(AuditEntry).where(AuditEntry.object_kind == "copy").order_by(AuditEntry.seq))
        told = [(one.did, one.facts["account_no"]) for one in found]
    assert told == [(did, world.near.account_no) for did in ("copy.issued", "copy.downloaded", "copy.withdrawn")]


def test_a_stranger_learns_state_and_digest_and_nothing_else(world: World, browser: Browser, stranger: Browser) -> None:
    made = file_of(browser, issue(browser, world))
    (row,) = rows(world)
    page = stranger.post("/verify-copy", data={"code": code_of(made)}).text
    for secret in (row.number, world.near.account_no, "法院", "诉讼", "A供电所", clock.today().isoformat()):
        assert secret not in page
    # Withdrawn or not, wrong or impossible: unknown is one answer.
    unknown = [checked(stranger, typed) for typed in (FOREVER, "x", "'; --", row.number)]
    assert len(set(unknown)) == 1
    assert "查无此码" in unknown[0]


def test_who_guesses_codes_has_to_wait_and_others_need_not(world: World, browser: Browser) -> None:
    """A right code is not counted."""
    settings = world.services.settings.model_copy(update={"sign_in_address_attempts": 3})
    app = create_app(replace(world.services, settings=settings))
    code = code_of(file_of(browser, issue(browser, world)))
    with Browser(app, base_url="http://archive.test") as stranger:
        for _ in range(5):
            assert "有效" in checked(stranger, code)
        for _ in range(3):
            assert stranger.post("/verify-copy", data={"code": FOREVER}).status_code == 200
        refused = stranger.post("/verify-copy", data={"code": code})
        assert refused.status_code == 429
        assert int(refused.headers["retry-after"]) > 0
        assert "有效" not in refused.text
        # Nobody who signs in pays for it.
        assert stranger.get("/sign-in").status_code == 200


def test_the_code_stands_nowhere_but_on_the_paper(world: World, browser: Browser) -> None:
    code = code_of(file_of(browser, issue(browser, world)))
    with world.services.database.reading() as session:
        everything = repr([vars(one) for one in session.scalars(select(CertifiedCopy))])
        everything += repr([one.facts for one in session.scalars(select(AuditEntry))])
    for form in (code, code.replace("-", "")):
        assert form not in everything
    assert code not in browser.get("/copies").text


def test_the_qr_code_leads_to_the_check_without_telling_the_server(world: World) -> None:
    """The code stands behind the #, which browsers keep to themselves."""
    settings = world.services.settings.model_copy(update={"public_address": "https://archive.grid.test/"})
    app = create_app(replace(world.services, settings=settings))
    with Browser(app, base_url="http://archive.test", follow_redirects=False) as browser:
        made = file_of(browser.sign_in("archivist"), issue(browser, world))
    document = pypdfium2.PdfDocument(made)
    (found,) = zxingcpp.read_barcodes(document[0].render(scale=200 / 72).to_pil())
    document.close()
    assert found.text == f"https://archive.grid.test/verify-copy#{code_of(made)}"


def dark(made: bytes) -> float:
    """How much of the copied picture is black."""
    (image,) = PdfReader(io.BytesIO(made)).pages[0].images[:1]
    return float((np.asarray(Image.open(io.BytesIO(image.data)).convert("L")) < 30).mean())


def test_numbers_are_blacked_out_unless_the_issuer_says_why_not(world: World, browser: Browser) -> None:
    """Also for an archivist, who sees them on the screen."""
    phone = FieldValue(PHONE, page=1, box=(5, 5, 55, 20))
    item = add_item(world, "S01", f"现场勘查单\n{PHONE}", fields={"phone": phone})
    masked = file_of(browser, issue(browser, world, (item, 1)))
    whole = file_of(browser, issue(browser, world, (item, 1), unmask="1", unmask_reason="法院调取原貌"))
    assert dark(masked) > 0.1
    assert dark(whole) < 0.01
    first, second = rows(world)
    assert (first.unmasked, first.unmask_reason) == (False, "")
    assert (second.unmasked, second.unmask_reason) == (True, "法院调取原貌")
    assert "已遮蔽" in text_of(masked)
    assert "已遮蔽" not in text_of(whole)


def test_what_cannot_be_blacked_out_is_copied_only_readable_and_with_a_reason(world: World, browser: Browser) -> None:
    """The paper is known to bear a number, and nobody knows where."""
    item = add_item(world, "A05", "居民身份证", fields={"id_number": ID_NUMBER})
    address, page = f"/households/{world.near.account_no}/copies", f"page.{item}.1"
    refused = browser.submit(address, **SAID, **{page: "1"})
    assert refused.status_code == 409
    assert "不能遮蔽" in refused.text
    silent = browser.submit(address, **SAID, **{page: "1"}, unmask="1", unmask_reason=" ")
    assert silent.status_code == 422
    # What was typed and ticked is still there.
    assert "望江县人民法院" in silent.text
    assert re.search(rf'name="{re.escape(page)}"\s+value="1" checked', flat(silent.text))
    assert rows(world) == []
    issue(browser, world, (item, 1), unmask="1", unmask_reason="公证处核对身份")
    assert ID_NUMBER not in repr(rows(world)[0].pages)


def test_the_same_form_sent_twice_issues_once(world: World, browser: Browser) -> None:
    page = browser.get(f"/households/{world.near.account_no}/copies/new").text
    key = re.search(r'name="request" value="([0-9a-f]{32})"', page)
    assert key
    first, second = (issue(browser, world, request=key[1]) for _ in range(2))
    assert first == second
    assert len(rows(world)) == 1
    issue(browser, world)
    assert [row.number[-5:] for row in rows(world)] == ["00001", "00002"]


def test_pages_of_others_are_not_copied(world: World, browser: Browser) -> None:
    """Neither of another centre nor of another household."""
    address = f"/households/{world.near.account_no}/copies"
    far = browser.submit(address, **SAID, **{f"page.{world.far.internal_item}.1": "1"})
    assert far.status_code == 404
    absent = browser.submit(address, **SAID, **{f"page.{world.near.internal_item}.99": "1"})
    assert absent.status_code == 404
    nothing = browser.submit(address, **SAID)
    assert nothing.status_code == 422
    assert rows(world) == []


def test_a_store_that_is_away_leaves_no_row(world: World) -> None:
    """The number is gone, and the next copy bears another."""
    faults = Faults()
    app = create_app(replace(world.services, store=FaultyStore(world.services.store, faults)))
    with Browser(app, base_url="http://archive.test", follow_redirects=False) as browser:
        browser.sign_in("archivist")
        faults.arm("put", faulty.store_away)
        page = f"page.{world.near.internal_item}.1"
        answer = browser.submit(f"/households/{world.near.account_no}/copies", **SAID, **{page: "1"})
        assert answer.status_code == 503
        assert rows(world) == []
        faults.disarm()
        issue(browser, world)
    assert [row.number[-5:] for row in rows(world)] == ["00002"]


def test_what_was_issued_is_on_record_as_an_object(world: World, browser: Browser) -> None:
    """So that backup and verification know it."""
    issue(browser, world)
    (row,) = rows(world)
    with world.services.database.reading() as session:
        assert session.scalar(select(func.count()).where(StoredObject.digest == row.digest)) == 1
        assert session.get_one(StoredObject, row.digest).role == "copy"


def test_with_a_signing_file_the_copy_is_signed(world: World) -> None:
    certificate = signing.certificate(world.services.settings, now=clock.now())
    (found,) = Path(world.services.settings.home).rglob("signing.pem")
    settings = world.services.settings.model_copy(update={"signing_file": str(found)})
    app = create_app(replace(world.services, settings=settings))
    with Browser(app, base_url="http://archive.test", follow_redirects=False) as browser:
        made = file_of(browser.sign_in("archivist"), issue(browser, world))
    told = signing.check(made, certificate)
    assert (told.ours, told.untouched) == (True, True)
    assert rows(world)[0].signed
    assert not signing.check(made + b"\n% more\n", certificate).untouched


def test_the_register_is_searched_and_taken_away(world: World, browser: Browser) -> None:
    issue(browser, world)
    address = issue(browser, world, receiver="=HYPERLINK(1)")
    browser.submit(f"{address}/withdraw", reason="当事人撤诉")
    assert "望江县人民法院" in browser.get("/copies?state=valid&q=00001").text
    assert "望江县人民法院" not in browser.get("/copies?state=withdrawn").text
    taken = browser.get("/copies/export?state=withdrawn")
    assert taken.headers["content-type"].startswith("text/csv")
    assert "'=HYPERLINK(1)" in taken.text
    assert "望江县人民法院" not in taken.text
