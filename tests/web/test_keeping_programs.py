"""Holds, schedules, review lists, packages, the trail and what is chosen in lists, for programs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from archive_service import clock
from archive_service.audit import checkpoints, merkle
from archive_service.audit.tables import AuditEntry
from archive_service.exchange.tables import Package
from archive_service.idempotency.tables import KeptAnswer
from archive_service.jobs.tables import Job
from archive_service.people import queries as people
from archive_service.people.roles import Role
from archive_service.people.scopes import Scope
from archive_service.people.tokens import issue_token
from ingest.tables import Scan
from retention.disposal_tables import DisposalList
from retention.tables import RetentionRun
from tests.properties.world import record_pages
from tests.support import records
from tests.web.conftest import Browser, World
from tests.web.programs import Program, program
from tests.web.test_disposals import due
from tests.web.test_packages import run_jobs

ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
LISTS = "/retention/disposals"


def terms(**more: Any) -> dict[str, Any]:
    day = (clock.today() + timedelta(days=90)).isoformat()
    return {"kind": "litigation", "reason": "合同纠纷一审", "authority": "望江县人民法院", "review_on": day, **more}


@pytest.fixture
def archivist(world: World) -> Iterator[Program]:
    with program(world, "archivist") as one:
        yield one


def token_browser(world: World, login: str, scopes: list[Scope] | None) -> Browser:
    with world.services.database.unit_of_work() as session:
        owner = people.viewer_by_login(session, login)
        assert owner is not None
        until = clock.now() + timedelta(days=1)
        secret, _ = issue_token(session, by=owner, label="程序", expires_at=until, now=clock.now(), scopes=scopes)
    browser = Browser(world.app, base_url="http://archive.test", follow_redirects=False)
    browser.headers["Authorization"] = f"Bearer {secret}"
    return browser


def test_a_hold_is_placed_looked_at_again_and_released(world: World, archivist: Program) -> None:
    """Once for a key, never over what somebody else changed, and only within one's units."""
    near, far = world.near, world.far
    said = terms(applications=[near.application_no], items=[near.internal_item])
    key = {"Idempotency-Key": "hold-0001"}
    made = [archivist.post("/api/v1/holds", json=said, headers=key) for _ in range(2)]
    assert (made[0].status_code, made[1].json()) == (201, made[0].json()), made[0].text
    address = f"/holds/{made[0].json()['hold']}"
    assert made[0].headers["location"] == f"/api/v1{address}"
    held = archivist.told(address)["held"]
    assert [(one["application_no"], one["item"]) for one in held] == [
        (near.application_no, None), (None, str(near.internal_item)),
    ]  # fmt: skip
    assert archivist.refused("/holds", **terms(accounts=[far.account_no])) == (404, "hold.subject-not-found")
    assert archivist.refused("/holds", **terms()) == (422, "hold.subjects")
    assert [one["hold"] for one in archivist.told("/holds", kind="litigation")["holds"]] == [made[0].json()["hold"]]
    seen = archivist.get(f"/api/v1{address}").headers["etag"]
    later = (clock.today() + timedelta(days=400)).isoformat()
    assert archivist.done(f"{address}/review", review_on=later, reason="二审未结")["review_on"] == later
    stale = archivist.post(f"/api/v1{address}/release", json={"reason": "已经结案"}, headers={"If-Match": seen})
    assert (stale.status_code, stale.json()["code"]) == (412, "record.changed")
    assert archivist.done(f"{address}/release", reason="已经结案")["release_reason"] == "已经结案"
    assert archivist.refused(f"{address}/release", reason="已经结案") == (409, "hold.released")
    assert archivist.told("/holds")["holds"] == []
    assert archivist.told("/holds", state="released")["total"] == 1
    with program(world, "staff") as reader:
        assert reader.told(address)["subjects"] == 2
        assert reader.refused("/holds", **said)[0] == 403


@ON_SQLITE
def test_what_is_due_is_listed_with_its_rule(world: World, archivist: Program) -> None:
    """Page by page, with the hold that keeps it."""
    item = str(due(world))
    archivist.done("/holds", **terms(items=[int(item)]))
    found = archivist.told("/retention/dues", q="R-TEST")
    assert [(one["item"], one["rule"], one["held"]) for one in found["dues"]] == [(item, "R-TEST", True)]
    assert found["next"] is None
    assert archivist.told("/retention/dues", list="permanent", q="R-TEST")["total"] == 0


@ON_SQLITE
def test_a_schedule_is_drafted_and_previewed_before_it_is_released(world: World) -> None:
    """By somebody who changes the catalogue of the whole archive; its faults are told line by line."""
    with world.services.database.unit_of_work() as session:
        records.person(session, "planner", roles=[Role.ARCHIVIST], at=records.unit(session))
    with program(world, "planner") as planner:
        standard = planner.told("/retention/schedules/standard")
        known = planner.told("/retention/schedules")
        assert known == {"in_force": standard["code"], "standard": standard["code"], "schedules": []}
        bad = planner.post("/api/v1/retention/schedules", json={"text": "edition: X"})
        assert (bad.status_code, bad.json()["code"]) == (409, "schedule.bad")
        assert {"line", "message"} <= set(bad.json()["facts"]["findings"][0])
        text = standard["text"].replace(f"edition: {standard['code']}", "edition: T-1")
        made = planner.done("/retention/schedules", text=text)
        address = f"/retention/schedules/{made['schedule']}"
        seen = planner.get(f"/api/v1{address}").headers["etag"]
        changed = planner.put(f"/api/v1{address}", json={"text": text + "\n"}, headers={"If-Match": seen})
        assert (changed.status_code, changed.json()["revision"]) == (200, made["revision"] + 1), changed.text
        assert planner.put(f"/api/v1{address}", json={"text": text}, headers={"If-Match": seen}).status_code == 412
        assert planner.refused(f"{address}/release")[0] in (403, 409)
        (run,) = planner.done(f"{address}/preview")["runs"]
        assert (run["purpose"], run["state"]) == ("preview", "running")
        assert planner.done(f"{address}/preview")["runs"] == [run]
        assert planner.told(f"{address}/runs/{run['run']}/changes") == {"changes": [], "next": None}
        assert planner.get(f"/api/v1{address}/runs/999999/changes").json()["code"] == "schedule.no-run"
        with world.services.database.reading() as session:
            assert [str(one) for one in session.scalars(select(RetentionRun.id))] == [run["run"]]
        assert planner.done(f"{address}/drop")["state"] == "dropped"


@ON_SQLITE
def test_a_list_goes_from_freezing_to_two_signatures_in_person(world: World, archivist: Program) -> None:
    """Programs judge and plan; who approves and witnesses is there with a password, and no token stands for them."""
    item, password = str(due(world)), records.PASSWORD
    assert archivist.refused(LISTS, centre=world.far.code, title="到期") == (422, "disposal.unit")
    made = archivist.done(LISTS, centre=world.near.code, title="到期")
    address = f"{LISTS}/{made['disposal']}"
    assert [one["item"] for one in archivist.told(f"{address}/items")["items"]] == [item]
    assert archivist.refused(f"{address}/propose") == (409, "disposal.unsaid")
    assert archivist.refused(f"{address}/opinions", opinion="destroy") == (422, "disposal.none-chosen")
    assert archivist.done(f"{address}/opinions", opinion="destroy", items=[int(item)])["unsaid"] == 0
    stale = archivist.post(f"/api/v1{address}/propose", json={}, headers={"If-Match": '"another"'})
    assert stale.json()["code"] == "record.changed"
    assert archivist.done(f"{address}/propose")["state"] == "proposed"
    assert archivist.get(f"/api/v1{address}/report").content.startswith(b"%PDF")
    assert archivist.refused(f"{address}/decide", approve=True, password=password)[0] == 403
    with token_browser(world, "unit_head", None) as stand_in:
        answer = stand_in.post(f"/api/v1{address}/decide", json={"approve": True, "password": password})
        assert (answer.status_code, answer.json()["code"]) == (403, "token.in-person")
    with program(world, "unit_head") as head:
        assert head.refused(f"{address}/decide", approve=True, password="wrong")[0] == 409
        assert head.refused(f"{address}/decide", approve=False, password=password) == (422, "disposal.reason")
        assert head.done(f"{address}/decide", approve=True, password=password)["state"] == "approved"
    assert archivist.refused(f"{address}/plan", place="档案室")[0] == 409
    with world.services.database.unit_of_work() as session:
        session.scalars(select(DisposalList)).one().execute_from = clock.today()
    plan = archivist.done(f"{address}/plan", place="档案室")["plan"]
    assert archivist.get(f"/api/v1{address}/plan").content.startswith(b"%PDF")
    with token_browser(world, "auditor", None) as stand_in:
        answer = stand_in.post(f"/api/v1{address}/witness", json={"plan": plan, "password": password})
        assert (answer.status_code, answer.json()["code"]) == (403, "token.in-person")
    said = {"plan": plan, "password": password}
    for login, state in (("auditor", "planned"), ("witness", "executing")):
        with program(world, login) as one:
            assert one.refused(f"{address}/witness", **{**said, "plan": "0" * 64})[0] == 409
            assert one.done(f"{address}/witness", **said)["state"] == state
    assert [one["step"] for one in archivist.told(address)["hands"]].count("witness") == 2
    assert archivist.get(f"/api/v1{address}/certificate").json()["code"] == "disposal.no-paper"


@ON_SQLITE
def test_a_kept_key_holds_nothing_to_guess_a_password_by(world: World, archivist: Program) -> None:
    """What is kept of a request is the same whatever the password in it, and another list is another request."""
    due(world)
    made = archivist.done(LISTS, centre=world.near.code, title="到期")
    address = f"/api/v1{LISTS}/{made['disposal']}"
    archivist.done(f"{LISTS}/{made['disposal']}/opinions", opinion="destroy", whole=True)
    archivist.done(f"{LISTS}/{made['disposal']}/propose")
    headers = {"Idempotency-Key": "decide-0001"}
    with program(world, "unit_head") as head:
        said = {"approve": True, "password": records.PASSWORD, "note": ""}
        first = head.post(f"{address}/decide", json=said, headers=headers)
        assert first.status_code == 200, first.text
        again = head.post(f"{address}/decide", json={**said, "password": "another", "code": "1"}, headers=headers)
        assert (again.json(), again.headers["idempotency-replayed"]) == (first.json(), "true")
        other = head.post(f"{address}/decide", json={**said, "note": "x"}, headers=headers)
        assert other.status_code == 422
    with world.services.database.reading() as session:
        kept = session.scalars(select(KeptAnswer)).all()
    assert kept


@ON_SQLITE
def test_scopes_reach_what_their_words_say(world: World) -> None:
    """A token for retention holds and proposes, and neither approves nor reads the trail."""
    with token_browser(world, "archivist", [Scope.RETENTION]) as one:
        assert one.get("/api/v1/holds").status_code == 200
        assert one.post("/api/v1/holds", json=terms(accounts=[world.near.account_no])).status_code == 201
        assert one.get("/api/v1/me").json()["scopes"] == ["retention"]
        assert one.put("/api/v1/me/preferences/language", json={"value": "en"}).json()["code"] == "token.scope"
        assert one.get("/api/v1/audit/entries").json()["code"] == "token.scope"
        address = f"/api/v1/households/{world.near.account_no}/packages"
        assert one.get(address).status_code in (403, 404)
    with token_browser(world, "archivist", [Scope.READ]) as one:
        assert one.get("/api/v1/retention/dues").status_code == 200
        assert one.get(f"/api/v1{LISTS}").json()["code"] == "token.scope"


@ON_SQLITE
def test_a_package_is_asked_for_and_fetched(world: World, archivist: Program) -> None:
    """The same one while it is being made; its file only once it is whole, on record."""
    address = f"/households/{world.near.account_no}/packages"
    (no_package,) = archivist.told(address)["packages"]
    # What leaves is checked first.
    refused = archivist.get(f"/api/v1/packages/{no_package['package']}/file").json()
    assert refused["code"] == "properties.failed"
    made = archivist.done(address, format="eep", items=[1])
    assert (made["state"], made["items"], made["stuck"]) == ("making", [1], False)
    assert archivist.done(address, format="eep", items=[1])["package"] == made["package"]
    assert archivist.refused(address, format="bagit", items=[])[0] == 422
    assert archivist.refused(address, format="bagit", items=[77])[0] == 404
    assert archivist.get(f"/api/v1/packages/{made['package']}/file").json()["code"] == "package.not-ready"
    run_jobs(world)
    with world.services.database.unit_of_work() as session:
        record_pages(session, world.services.store)
    answer = archivist.get(f"/api/v1/packages/{made['package']}/file")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/zip"), answer.text
    following = archivist.told(address, limit=1)
    assert [one["package"] for one in following["packages"]] == [made["package"]]
    assert archivist.told(address, after=following["next"])["packages"] == [no_package]
    with world.services.database.reading() as session:
        took = session.scalars(select(AuditEntry.object_id).where(AuditEntry.did == "package.downloaded")).all()
        assert took == [made["package"]]
        assert len(session.scalars(select(Package.id)).all()) == 3


def test_an_entry_is_proved_to_be_under_a_checkpoint(world: World) -> None:
    """The path leads from the leaf of the entry to the signed root, and from no other leaf."""
    with world.services.database.unit_of_work() as session:
        records.person(session, "watcher", roles=[Role.AUDIT_ADMIN], at=records.unit(session))
    checkpoints.make(world.services.database, world.services.settings, now=clock.now())
    with program(world, "watcher") as watcher:
        made, _ = watcher.told("/audit/checkpoints")["checkpoints"]
        assert watcher.told(f"/audit/checkpoints/{made['size']}") == made
        assert watcher.get("/api/v1/audit/checkpoints/999999").json()["code"] == "audit.checkpoint-not-found"
        entry = next(one for one in watcher.told("/audit/entries", did="item.filed")["entries"])
        proofs = f"/audit/checkpoints/{made['size']}/proof"
        said = watcher.told(proofs, entry=entry["entry"])
        assert (said["hash"], said["index"], said["checkpoint"]) == (entry["hash"], entry["entry"] - 1, made["note"])
        root, leaf = bytes.fromhex(made["root"]), merkle.leaf_hash(bytes.fromhex(entry["hash"]))
        path = [bytes.fromhex(one) for one in said["proof"]]
        assert merkle.includes(root, made["size"], said["index"], leaf, path)
        assert not merkle.includes(root, made["size"], said["index"], bytes(32), path)
        # Taking a proof along is on record, behind the checkpoint that it is about.
        (newest,) = watcher.told("/audit/entries", did="audit.proof-taken")["entries"]
        assert newest["entry"] > made["size"]
        assert watcher.get(f"/api/v1{proofs}?entry={newest['entry']}").json()["code"] == "audit.entry-not-found"
        assert watcher.get(f"/api/v1{proofs}").json()["code"] == "audit.proof-of"
    with world.services.database.unit_of_work() as session:
        at = records.unit(session, world.far.code, below=records.unit(session))
        records.person(session, "local", roles=[Role.AUDITOR], at=at)
    with program(world, "local") as local:
        with world.services.database.reading() as session:
            near = session.scalars(select(AuditEntry.seq).where(AuditEntry.unit_id == world.near.unit)).first()
            far = session.scalars(select(AuditEntry.seq).where(AuditEntry.unit_id == world.far.unit)).first()
        assert local.get(f"/api/v1{proofs}?entry={near}").json()["code"] == "audit.entry-not-found"
        assert local.told(proofs, entry=far)["index"] == far - 1


@ON_SQLITE
def test_small_pictures_are_withheld_like_their_pages(world: World, archivist: Program) -> None:
    """An image for who may see the page; where a page shows a lock, a program is told why."""
    near = world.near
    thumbnail = f"/api/v1/items/{near.personal_item}/pages/1/thumbnail"
    for address in (
        thumbnail,
        f"/api/v1/scans/{near.scan}/pages/1/thumbnail",
        f"/api/v1/scans/{near.scan}/findings/{near.finding}/picture",
        f"/api/v1/review/{near.document}/fields/account_no/crop",
    ):
        answer = archivist.get(address)
        assert (answer.status_code, answer.headers["content-type"][:6]) == (200, "image/"), address
    with program(world, "staff") as reader:
        answer = reader.get(thumbnail)
        assert (answer.status_code, answer.json()["code"]) == (403, "item.withheld")
        assert reader.get(thumbnail.replace("/api/v1", "")).headers["content-type"] == "image/svg+xml"
        assert reader.get(f"/api/v1/scans/{near.scan}/pages/1/thumbnail").status_code == 404


@ON_SQLITE
def test_many_rows_are_done_each_by_itself(world: World, archivist: Program) -> None:
    """One that cannot be done keeps none back, and one of another unit is as if it were not there."""
    near, far = world.near, world.far
    assert archivist.done("/review/queue/take", scans=[near.scan])["done"] == [str(near.scan)]
    told = archivist.done("/review/queue/hand-over", scans=[near.scan], person=near.person)
    assert (told["done"], list(told["refused"])) == ([], [str(near.scan)])
    with world.services.database.unit_of_work() as session:
        session.execute(update(Job).where(Job.id == near.job).values(state="queued", finished_at=None))
        session.execute(update(Scan).where(Scan.id == near.scan).values(state="received"))
    told = archivist.done("/jobs/chosen/cancel", jobs=[near.job, near.job, far.job], reason="重复扫描")
    assert (told["done"], {key: one["code"] for key, one in told["refused"].items()}) == (
        [str(near.job)], {str(far.job): "job.not-found"},
    )  # fmt: skip
    assert archivist.done("/jobs/chosen/retry", jobs=[near.job]) == {"done": [str(near.job)], "refused": {}}
    assert archivist.told(f"/jobs/{near.job}")["state"] == "queued"
    assert archivist.refused("/jobs/chosen/cancel", jobs=[far.job], reason="重复扫描") == (404, "job.not-found")
    assert archivist.refused("/jobs/chosen/retry", jobs=[]) == (422, "request.malformed")


@ON_SQLITE
def test_suggestions_and_what_is_the_callers_own(world: World, archivist: Program) -> None:
    """Households of the caller's units by what is typed; a choice of pages; what was looked for lately."""
    found = archivist.told("/search/suggest", q=world.near.account_no[:6])["households"]
    assert [one["account_no"] for one in found] == [world.near.account_no]
    assert archivist.put("/api/v1/me/preferences/theme", json={"value": "dark"}).status_code == 200
    assert archivist.told("/me")["preferences"]["theme"] == "dark"
    assert archivist.put("/api/v1/me/preferences/theme", json={"value": "pink"}).json()["code"] == "people.preference"
    archivist.get("/search?q=望江线")
    assert [one["words"] for one in archivist.told("/me/recent-searches")["recent"]] == ["望江线"]
    assert archivist.delete("/api/v1/me/recent-searches").json() == {"recent": []}


@ON_SQLITE
def test_an_account_is_made_without_telling_a_password(world: World) -> None:
    """Once for a key; the person gets their first password at a screen."""
    wanted = {"login": "new.one", "name": "新人", "unit": world.near.unit}
    with program(world, "sysadmin") as admin:
        key = {"Idempotency-Key": "person-0001"}
        made = [admin.post("/api/v1/people", json=wanted, headers=key) for _ in range(2)]
        assert (made[0].status_code, made[1].json()) == (201, made[0].json()), made[0].text
        told = made[0].json()
        assert (told["login"], told["must_change_password"], told["grants"]) == ("new.one", True, [])
        assert set(told) == set(admin.told(f"/people/{told['person']}"))
        assert admin.refused("/people", **wanted)[0] == 409
    with program(world, "archivist") as other:
        assert other.refused("/people", **{**wanted, "login": "new.two"})[0] == 403
