"""Identity numbers at the doors: who finds by them, and where they never stand; the readings that are shown."""

from __future__ import annotations

from datetime import timedelta

import pytest

from archive_service import clock, keyring
from archive_service.audit.tables import AuditEntry
from archive_service.people import ties
from archive_service.people.queries import system_viewer
from archive_service.people.roles import Role
from indexing.identities import actions
from tests.support import records
from tests.web.conftest import ID_NUMBER, Browser, World


@pytest.fixture
def hashed(world: World) -> World:
    actions.follow(world.services.database, keyring.key(world.services.settings, keyring.IDENTITY))
    with world.services.database.unit_of_work() as session:
        records.person(session, "watch", roles=[Role.AUDIT_ADMIN])
    return world


def test_an_auditor_finds_households_by_number_and_only_the_hash_is_kept(hashed: World, anonymous: Browser) -> None:
    """On the page and by a program; neither page nor trail shows the number."""
    anonymous.sign_in("auditor")
    page = anonymous.submit("/search/identity", number=ID_NUMBER)
    assert hashed.near.account_no in page.text
    assert ID_NUMBER not in page.text
    found = anonymous.post(
        "/api/v1/identity-search", json={"identity_number": ID_NUMBER}, headers={"X-Form-Token": anonymous.token}
    ).json()
    assert {one["account_no"] for one in found["households"]} == {hashed.near.account_no, hashed.far.account_no}
    with hashed.services.database.reading() as session:
        entries = session.query(AuditEntry).filter_by(did="identity.searched").all()
    assert [entry.object_id for entry in entries] == [found["hash"]] * 2
    assert ID_NUMBER not in str([entry.facts for entry in entries])


@pytest.mark.parametrize("login", ["archivist", "staff", "auditor"])
def test_the_search_field_looks_for_no_identity_number_and_says_why(
    hashed: World, anonymous: Browser, login: str
) -> None:
    """It would stand in the address; who has the right is told where to ask."""
    anonymous.sign_in(login)
    for typed in (ID_NUMBER, "110105 19491231 002X", f"身份证{ID_NUMBER}"):
        answer = anonymous.get("/api/v1/search", params={"q": typed}).json()
        assert (answer["total"], answer["hits"], answer["notice"]["code"]) == (0, [], "search.identity")
        said = "请到“按证件号码查户”" if login == "auditor" else "专门的权限"
        assert said in answer["notice"]["message"]
        assert said in anonymous.get("/search", params={"q": typed}).text


def test_who_lacks_the_right_is_refused(hashed: World, browser: Browser) -> None:
    """Archivists too: reading papers is one thing, looking people up another."""
    assert browser.get("/search/identity").status_code == 403
    assert browser.submit("/search/identity", number=ID_NUMBER).status_code == 403
    token = {"X-Form-Token": browser.token}
    answer = browser.post("/api/v1/identity-search", json={"identity_number": ID_NUMBER}, headers=token)
    assert answer.status_code == 403
    assert ID_NUMBER not in answer.text


def test_the_audit_administrator_is_shown_who_read_their_own_file(hashed: World, browser: Browser) -> None:
    """An account that was noted as the archivist's own, read by the archivist."""
    with hashed.services.database.unit_of_work() as session:
        by = system_viewer(session)
        ties.tie(session, login="archivist", kind=ties.ACCOUNT, value=hashed.near.account_no, by=by, now=clock.now())
    browser.get(f"/households/{hashed.near.account_no}")
    assert browser.get("/audit/flags").status_code == 403
    assert browser.get("/api/v1/audit/flags").status_code == 403
    with Browser(hashed.app, base_url="http://archive.test", follow_redirects=False) as watch:
        watch.sign_in("watch")
        (own,) = [one for one in watch.get("/api/v1/audit/flags").json()["flags"] if one["kind"] == "own"]
        assert own["accounts"] == [hashed.near.account_no]
        assert "查阅本人档案" in watch.get("/audit/flags?days=1").text


def test_a_file_of_ones_own_identity_is_ones_own(hashed: World, browser: Browser) -> None:
    """By the hash of the number, which nobody had to write down."""
    from indexing.identities import queries, rules

    key = keyring.key(hashed.services.settings, keyring.IDENTITY)
    with hashed.services.database.unit_of_work() as session:
        by, value = system_viewer(session), rules.hash_of(key, ID_NUMBER)
        ties.tie(session, login="archivist", kind=ties.IDENTITY, value=value, by=by, now=clock.now() - timedelta(1))
        person = session.execute(
            __import__("sqlalchemy").text("select id from persons where login='archivist'")
        ).scalar()
        assert person is not None
        found = queries.own_accounts(session, {person}, {hashed.near.account_no})
    assert found == {person: frozenset({hashed.near.account_no})}
