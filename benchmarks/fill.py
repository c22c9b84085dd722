"""Fill an empty, migrated archive with believable records by bulk inserts: a million items in minutes.

The papers say what the sample papers say (`archive_service.samples`), with the numbers, names and addresses of their
own household and a wrong character in sixty. A household has one case, every fifth two, eight items on average, and one
household has 300. The cases are judged as the archive judges them, every act stands in the chained audit trail. There
are no objects: digests name nothing. Each item came from a scan; 1 in 500 documents still waits for a person.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any

from sqlalchemy import select, text

from archive_service import clock
from archive_service.audit.chain import Link, link_hash
from archive_service.audit.tables import AuditHead
from archive_service.db.session import Database
from archive_service.households import counting
from archive_service.samples.people import home, name, shop
from archive_service.samples.plans import PLANS, Plan
from archive_service.workdays import add_working_days
from benchmarks.fill_papers import LAST_DAY, Paper, assessed, codes_of, pool
from benchmarks.fill_people import staff
from benchmarks.fill_tables import Tables

#: Households on average hold so many items, and the thickest one so many.
ITEMS_A_HOUSEHOLD, THICKEST = 8, 300
THICK_ACCOUNT = "3400000000"
_SEED = 11
_HOUSEHOLDS_A_TIME, _SCANS_A_BATCH = 1000, 500
_WRONG = [chr(code) for code in range(0x4E00, 0x4E00 + 3000)]


@dataclass(frozen=True)
class Filled:
    """What stands in the archive now."""

    items: int
    households: int
    cases: int
    pages: int


@dataclass
class Filler:
    """Invents households one after the other."""

    units: Sequence[int]
    person_id: int
    papers: Mapping[str, Sequence[Paper]]
    chance: Random
    tables: Tables
    audit: tuple[int, str]

    def household(self, number: int, items: int) -> None:
        """Add one household with so many items."""
        plan = PLANS[number % len(PLANS)]
        account_no = str(3_400_000_000 + number)
        unit_id = self.units[number % len(self.units)]
        account_name = name(self.chance) if plan.category == "LR" else shop(self.chance)
        address = home(self.chance)
        accepted = LAST_DAY - timedelta(days=self.chance.randrange(30, 2500))
        moment = _moment(accepted)
        key = self.tables.add(
            "household_files", account_no=account_no, account_name=account_name, service_address=address,
            customer_category=plan.category, unit_id=unit_id, state="open", revision=items + 1, created_at=moment,
        )  # fmt: skip
        self._note("household.opened", "household", key, unit_id, {"account_no": account_no}, accepted)
        cases = 1 if number % 5 or items == THICKEST else 2
        for place in range(cases):
            own = items // cases if place < cases - 1 else items - (items // cases) * (cases - 1)
            said = (account_no, account_name, address, f"{accepted:%Y%m%d}{number:08d}{place}")
            first_no = place * (items // cases) + 1
            self._case(key, unit_id, plan, said, items=own, first_no=first_no, accepted=accepted)
            accepted += timedelta(days=200)

    def _case(
        self,
        household_id: int,
        unit_id: int,
        plan: Plan,
        said: tuple[str, str, str, str],
        *,
        items: int,
        first_no: int,
        accepted: date,
    ) -> None:
        codes = codes_of(plan, items)
        edition, assessment = assessed(plan, tuple(codes))
        energised = accepted + timedelta(days=self.chance.randrange(5, 40))
        energised_on = energised if energised <= LAST_DAY and self.chance.random() < 0.9 else None
        complete = assessment is not None and assessment.complete
        case_id = self.tables.add(
            "case_files", household_id=household_id, application_no=said[3], customer_category=plan.category,
            business_type=plan.business_type, capacity_kva="8.00", voltage="10kV" if plan.category == "HV" else "220V",
            conditions=_json(sorted(plan.conditions)), accepted_on=str(accepted),
            energised_on=str(energised_on) if energised_on else None,
            filing_due_on=str(add_working_days(energised_on, 3)) if energised_on else None,
            state="filed" if complete else "collecting", filed_at=_moment(energised) if complete else None,
            edition=edition, complete=int(complete), due_count=assessment.due_count if assessment else 0,
            satisfied_count=assessment.satisfied_count if assessment else 0,
            missing_count=assessment.missing_count if assessment else 0,
            doubtful_count=assessment.doubtful_count if assessment else 0,
            assessment_error=None if assessment else "不知道办理条件。", created_at=_moment(accepted),
        )  # fmt: skip
        facts = {"account_no": said[0], "application_no": said[3]}
        self._note("case.registered", "case", case_id, unit_id, facts, accepted)
        for stage, day in (("ACCEPT", accepted), ("ENERGISE", energised_on)):
            if day is not None:
                self.tables.add("case_stages", case_id=case_id, stage=stage, done_on=str(day), recorded_at=_moment(day))
        keys = self._items(household_id, unit_id, case_id, codes, said, first_no=first_no, filed=energised)
        for verdict in assessment.verdicts if assessment else ():
            self.tables.add(
                "verdicts", case_id=case_id, document_type=verdict.document_type, requirement=str(verdict.requirement),
                condition=verdict.condition, status=str(verdict.status), reason=verdict.reason,
                evidence=_json([keys[place] for place in verdict.evidence]), details=_json({"due": verdict.due}),
            )  # fmt: skip

    def _items(
        self,
        household_id: int,
        unit_id: int,
        case_id: int,
        codes: Sequence[str],
        said: tuple[str, str, str, str],
        *,
        first_no: int,
        filed: date,
    ) -> list[int]:
        moment, keys = _moment(filed), []
        scan_id = 0
        for place, code in enumerate(codes):
            if place % 2 == 0:
                # Two papers come in one file.
                scan_id = self._scan(unit_id, said[3], place, moment)
            item_no = first_no + place
            keys.append(
                self._item(household_id, unit_id, case_id, code, said, (scan_id, place % 2 + 1), item_no, filed)
            )
        return keys

    def _item(
        self,
        household_id: int,
        unit_id: int,
        case_id: int,
        code: str,
        said: tuple[str, str, str, str],
        scan: tuple[int, int],
        item_no: int,
        filed: date,
    ) -> int:
        papers = self.papers[code]
        paper = papers[self.chance.randrange(len(papers))]
        replaced = paper.said_for(*said)
        moment = _moment(filed)
        item_id = self.tables.add(
            "items", household_id=household_id, case_id=case_id, item_no=item_no, document_type=code,
            title=paper.title, document_date=str(filed), sensitivity="personal" if code in _PERSONAL else "internal",
            state="filed", confidence=0.97, reasons='["标题相符","户号相符"]', scan_id=scan[0], scan_document=scan[1],
            filed_at=moment, filed_by=self.person_id,
        )  # fmt: skip
        for field, value in _fields(paper, replaced):
            self.tables.add(
                "item_fields", item_id=item_id, name=field, value=value, unit=None, confidence=0.96, page=1,
                box="[120,340,560,380]", checked=None,
            )  # fmt: skip
        for number in range(1, 2 + self.chance.choice((1, 1, 2))):
            page = self._page(papers, paper, number, replaced)
            digest = f"{self.chance.getrandbits(256):064x}"
            self.tables.add(
                "pages", item_id=item_id, page_no=number, original_digest=digest, original_page=number,
                image_digest=digest, thumbnail_digest=digest, width_px=1654, height_px=2339, dpi=200, rotation=0,
                engine="rapidocr", confidence=0.97, text=page, lines_digest=digest,
            )  # fmt: skip
        self._document(scan, code, household_id, case_id, item_id, moment)
        facts = {"account_no": said[0], "application_no": said[3], "item_no": item_no, "document_type": code}
        self._note("item.filed", "item", item_id, unit_id, facts, filed)
        return item_id

    def _page(self, papers: Sequence[Paper], paper: Paper, number: int, replaced: Sequence[tuple[str, str]]) -> str:
        if number <= len(paper.pages):
            said = paper.pages[number - 1]
        else:
            # A sheet goes on where the paper of the sample has but one.
            other = papers[self.chance.randrange(len(papers))]
            said, replaced = (
                other.pages[0],
                [(old, new) for (old, _), (_, new) in zip(other.said_for(*_NO), replaced, strict=True)],
            )
        for old, new in replaced:
            said = said.replace(old, new)
        letters = list(said)
        for _ in range(len(letters) // 60):
            letters[self.chance.randrange(len(letters))] = _WRONG[self.chance.randrange(3000)]
        return "".join(letters)

    def _batch(self, unit_id: int, moment: str) -> int:
        scans = self.tables.last_id["scans"]
        if scans % _SCANS_A_BATCH == 0:
            return self.tables.add(
                "batches",
                name=f"存量数字化 {scans // _SCANS_A_BATCH + 1}",
                channel="cli",
                unit_id=unit_id,
                received_by=self.person_id,
                received_at=moment,
            )
        return self.tables.last_id["batches"]

    def _scan(self, unit_id: int, application_no: str, place: int, moment: str) -> int:
        waits = self.chance.random() < 1 / 250
        return self.tables.add(
            "scans", batch_id=self._batch(unit_id, moment), unit_id=unit_id,
            parent_id=None, file_name=f"{application_no}-{place}.pdf",
            digest=f"{self.chance.getrandbits(256):064x}", size_bytes=184_320, format="pdf",
            state="needs_review" if waits else "filed", page_count=4, pages_done=4, flags="[]", duplicate_of=None,
            received_by=self.person_id, received_at=moment, finished_at=moment,
        )  # fmt: skip

    def _document(
        self, scan: tuple[int, int], code: str, household_id: int, case_id: int, item_id: int, moment: str
    ) -> None:
        # Of a scan that waits, the first document waits; as if it had been filed by hand and proposed once more.
        waits = scan[1] == 1 and self.tables.rows["scans"][-1][8] == "needs_review"
        self.tables.add(
            "scan_documents", scan_id=scan[0], seq=scan[1], pages="[1,2]", first_page=2 * scan[1] - 1,
            document_type=code, confidence=0.62 if waits else 0.97, candidates="[]", fields="{}",
            reasons='["标题相符"]', doubts='["文件类型把握不足"]' if waits else "[]", household_id=household_id,
            case_id=case_id, match_confidence=0.95, state="proposed" if waits else "filed", part_of=None,
            item_id=None if waits else item_id, decided_by=None, decided_at=moment,
        )  # fmt: skip

    def _note(self, did: str, kind: str, key: int, unit_id: int, facts: Mapping[str, Any], day: date) -> None:
        seq, previous = self.audit[0] + 1, self.audit[1]
        at = datetime.combine(day, time(9), tzinfo=UTC)
        made = link_hash(previous, Link(seq, at, self.person_id, "王档案", did, kind, str(key), unit_id, facts))
        self.audit = seq, made
        self.tables.add(
            "audit_entries", seq=seq, at=_moment(day), person_id=self.person_id, person_name="王档案", did=did,
            object_kind=kind, object_id=str(key), unit_id=unit_id, facts=_json(facts), previous_hash=previous,
            hash=made,
        )  # fmt: skip


#: Four different signs that stand in no text.
_NO = ("\x01", "\x02", "\x03", "\x04")
_PERSONAL = frozenset({"A05", "A06", "A07", "A08", "A09"})


def fill(database: Database, items: int, *, progress: Any = lambda done, total: None) -> Filled:
    """Fill the migrated, initialised archive with so many items; `progress` is told items done and in all."""
    tables = Tables()
    with database.unit_of_work() as session:
        units, person_id = staff(session)
        head = session.execute(select(AuditHead.seq, AuditHead.hash)).one()
    filler = Filler(units, person_id, pool(), Random(_SEED), tables, (head.seq, head.hash))
    done = 0
    for number, size in enumerate(_sizes(items, Random(_SEED))):
        filler.household(number, size)
        done += size
        if number % _HOUSEHOLDS_A_TIME == 0:
            _write(database, filler)
            progress(done, items)
    _write(database, filler)
    _settle(database, tables)
    progress(done, items)
    last = tables.last_id
    return Filled(last["items"], last["household_files"], last["case_files"], last["pages"])


def _write(database: Database, filler: Filler) -> None:
    with database.unit_of_work() as session:
        filler.tables.write(session.connection())
        session.execute(
            text("update audit_head set seq = :seq, hash = :hash"),
            dict(zip(("seq", "hash"), filler.audit, strict=True)),
        )


def _settle(database: Database, tables: Tables) -> None:
    """Let the database number on behind what was written, and learn what its tables look like."""
    with database.unit_of_work() as session:
        if session.connection().dialect.name == "postgresql":
            for table, last in tables.last_id.items():
                if table != "audit_entries" and last:
                    session.execute(text(f"select setval(pg_get_serial_sequence('{table}', 'id'), {last})"))
        session.execute(text("analyze"))


def _sizes(items: int, chance: Random) -> Iterator[int]:
    """Give the number of items of each household: the thick one first, then 1 to 15, eight on average."""
    left = items
    first = min(THICKEST, left)
    yield first
    left -= first
    while left > 0:
        size = min(left, chance.randint(1, 2 * ITEMS_A_HOUSEHOLD - 1))
        yield size
        left -= size


def _fields(paper: Paper, replaced: Sequence[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    new = dict(replaced)
    for field, value in list(paper.fields.items())[:5]:
        yield field[:40], new.get(value, value)[:400]


def _moment(day: date) -> str:
    return f"{day} 09:00:00.000000"


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def count_all(database: Database) -> None:
    """Count the cases that were filled in by bulk, as upkeep does after an upgrade, and fold the loose rows."""
    after: int | None = 0
    while after is not None:
        with database.unit_of_work() as session:
            after = counting.count_missing(session, after=after)
    folded = 1
    while folded:
        with database.unit_of_work() as session:
            folded = counting.fold(session, today=clock.today())
