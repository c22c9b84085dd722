"""What the archive made itself is locked by a rule as data; what can be made again is not."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from archive_service.borrowing.tables import LoanRequest
from archive_service.cli.verify_rows import REFERENCES
from archive_service.copies.tables import CertifiedCopy
from archive_service.errors import Invalid
from archive_service.exchange.tables import Package
from archive_service.households.tables import HouseholdFile, Item
from archive_service.people.tables import Person
from archive_service.proofs.tables import AuditRun
from archive_service.properties.tables import PropertyRun
from archive_service.storage.record import record_object
from archive_service.storage.tables import ObjectLock
from archive_service.zone import local, midnight
from ingest.tables import Batch
from retention import lock_papers, paper_locks, paper_rules
from retention.disposal_tables import DisposalList
from retention.lock_work import COLUMNS
from retention.rules import plus_years
from tests.retention.test_locking import SPAN, World
from tests.retention.test_locking import world as world
from tests.support import records

#: What nobody locks, as it can be made again from what is locked; and scans before they are papers.
NOT_LOCKED = {
    "scan_pages.raw_digest", "scan_pages.image_digest", "scan_pages.thumbnail_digest", "scan_pages.layer_digest",
    "scan_pages.lines_digest", "pages.thumbnail_digest", "pages.lines_digest", "renditions.digest",
    "rescans.raw_digest", "rescans.image_digest", "rescans.thumbnail_digest", "rescans.layer_digest",
    "rescans.lines_digest", "scan_page_readings.image_digest", "scan_page_readings.thumbnail_digest",
    "scan_page_readings.lines_digest", "naming_models.digest", "packages.digest", "package_hand_ins.digest",
}  # fmt: skip


def put(here: World, text: str) -> str:
    """Keep an object, on record; return its digest."""
    stored = here.store.put_bytes(text.encode())
    with here.database.unit_of_work() as session:
        record_object(session, stored, role="report", media_type="text/plain", now=here.now)
    return stored.digest


def made(here: World) -> dict[str, str]:
    """Make a paper of each kind about the two papers of a household; return the digests."""
    items = here.file(b"one", b"two")
    here.due(items[0], 700)
    here.due(items[1], 4000)
    names = (
        "loan_letter", "certified_copy", "destruction_certificate", "property_report", "batch_report", "batch_data",
        "audit_bundle", "package",
    )  # fmt: skip
    found = {name: put(here, name) for name in names}
    with here.database.unit_of_work() as session:
        unit, head = records.unit(session), session.scalars(select(HouseholdFile)).one()
        person = session.scalars(select(Person.id)).first()
        case_id = session.get_one(Item, items[0]).case_id
        session.add(LoanRequest(asker_id=person, asker_unit_id=unit.id, purpose="court", words="", on_behalf_of="",
                                letter_digest=found["loan_letter"], emergency=False, asked_at=here.now))  # fmt: skip
        session.add(CertifiedCopy(
            number="ZM-1", code_hash="a" * 64, request_key="b" * 64, household_id=head.id, unit_id=unit.id,
            purpose="lawsuit", note="", receiver="法院", pages=[{"item": one} for one in items], page_count=2,
            unmasked=False, unmask_reason="", digest=found["certified_copy"], signed=False, issued_at=here.now,
            withdrawn_reason="",
        ))  # fmt: skip
        session.add(DisposalList(
            number="XH-1", title="销毁", unit_id=unit.id, state="done", frozen_on=local(here.now).date(),
            made_at=here.now, decision_note="", place="", done_at=here.now,
            certificate_digest=found["destruction_certificate"],
        ))  # fmt: skip
        session.add(PropertyRun(
            moment="filing", household_id=head.id, case_id=case_id, unit_id=unit.id, edition="2026", state="passed",
            fingerprint="c" * 64, papers=2, pages=2, begun_at=here.now, finished_at=here.now,
            report_digest=found["property_report"],
        ))  # fmt: skip
        batch = Batch(name="7", channel="web", unit_id=unit.id, received_at=here.now)
        session.add(batch)
        session.flush()
        session.add(PropertyRun(
            moment="filing", batch_id=batch.id, unit_id=unit.id, edition="2026", state="passed", fingerprint="d" * 64,
            papers=2, pages=2, begun_at=here.now, finished_at=here.now, report_digest=found["batch_report"],
            data_digest=found["batch_data"],
        ))  # fmt: skip
        session.add(AuditRun(kind="export", state="done", asked_at=here.now, finished_at=here.now,
                             digest=found["audit_bundle"]))  # fmt: skip
        session.add(Package(
            household_id=head.id, unit_id=unit.id, direction="out", format="bagit", state="ready",
            asked_at=here.now, digest=found["package"],
        ))  # fmt: skip
    return found


def test_each_kind_is_locked_by_its_rule_and_a_package_is_not(world: World) -> None:
    """Years from its day; as long as the first of its papers, or the longest; for good by a span; then it is shown."""
    found = made(world)
    world.prove()
    assert world.lock()
    until = {name: world.server.versions(digest)[0].until for name, digest in found.items()}
    today = local(world.now).date()
    ten = midnight(plus_years(today, 10))
    assert until == {
        "loan_letter": ten,
        "audit_bundle": ten,
        "certified_copy": midnight(today + timedelta(days=700)),
        "batch_report": midnight(plus_years(today, 30)),
        "batch_data": midnight(plus_years(today, 30)),
        "property_report": midnight(today + timedelta(days=4000)),
        "destruction_certificate": (world.now + timedelta(days=SPAN)).replace(microsecond=0),
        "package": None,
    }
    assert not world.lock()
    with world.database.reading() as session:
        rows = {
            one.kind: one for one in paper_locks.standing(session, records.system(session), world.rules, now=world.now)
        }
    assert (rows["loan_letter"].papers, rows["loan_letter"].locked) == (1, 1)
    assert {rows[one].papers for one in ("property_report", "batch_report", "batch_data")} == {1}
    assert rows["property_data"].papers == 0
    assert (rows["carried_history"].papers, rows["carried_history"].locked) == (0, 0)


def test_a_rule_that_becomes_longer_extends_and_one_that_becomes_shorter_does_not(world: World) -> None:
    """A new paper of a kind is owed at once, and all of them when the rule is another."""
    digest = made(world)["loan_letter"]
    world.prove()
    world.lock()
    text = paper_rules.standard_text()
    for years in (20, 3):
        rules, found = paper_rules.read(text.replace("years: 10", f"years: {years}", 1))
        assert found == []
        assert rules is not None
        world.rules = rules
        assert world.lock()
        assert world.server.versions(digest)[0].until == midnight(plus_years(local(world.now).date(), 20))
    later = put(world, "another letter")
    with world.database.unit_of_work() as session:
        one = session.scalars(select(LoanRequest)).one()
        session.add(LoanRequest(asker_id=one.asker_id, asker_unit_id=one.asker_unit_id, purpose="court", words="",
                                on_behalf_of="", letter_digest=later, emergency=False, asked_at=world.now))  # fmt: skip
    assert world.lock()
    assert world.server.versions(later)[0].until is not None


def test_a_letter_that_is_also_a_page_keeps_its_hold(world: World) -> None:
    """Papers of the archive do not lift what is for those who look after pages to lift."""
    digest = made(world)["loan_letter"]
    world.prove()
    world.lock()
    with world.database.unit_of_work() as session:
        session.get_one(ObjectLock, (digest, "first")).held = True
        session.execute(lock_papers.PaperLockMark.__table__.delete())
    world.server.versions(digest)[0].held = True
    world.lock()
    assert world.server.versions(digest)[0].held


def test_every_column_that_names_an_object_is_decided() -> None:
    """Locked as a page, a better scan, a letter of the household, a paper of the archive, or said to be made again."""
    locked = {f"{column.class_.__tablename__}.{column.key}" for column in COLUMNS}
    locked |= {"rescans.digest", "subject_requests.letter_digest"}
    locked |= {f"{kind.digest.class_.__tablename__}.{kind.digest.key}" for kind in lock_papers.KINDS}
    assert locked.isdisjoint(NOT_LOCKED)
    assert {name for name, _ in REFERENCES} == locked | NOT_LOCKED


@pytest.mark.parametrize(
    ("change", "where", "says"),
    [
        (("    years: 10\n", "    years: 10\n    permanent: true\n"), "loan_letter", "只写一种"),
        (("    follows: papers", "    follows: case"), "certified_copy", "不能随"),
        (("kind: appraisal_report", "kind: package"), "again", "写了两次"),
        (("kind: appraisal_report", "kind: loan_letter"), "again", "还缺"),
        (("    years: 10", "    years: 0"), "years: 0", ""),
    ],
)
def test_rules_that_make_no_sense_are_refused_by_line(change: tuple[str, str], where: str, says: str) -> None:
    """The finding stands at the rule that is wrong, or at the last one when one is lacking."""
    text = paper_rules.standard_text().replace(*change, 1)
    made_of, found = paper_rules.read(text)
    assert made_of is None
    (one,) = [finding for finding in found if says in finding.message]
    rule = text.splitlines()[one.line - 1 :]
    assert any(where in line for line in rule[:6])


def test_a_file_of_rules_that_cannot_be_read_says_which_setting(tmp_path: object) -> None:
    with pytest.raises(Invalid) as caught:
        paper_rules.load(f"{tmp_path}/none.yaml")
    assert caught.value.code == "settings.paper-rules"
