"""The household file: its cases, the completeness of each, its papers and its history."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from fastapi import APIRouter
from fastapi.responses import Response

from archive_service import zone
from archive_service.audit.queries import EntryView
from archive_service.errors import NotFound
from archive_service.fixity import write_once
from archive_service.holds import queries as holds
from archive_service.households import queries, states
from archive_service.households.heads import queries as heads
from archive_service.households.views import CaseView, CheckView, HouseholdView, ItemView, VerdictView
from archive_service.notebook.rules import Kind
from archive_service.people.roles import Right
from archive_service.subjects import queries as subjects
from archive_service.web import labels, reading, remembering, words
from archive_service.web.pages import household_items
from archive_service.web.visit import SignedIn, Visit, whole_number
from ingest import queries as ingest
from retention import disposal_queries, letters
from retention import queries as retention

router = APIRouter()

_HISTORY_SHOWN, _RECENT_SHOWN = 100, 5
#: Papers from which a column of the matrix stands two and three cells wide.
_BROAD, _WIDE = 5, 12
#: What a person has to act on, worst first.
_PROBLEMS = ("missing", "doubtful", "deferred")
_SATISFIED = ("present", "inherited", "waived")


@dataclass(frozen=True)
class Column:
    """Neighbouring stages of the matrix with one cell a paper."""

    word: str
    cells: Sequence[VerdictView]
    satisfied: int
    due: int

    @property
    def look(self) -> str:
        """Return the class that gives the column room for several cells a row."""
        return "wide" if len(self.cells) > _WIDE else "broad" if len(self.cells) > _BROAD else ""


@dataclass(frozen=True)
class Dot:
    """A stage on the line: done on a day, or still to come."""

    stage: str
    done_on: date | None
    due_on: date | None
    now: bool


@dataclass(frozen=True)
class Thumb:
    """A paper among hundreds, worked out before the template so that it has little to do for each."""

    id: int
    #: First page that this person may see; none when all are hidden.
    page: int | None
    pages: int
    name: str
    under: str
    #: It is stored only.
    closed: bool


@router.get("/households/{account_no}")
def show_household(visit: SignedIn, account_no: str) -> Response:
    """Show the file, with the case asked for or the one that needs most."""
    file = _file(visit, account_no)
    chosen = _case_chosen(file, visit.request.query_params.get("case"))
    return _show_case(visit, file, chosen)


@router.get("/households/{account_no}/cases/{application_no}")
def show_case(visit: SignedIn, account_no: str, application_no: str) -> Response:
    """Show the file with one of its cases."""
    file = _file(visit, account_no)
    return _show_case(visit, file, _case_named(file, application_no))


@router.get("/households/{account_no}/history")
def show_history(visit: SignedIn, account_no: str) -> Response:
    """Show what happened to the file, newest first."""
    file = _file(visit, account_no)
    with visit.services.database.reading() as session:
        before = whole_number(visit.request.query_params.get("before"))
        events = queries.history(session, visit.viewer, account_no, before=before, limit=_HISTORY_SHOWN)
        gone = disposal_queries.tombstones(session, visit.viewer, household_id=file.id, unit_id=file.unit_id)
    days: dict[date, list[EntryView]] = {}
    for event in events.entries:
        days.setdefault(zone.local(event.at).date(), []).append(event)
    return visit.page(
        "households/history.html", file=file, tab="history", events=events, days=days, before=before, gone=gone
    )


@router.get("/households/{account_no}/head")
def show_head(visit: SignedIn, account_no: str) -> Response:
    """Show what the business system says of the household: what holds, what held before, accounts it came out of."""
    file = _file(visit, account_no)
    with visit.services.database.reading() as session:
        head = heads.head(session, visit.viewer, account_no)
    return visit.page("households/head.html", file=file, tab="head", head=head)


@router.get("/households/{account_no}/recent")
def show_recent(visit: SignedIn, account_no: str) -> Response:
    """Return, as a part of the page, what happened to the file lately; the page itself does not wait for it."""
    with visit.services.database.reading() as session:
        found = queries.history(session, visit.viewer, account_no, limit=_RECENT_SHOWN, counted=False)
    return visit.page("households/recent.html", recent=found.entries)


@router.get("/households/{account_no}/cases/{application_no}/contents")
def show_contents(visit: SignedIn, account_no: str, application_no: str) -> Response:
    """Show the contents list of a case, to be printed and laid in the folder: papers in catalogue order, what lacks."""
    file = _file(visit, account_no)
    case = _case_named(file, application_no)
    papers = household_items.ordered([item for item in file.items if item.case_id == case.id], "catalogue")
    lacking = [verdict for verdict in problems(case) if verdict.status == "missing"]
    return visit.page("households/contents.html", file=file, case=case, papers=papers, lacking=lacking)


def _file(visit: Visit, account_no: str) -> HouseholdView:
    with visit.services.database.reading() as session:
        file = queries.household(session, visit.viewer, account_no, fields=False)
    reading.note(visit, file)
    return file


def _case_named(file: HouseholdView, application_no: str) -> CaseView:
    found = next((case for case in file.cases if case.application_no == application_no), None)
    if found is None:
        raise NotFound("case.not-found", "该户下没有这个申请编号，或您无权查看。请从户档案里选择案件。")
    return found


def _case_chosen(file: HouseholdView, asked: str | None) -> CaseView | None:
    for case in file.cases:
        if case.application_no == asked:
            return case
    open_first = sorted(file.cases, key=lambda c: (c.state in states.KEPT, c.complete, c.filing_due_on or date.max))
    return open_first[0] if open_first else None


def _show_case(visit: Visit, file: HouseholdView, case: CaseView | None) -> Response:
    papers = household_items.ordered(file.items, "catalogue")
    with visit.services.database.reading() as session:
        held = holds.of_household(session, file.id)
        kept = retention.longest_of_household(session, visit.viewer, file.id)
        locks = write_once.of_household(session, file.id, now=visit.now)
        keeps = visit.viewer.may(Right.SUBJECT_KEEP, file.unit_id)
        asked = subjects.requests(session, visit.viewer, household_id=file.id, today=visit.today) if keeps else None
        answers = letters.kept(session, file.id, today=visit.today) if keeps else {}
    page = visit.page(
        "households/file.html",
        file=file,
        held=held,
        kept=kept,
        locks=locks,
        asked=asked.rows if asked else (),
        letters=answers,
        tab="cases",
        case=case,
        columns=columns(case) if case else [],
        dots=dots(case) if case else [],
        problems=problems(case) if case else [],
        full=visit.request.query_params.get("papers") == "all",
        items={item.id for item in papers},
        case_items=_thumbs(visit, [item for item in papers if case and item.case_id == case.id]),
        loose=_thumbs(visit, [item for item in papers if item.case_id is None]),
        owed=_owed(case) if case else {},
        totals=totals(case) if case else {},
        days_left=(case.filing_due_on - visit.today).days if case and case.filing_due_on else None,
        observations=_observations(visit, case) if case else [],
        candidates=_candidates(visit, file),
    )
    return remembering.after(page, visit, Kind.FILE, file.account_no)


def _thumbs(visit: Visit, papers: Sequence[ItemView]) -> list[Thumb]:
    say = labels.Labels(visit.language)
    names = {code: say.document_type(code) for code in {paper.document_type for paper in papers}}
    thumbs = []
    for paper in papers:
        cover, code = paper.cover, paper.document_type
        under = [
            *([] if code == labels.OTHER else [code]),
            *([str(paper.document_date)] if paper.document_date else []),
        ]
        page = cover.page_no if cover else None
        thumbs.append(Thumb(paper.id, page, len(paper.pages), names[code], " ".join(under), paper.closed))
    return thumbs


def _owed(case: CaseView) -> dict[str, tuple[str, date | None]]:
    """Return which stage owes each paper, with the day on which that stage was done, by document type."""
    done = {stage.stage: stage.done_on for stage in case.stages}
    types = labels.document_types()
    stages = {v.document_type: types[v.document_type].stage for v in case.verdicts if v.document_type in types}
    return {code: (stage, done.get(stage)) for code, stage in stages.items()}


def columns(case: CaseView) -> list[Column]:
    """Return the matrix of a case: stages in work order, with their papers in catalogue order."""
    types = labels.document_types()
    column_of = {stage: word for word, stages in words.COLUMNS for stage in stages}
    cells: dict[str, list[VerdictView]] = {word: [] for word, _ in words.COLUMNS}
    for verdict in case.verdicts:
        kind = types.get(verdict.document_type)
        stage = kind.stage if kind else ""
        # A stage that an edited catalogue added stands in a column of its own.
        cells.setdefault(column_of.get(stage, stage), []).append(verdict)
    return [_column(word, found) for word, found in cells.items() if found]


def _column(word: str, cells: Sequence[VerdictView]) -> Column:
    due = [cell for cell in cells if cell.due]
    return Column(word, cells, sum(cell.status in _SATISFIED for cell in due), len(due))


def dots(case: CaseView) -> list[Dot]:
    """Return the stage line of a case: what is done with its day, and where it stands now."""
    done = {stage.stage: stage.done_on for stage in case.stages}
    if case.accepted_on:
        done.setdefault("ACCEPT", case.accepted_on)
    if case.energised_on:
        done.setdefault("ENERGISE", case.energised_on)
    types = labels.document_types()
    asked = {types[v.document_type].stage for v in case.verdicts if v.due and v.document_type in types}
    shown = [code for code in labels.Labels("zh").stages() if code in done or code in asked or code == "FILING"]
    last = max((at for at, code in enumerate(shown) if code in done), default=-1)
    filed = case.state in states.KEPT
    return [
        Dot(code, done.get(code), case.filing_due_on if code == "FILING" else None, not filed and at == last + 1)
        for at, code in enumerate(shown)
    ]


def problems(case: CaseView) -> list[VerdictView]:
    """Return the papers of a case that someone has to act on, worst first."""
    found = [
        verdict
        for verdict in case.verdicts
        if verdict.status in _PROBLEMS and (verdict.due or verdict.status != "missing")
    ]
    return sorted(found, key=lambda verdict: _PROBLEMS.index(verdict.status))


def totals(case: CaseView) -> dict[str, int]:
    """Return how many cells of the matrix stand in each state, counted from the cells."""
    return {code: n for code in words.PAPER if (n := sum(v.status == code for v in case.verdicts))}


def _candidates(visit: Visit, file: HouseholdView) -> dict[str, int]:
    """Return the doubtful documents that may close a gap of this file: type -> document."""
    if not visit.viewer.may(Right.SCAN_REVIEW, file.unit_id):
        return {}
    with visit.services.database.reading() as session:
        waiting = ingest.waiting_for(session, visit.viewer, file.id)
    return {document.document_type: document.id for document in waiting}


def _observations(visit: Visit, case: CaseView) -> Sequence[CheckView]:
    with visit.services.database.reading() as session:
        return queries.observations(session, visit.viewer, case.application_no, today=visit.today)
