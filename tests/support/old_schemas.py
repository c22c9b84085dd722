"""Databases of older versions of the program, filled with what a program of that time would have written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import (
    Boolean,
    Connection,
    Date,
    DateTime,
    Engine,
    MetaData,
    Numeric,
    String,
    Table,
    Text,
    insert,
    select,
)

from archive_service import migrations
from archive_service.audit.chain import GENESIS, Link, link_hash
from archive_service.db.session import WRITES, connect
from tests.support.databases import Postgres

NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
#: Rows of each kind: enough for several of each, few enough to write them for every version.
MANY = 12


def older() -> list[str]:
    """Return every version before the newest; a new migration makes the list longer by itself."""
    return migrations.versions()[:-1]


@contextmanager
def database_at(version: str, kind: str, folder: Path, server: Postgres | None) -> Iterator[str]:
    """Give the address of a filled database of that version, of the kind sqlite or postgresql."""
    if kind == "sqlite":
        url = f"sqlite:///{folder / 'old.db'}"
        _build(url, version)
        yield url
        return
    assert server is not None
    with server.empty() as url:
        _build(url, version)
        yield url


def _build(url: str, version: str) -> None:
    migrations.upgrade(url, to=version)
    engine = connect(url)
    fill(engine)
    engine.dispose()


def reflect(engine: Engine) -> MetaData:
    """Return the tables as the database has them now: what a program of this version knows."""
    known = MetaData()
    with engine.connect() as connection:
        known.reflect(connection, only=lambda name, _: "_from_" not in name)
    known.remove(known.tables["alembic_version"])
    return known


def rows(engine: Engine, known: MetaData) -> dict[str, list[tuple[Any, ...]]]:
    """Return all rows of all tables, in the columns and in the order of `known`."""
    with engine.connect() as connection:
        return {
            table.name: [tuple(row) for row in connection.execute(select(table).order_by(*table.columns))]
            for table in known.sorted_tables
        }


class Writer:
    """Inserts rows into reflected tables; columns that nobody names get a value that they allow."""

    def __init__(self, connection: Connection, known: MetaData) -> None:
        self._connection = connection
        self._known = known

    def knows(self, table_name: str) -> bool:
        """Say whether this version has a table."""
        return table_name in self._known.tables

    def add(self, table_name: str, /, **values: object) -> int:
        """Insert a row and return its number, 0 when it has none."""
        table = self._known.tables[table_name]
        given = {**_blanks(table), **{key: value for key, value in values.items() if key in table.columns}}
        key = self._connection.execute(insert(table).values(given)).inserted_primary_key
        return key[0] if key is not None and isinstance(key[0], int) else 0


def _blanks(table: Table) -> dict[str, object]:
    """Return a value for each column that must have one and is not numbered by the database."""
    return {
        column.name: _blank(column.type)
        for column in table.columns
        if not column.nullable and column.name != "id" and column.server_default is None
    }


def _blank(kind: object) -> object:
    if isinstance(kind, Boolean):
        return False
    if isinstance(kind, DateTime):
        return NOW
    if isinstance(kind, Date):
        return date(2026, 11, 20)
    if isinstance(kind, Numeric):
        return 0
    if isinstance(kind, Text):
        return "[]"
    return "" if isinstance(kind, String) else 0


def fill(engine: Engine) -> None:
    """Write households with cases, items and pages, received files, jobs in every state, and their audit trail."""
    known = reflect(engine)
    with engine.execution_options(**{WRITES: True}).begin() as connection:
        writer = Writer(connection, known)
        unit = writer.add("units", code="ROOT", name="公司本部", path="/1/")
        person = writer.add("persons", login="zhang.san", name="张三", unit_id=unit, active=True, preferences="{}")
        writer.add("role_grants", person_id=person, role="archivist", unit_id=unit)
        writer.add("sign_ins", person_id=person, token_hash="a" * 64)
        if writer.knows("recovery_codes"):
            writer.add("recovery_codes", person_id=person, code_hash="b" * 64)
            writer.add("sign_in_tries", account=f"p:{person}", source="*", failures=3)
        if writer.knows("webhooks"):
            _privacy_and_interface(writer, unit=unit, person=person)
        batch = writer.add("batches", name="扫描", channel="cli", unit_id=unit, received_by=person)
        for number in range(1, MANY + 1):
            _household(writer, number, unit=unit, person=person)
            _scan(writer, number, batch=batch, unit=unit, person=person)
            state = ("queued", "running", "done", "failed", "cancelled")[number % 5]
            add_job(writer, number, state=state)
        if writer.knows("returned_papers"):
            writer.add("returned_papers", batch_id=batch, item_id=1)
        add_entries(writer, range(1, MANY + 1))
        if writer.knows("notices"):
            mail = writer.add("notice_mails", person_id=person, kind="case-returned", state="sent", made_at=NOW)
            writer.add(
                "notices", person_id=person, kind="case-returned", address="/", values="{}", once_key="k", way="mail",
                mail_id=mail,
            )  # fmt: skip
            writer.add("notice_choices", person_id=person, kind="case-returned", way="digest")
            writer.add("notice_marks", id=1, day=date(2026, 11, 20))
        if writer.knows("naming_models"):
            writer.add("naming_models", digest="b" * 64, state="in-use", generated=3000, confirmed=40, held_back=10)
        if writer.knows("recovery_codes"):
            writer.add("recovery_codes", person_id=person, code_hash="c" * 64)
            writer.add("sign_in_tries", account="d" * 24, source="127.0.0.1", failures=3, last_at=NOW, next_at=NOW)
        writer.add("audit_head", id=1, seq=MANY, hash=_hashes(MANY)[-1])


def _privacy_and_interface(writer: Writer, *, unit: int, person: int) -> None:
    """Write what version 0011 brought, but for what belongs to a household."""
    writer.add("person_ties", person_id=person, kind="account", value="5101431001")
    writer.add("kept_answers", person_id=person, idempotency_key="k-1", request_digest="e" * 64)
    hook = writer.add(
        "webhooks", unit_id=unit, address="https://billing.test/hook", events='["item.filed"]', salt="5" * 32,
        label="计费", made_by=person,
    )  # fmt: skip
    writer.add("webhook_deliveries", webhook_id=hook, event="item.filed", seq=1, payload="{}", state="failed")
    writer.add("webhook_marks", id=1, seq=1)


def _household(writer: Writer, number: int, *, unit: int, person: int) -> None:
    household = writer.add(
        "household_files", account_no=f"{5101431000 + number}", account_name="汪雪梅", service_address="阳光新城",
        customer_category="LR", unit_id=unit, state="open", revision=2,
    )  # fmt: skip
    case = writer.add(
        "case_files", household_id=household, application_no=f"2026031{number:05d}", customer_category="LR",
        business_type="NEW", conditions='["natural"]', accepted_on=date(2026, 3, 10), state="collecting",
    )  # fmt: skip
    writer.add("case_stages", case_id=case, stage="ACCEPT", done_on=date(2026, 3, 10))
    if writer.knows("case_rulings"):
        writer.add(
            "case_rulings", case_id=case, document_type="A10", kind="waived", reason="已核对", state="asked",
            asked_by=person,
        )  # fmt: skip
        writer.add("false_alarms", case_id=case, rule="XC01", fingerprint="f" * 64, reason="旧户号", said_by=person)
    writer.add("verdicts", case_id=case, document_type="A02R", status="present", reason="已归档")
    item = writer.add(
        "items", household_id=household, case_id=case, item_no=1, document_type="A02R", title="用电登记表",
        sensitivity="personal", state="filed", confidence=0.97, filed_by=person, scan_id=number, scan_document=1,
    )  # fmt: skip
    writer.add("item_fields", item_id=item, name="account_name", value="汪雪梅", confidence=0.9)
    for page_no in (1, 2):
        writer.add("pages", item_id=item, page_no=page_no, text="低压居民用电登记表", original_digest=f"{number:064x}")
    if writer.knows("page_notes"):
        writer.add("page_notes", item_id=item, page_no=1, x=500, y=500, text="户名与证件不符", pinned_by=person)
        writer.add("remembered", person_id=person, kind="file", name=f"{5101431000 + number}", at=NOW)
    if writer.knows("unmaskings"):
        writer.add("unmaskings", person_id=person, household_id=household, purpose="inspection", reason="稽查核对")
        writer.add("identity_hashes", hash=f"{number:064x}", household_id=household, item_id=item)
        writer.add("identity_marks", household_id=household, revision=2, key_id="k")
    if writer.knows("person_identities"):
        writer.add("person_identities", person_id=person, issuer=f"https://id{number}.test", subject=f"{number}")
        writer.add("sign_on_attempts", state_hash=f"{number:064x}", wanted="/", expires_at=NOW)
    if writer.knows("hand_overs"):
        writer.add("case_steps", case_id=case, seq=1, verb="submit", from_state="collecting", to_state="submitted")
        over = writer.add("hand_overs", case_id=case, round=1, giver_id=person, given_at=NOW, outcome="returned")
        writer.add("hand_over_papers", hand_over_id=over, place=1, item_id=item, item_no=1, document_type="A02R")
        back = writer.add("case_returns", case_id=case, hand_over_id=over, stage="ACCEPT", reasons='["unsigned"]')
        writer.add("return_marks", return_id=back, item_id=item, page_no=1)
        writer.add("case_places", case_id=case, place=1, item_id=item, filing_no=1, placed_at=NOW)
        writer.add("calendar_days", unit_id=unit, day=date(2027, 1, number), works=False, name="元旦")
        writer.add("calendar_years", unit_id=unit, year=2027 + number, kept_at=NOW)
    if writer.knows("clock_pauses"):
        writer.add("clock_pauses", case_id=case, first_on=date(2026, 3, 12), reason="客户未交产权证", begun_by=person)
        writer.add("lateness_reasons", case_id=case, clock="SCHEME", code="customer", said_by=person, said_at=NOW)
    if writer.knows("stage_corrections"):
        writer.add("stage_corrections", case_id=case, stage="ACCEPT", reason="登记有误", asked_by=person, asked_at=NOW)
    if writer.knows("case_counts"):
        counted = {"unit_id": unit, "customer_category": "LR", "business_type": "NEW", "month": "2026-03", "cases": 1}
        writer.add("case_counts", case_id=case, **counted)
        writer.add("case_figures", settled=number % 2 == 0, due_on=date(2026, 3, number), **counted)
        writer.add("case_hits", case_id=case, unit_id=unit, rule="XC01", message="户号不一致")
    if writer.knows("samples"):
        drawn = writer.add("samples", name="抽查", unit_id=unit, method="random", frame="{}", seed="1", drawn_at=NOW)
        place = writer.add("sample_cases", sample_id=drawn, place=1, case_id=case, drawn_as="{}", sheet="{}")
        found = writer.add(
            "findings", sample_case_id=place, case_id=case, unit_id=unit, rule="XC01", severity="minor", state="open",
            raised_at=NOW,
        )  # fmt: skip
        writer.add("finding_steps", finding_id=found, step="raised", words="户号不一致", by=person, at=NOW)
    if writer.knows("loan_requests"):
        _loan(writer, number, unit=unit, person=person, household=household, item=item)
    if writer.knows("catalogue_drafts"):
        text = writer.add("catalogue_drafts", code=f"T{number}", unit_id=unit, title="增补", text="{}", state="draft")
        check = writer.add("catalogue_checks", draft_id=text, purpose="preview", state="done", made_at=NOW)
        writer.add("catalogue_slices", check_id=check, first_id=1, end_id=2, next_id=2)
        writer.add("catalogue_findings", check_id=check, case_id=case, effect="more", filed=False)
    if writer.knows("case_imports"):
        file = writer.add("case_imports", name="迁移.csv", made_by=person, made_at=NOW, state="previewed", rows=1)
        writer.add("case_import_parts", import_id=file, number=1, rows="[]", fates="[]", passed="previewed")
    if writer.knows("archive_codes"):
        series = "U-KH·LR-2026-"
        writer.add("archive_codes", case_id=case, code=f"{series}{number:05d}", series=series, serial=number)
        writer.add("archive_series", series=f"{series}{number}-", last=1)
        if number == 1:
            writer.add("archive_code_patterns", unit_id=unit, pattern="{fonds}-{year}-{serial:5}", set_by=person)
    if writer.knows("head_values"):
        writer.add("head_values", household_id=household, name="feeder", value="10kV清河线", as_of=NOW, source="push")
        writer.add("account_links", from_household_id=household, to_household_id=household, kind="split")
    if writer.knows("places"):
        _box(writer, number, unit=unit, item=item)
    if writer.knows("certified_copies"):
        writer.add(
            "certified_copies", number=f"ZM-ROOT-2026-{number:05d}", code_hash=f"{number:064x}",
            request_key=f"{number:064x}", household_id=household, unit_id=unit, pages="[]",
        )  # fmt: skip
        writer.add("copy_series", series=f"ZM-{number}-2026", last=1)
    if writer.knows("retention_facts"):
        writer.add(
            "retention_facts", item_id=item, household_id=household, kind="superseded", happened_on=date(2026, 11, 1)
        )
    if writer.knows("subject_requests"):
        asked = writer.add(
            "subject_requests", number=f"GR-{number}-2026-0001", household_id=household, unit_id=unit, kind="restrict",
            relation="self", state="granted", decided_at=NOW, received_on=date(2026, 11, 1), due_on=date(2026, 11, 20),
        )  # fmt: skip
        writer.add("subject_items", request_id=asked, item_id=item)
        writer.add("restrictions", item_id=item, household_id=household, request_id=asked, begun_at=NOW)
        writer.add("restricted_readings", item_id=item, person_id=person, reason="核对", opened_at=NOW, until=NOW)
    if writer.knows("holds"):
        hold = writer.add(
            "holds", unit_id=unit, kind="dispute", reason="争议", authority="来函", review_on=date(2027, 1, 1)
        )
        writer.add("hold_subjects", hold_id=hold, household_id=household)
        _kept(writer, number, unit=unit, household=household, item=item)
    if writer.knows("disposal_lists"):
        _disposed(writer, number, unit=unit, household=household, item=item)
    if writer.knows("audit_checkpoints"):
        made = writer.add("audit_checkpoints", size=number, root="a" * 64, head_hash="b" * 64, algorithm="ed25519")
        writer.add("audit_tiles", number=number, root="a" * 64)
        writer.add("audit_deposits", checkpoint_id=made, place="folder", done_at=NOW)
    if writer.knows("fixity_days"):
        writer.add("fixity_days", day=date(2026, 11, number), objects=number)
        writer.add("fixity_events", digest=f"{number:064x}", outcome="damaged", store="first", agent="upkeep")
    if writer.knows("lock_proofs"):
        writer.add("lock_proofs", store="first", state="enforced", let="")
        writer.add(
            "object_locks", digest=f"{number:064x}", store="first", name=f"{number:064x}", held=False, state="kept"
        )
        writer.add("lock_marks", household_id=household, revision=1, edition="2026", holds=0)
    if writer.knows("paper_lock_marks"):
        writer.add("paper_lock_marks", kind=f"kind_{number}", rule="a" * 16, papers=1)
    if writer.knows("packages"):
        writer.add(
            "packages", household_id=household, unit_id=unit, direction="out", format="bagit", state="ready",
            asked_at=NOW, size_bytes=1, file_count=1, manifest_sha256="",
        )  # fmt: skip
        writer.add("carried_histories", household_id=household, seq=1, digest="e" * 64, entries=1, carried_at=NOW)
    if writer.knows("package_hand_ins"):
        writer.add(
            "package_hand_ins", unit_id=unit, as_named=False, channel="web", name="移交.zip", size_bytes=1,
            state="refused", handed_in_at=NOW, format="", account_no="", cases=0, items=0, files=0, manifest_sha256="",
            signature="", signer="", findings="[]", reason="", received=0,
        )  # fmt: skip
    if writer.knows("audit_runs"):
        writer.add(
            "audit_runs", kind="check", state="done", asked_at=NOW, entries=1, covered=1, finding_count=0,
            findings="[]", size_bytes=0, key="",
        )  # fmt: skip
    if writer.knows("property_runs"):
        writer.add(
            "property_schemes", code=f"FP-{number}", title="四性检测项目表", effective_from=NOW.date(), text="{}",
            state="draft", unit_id=unit, changed_at=NOW,
        )  # fmt: skip
        run = writer.add(
            "property_runs", moment="filing", household_id=household, case_id=case, unit_id=unit, edition="FP2026",
            state="passed", fingerprint="f" * 64, papers=1, pages=1, begun_at=NOW, finished_at=NOW,
        )  # fmt: skip
        writer.add(
            "property_results", run_id=run, place=1, code="GD-1-1", property="authenticity", mode="automatic",
            title_zh="固化信息有效性", title_en="Fixed information", result="passed", evidence="摘要相符",
        )  # fmt: skip
    if writer.knows("renditions"):
        writer.add("renditions", item_id=item, kind="pdf-a", fingerprint="f" * 64, builder=1)
    writer.add("indexed_revisions", household_id=household, generation="g1", revision=2)
    writer.add("stored_objects", digest=f"{number:064x}", size_bytes=number, role="original", media_type="image/jpeg")


def _kept(writer: Writer, number: int, *, unit: int, household: int, item: int) -> None:
    writer.add("closed_files", household_id=household, number=f"XH-2026-{number:05d}", closed_on=NOW.date())
    writer.add("retention_dues", item_id=item, household_id=household, outcome="permanent", rule="R", edition="2026")
    writer.add("retention_reckoned", household_id=household, revision=1, edition="2026", reckoned_on=NOW.date())
    draft = writer.add("retention_drafts", code=f"R{number}", state="draft", unit_id=unit, revision=1)
    run = writer.add("retention_runs", draft_id=draft, purpose="preview", state="done", revision=1)
    writer.add("retention_changes", run_id=run, item_id=item, effect="later", was="2036-01-01", becomes="2046-01-01")


def _disposed(writer: Writer, number: int, *, unit: int, household: int, item: int) -> None:
    made = writer.add("disposal_lists", number=f"XH-ROOT-2026-{number:04d}", unit_id=unit, state="done")
    writer.add("disposal_items", list_id=made, item_id=item, household_id=household, state="destroyed")
    writer.add("tombstones", item_id=item, household_id=household, register_no=f"XH-ROOT-2026-{number:04d}")
    writer.add("removed_objects", digest=f"{number + 900:064x}", register_no=f"XH-ROOT-2026-{number:04d}")


def _loan(writer: Writer, number: int, *, unit: int, person: int, household: int, item: int) -> None:
    asked = writer.add("loan_requests", asker_id=person, asker_unit_id=unit, purpose="audit", words="核对")
    wish = writer.add(
        "loan_wishes", request_id=asked, place=1, unit_id=unit, household_id=household, way="screen", days=1,
        state="approved", edition="B2026", rule="BR08", level="archivist", queued_at=NOW,
    )  # fmt: skip
    writer.add("loan_wish_pages", wish_id=wish, item_id=item, page_no=1, approved=True)
    writer.add(
        "loan_decisions", wish_id=wish, asker_id=person, decided_by=None, level="archivist", outcome="approved",
        words="", decided_at=NOW,
    )  # fmt: skip
    grant = writer.add(
        "reading_grants", wish_id=wish, person_id=person, reader_unit_id=unit, begins_at=NOW,
        ends_at=NOW + timedelta(days=1), prints=0, printed=0,
    )  # fmt: skip
    writer.add("reading_grant_pages", grant_id=grant, item_id=item, page_no=1)
    writer.add("page_readings", grant_id=grant, person_id=person, item_id=item, page_no=1, purpose="audit", at=NOW)
    holder = writer.add("persons", login=f"holder{number}", name="李四", unit_id=unit, active=True)
    out = writer.add("paper_loans", wish_id=wish, holder_id=holder, unit_id=unit, handed_out_by=person, state="out")
    writer.add("lent_papers", loan_id=out, item_id=item, pages_out=2, note="")


def _box(writer: Writer, number: int, *, unit: int, item: int) -> None:
    sent = writer.add("box_transfers", from_unit_id=unit, to_unit_id=unit, state="received", reason="划转")
    place = {"unit_id": unit, "state": "in_use", "version": 1}
    room = writer.add("places", kind="room", code=f"U-K{number:02d}", stem="U-K", serial=number, path="1/", **place)
    box = writer.add("places", kind="box", code=f"U-H{number:05d}", stem="U-H", serial=number, path="1/", **place)
    writer.add("paper_places", item_id=item, box_id=box, unit_id=unit, seq=1, since=NOW)
    writer.add("paper_moves", item_id=item, seq=1, verb="put", to_box_id=box, at=NOW)
    writer.add("box_moves", box_id=box, seq=1, verb="made", unit_id=unit, at=NOW)
    writer.add("climate_readings", room_id=room, measured_at=NOW, outside="[]")
    writer.add("transfer_boxes", transfer_id=sent, box_id=box, papers_sent=1, under_way=False)
    count = writer.add("stocktakes", place_id=box, unit_id=unit, counts="papers", state="closed", opened_at=NOW)
    writer.add("stocktake_lines", stocktake_id=count, item_id=item, place_id=box)
    writer.add("stocktake_scans", stocktake_id=count, code=f"U-H{number:05d}", box_id=box, at=NOW)
    writer.add("stocktake_results", stocktake_id=count, outcome="found", code="", item_id=item)


def _scan(writer: Writer, number: int, *, batch: int, unit: int, person: int) -> None:
    scan = writer.add(
        "scans", batch_id=batch, unit_id=unit, file_name=f"{number}.pdf", digest=f"{number:064x}", state="filed",
        page_count=2, pages_done=2,
    )  # fmt: skip
    for page_no in (1, 2):
        writer.add("scan_pages", scan_id=scan, page_no=page_no, text="低压居民用电登记表")
    if writer.knows("page_findings"):
        writer.add("page_findings", scan_id=scan, page_no=1, code="blurred", measure=0.12, limit=0.09)
        writer.add("page_inspections", batch_id=batch, scan_id=scan, page_no=1, fault="blurred")
        if writer.knows("scan_page_readings"):
            writer.add("scan_page_readings", scan_id=scan, page_no=1, state="wanted")
        writer.add("rescans", scan_id=scan, page_no=1, state="waiting", digest=f"{number:064x}", file_name="1.jpg")
    if writer.knows("review_claims"):
        writer.add("review_claims", scan_id=scan, person_id=person, since=NOW, turn=1)
    writer.add("scan_documents", scan_id=scan, seq=1, pages="[1,2]", first_page=1, state="filed", fields="{}")


def add_job(writer: Writer, subject: int, *, state: str = "queued") -> int:
    """Write a job of a scan."""
    return writer.add("jobs", kind="scan", subject=str(subject), queue="light", state=state, max_attempts=3)


def add_entries(writer: Writer, numbers: Sequence[int]) -> None:
    """Write entries of the one chain that these numbers stand for."""
    hashes = _hashes(numbers[-1])
    for seq in numbers:
        link = _link(seq)
        writer.add(
            "audit_entries", seq=seq, at=link.at, person_name=link.person_name, did=link.did, hash=hashes[seq],
            object_kind=link.object_kind, object_id=link.object_id, facts="{}", previous_hash=hashes[seq - 1],
        )  # fmt: skip


def _link(seq: int) -> Link:
    return Link(seq, NOW, None, "system", "item.filed", "item", str(seq), None, {})


def _hashes(last: int) -> list[str]:
    found = [GENESIS]
    for seq in range(1, last + 1):
        found.append(link_hash(found[-1], _link(seq)))
    return found
