"""Samples of the auditors: draw one, look at its cases with the sheet, close it, take it away."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import replace
from datetime import date

from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response

from archive_service import signing
from archive_service.audit.record import record
from archive_service.calendars.queries import calendar_of
from archive_service.calendars.rules import Calendar, CalendarEnds
from archive_service.errors import Invalid
from archive_service.households.queries import figures
from archive_service.households.queries.figures import FigureFilters
from archive_service.inspection import actions, queries, rules
from archive_service.inspection.queries import FindingFilters
from archive_service.people import queries as people
from archive_service.people.roles import Right
from archive_service.web import inspection_files, labels
from archive_service.web.forms import Form, SentForm
from archive_service.web.i18n import N_
from archive_service.web.pages.inspection import asked
from archive_service.web.pictures import attachment
from archive_service.web.visit import Id, SignedIn, Visit

router = APIRouter()

#: Working days that a unit has to mend a finding, unless the auditor says otherwise.
_DUE_WORKDAYS = 10


@router.get("/inspection/samples")
def list_samples(visit: SignedIn) -> Response:
    """List the samples, with the form to draw another one."""
    visit.viewer.require(Right.INSPECTION_READ)
    return _list(visit)


def _list(visit: Visit, error: str = "", given: dict[str, str] | None = None) -> Response:
    with visit.services.database.reading() as session:
        found = queries.samples(session, visit.viewer)
        centres = people.unit_tree(session, visit.viewer, Right.RECORD_READ)
    said = {"seed": secrets.token_hex(4), "confidence": "95", "error_rate": "5", "margin": "3", **asked(visit)}
    return visit.page(
        "inspection/samples.html",
        found=found,
        centres=centres,
        error=error,
        given={**said, **(given or {})},
        businesses=labels.businesses(),
        status=422 if error else 200,
    )


@router.post("/inspection/samples")
def draw_sample(visit: SignedIn, form: SentForm) -> Response:
    """Draw a sample and show it."""
    names = ("name", "centre", "category", "business", "since", "until", "method", "size", "confidence", "error_rate",
             "margin", "seed")  # fmt: skip
    given = {name: form.text(name, limit=120) for name in names}
    try:
        with visit.services.database.unit_of_work() as session:
            sample = actions.draw_sample(
                session,
                visit.viewer,
                name=given["name"],
                filters=FigureFilters(
                    given["centre"] or None,
                    given["category"] or None,
                    given["business"] or None,
                    given["since"] or None,
                    given["until"] or None,
                ),
                method=given["method"],
                size=form.id("size"),
                confidence=_share(form, "confidence"),
                error_rate=_share(form, "error_rate"),
                margin=_share(form, "margin"),
                seed=given["seed"],
                now=visit.now,
            )
            key = sample.id
    except Invalid as e:
        visit.viewer.require(Right.INSPECT)
        return _list(visit, visit.told(e), given)
    return RedirectResponse(f"/inspection/samples/{key}", status_code=303)


@router.get("/inspection/samples/{sample_id}")
def show_sample(visit: SignedIn, sample_id: Id) -> Response:
    """Show a sample: how it was drawn, its cases and findings."""
    with visit.services.database.reading() as session:
        sample = queries.sample(session, visit.viewer, sample_id)
        cases = queries.sample_cases(session, visit.viewer, sample_id)
        found = queries.findings(session, visit.viewer, FindingFilters(sample_id=sample_id))
    return visit.page("inspection/sample.html", sample=sample, cases=cases, findings=found)


@router.get("/inspection/samples/{sample_id}/cases/{place}")
def show_sheet(visit: SignedIn, sample_id: Id, place: Id) -> Response:
    """Show the inspection sheet of a case, beside what the rules found."""
    return _sheet(visit, sample_id, place)


def _sheet(
    visit: Visit, sample_id: int, place: int, error: str = "", ticked: Mapping[str, str] | None = None, remark: str = ""
) -> Response:
    with visit.services.database.reading() as session:
        sample = queries.sample(session, visit.viewer, sample_id)
        (case,) = queries.sample_cases(session, visit.viewer, sample_id, place=place)
        if ticked is not None:
            # What somebody filled in is not lost with a refusal.
            case = replace(case, sheet=ticked, remark=remark)
        hits = figures.hits_of(session, visit.viewer, case.case_id)
        found = queries.findings(session, visit.viewer, FindingFilters(sample_id=sample_id, case_id=case.case_id))
        due = _usual_due(calendar_of(session, case.unit_id), visit.today)
    return visit.page(
        "inspection/sheet.html",
        sample=sample,
        case=case,
        hits=hits,
        findings=found,
        points=rules.SHEET,
        due=due,
        error=error,
        status=422 if error else 200,
    )


def _usual_due(calendar: Calendar, today: date) -> date | None:
    """Return the usual day by which a unit has to mend a finding; none where its holidays are not known so far."""
    try:
        return calendar.add(today, _DUE_WORKDAYS)
    except CalendarEnds:
        return None


@router.post("/inspection/samples/{sample_id}/cases/{place}")
def keep_sheet(visit: SignedIn, sample_id: Id, place: Id, form: SentForm) -> Response:
    """Keep the sheet of a case and go on to the next."""
    points = {point: said for point in rules.SHEET if (said := form.text(f"point-{point}", limit=10))}
    try:
        with visit.services.database.unit_of_work() as session:
            actions.inspect_case(
                session,
                visit.viewer,
                sample_id=sample_id,
                place=place,
                verdict=form.text("verdict", limit=20),
                sheet=points,
                remark=form.text("remark", limit=500),
                now=visit.now,
            )
    except Invalid as e:
        return _sheet(visit, sample_id, place, visit.told(e), points, form.text("remark", limit=500))
    return RedirectResponse(f"/inspection/samples/{sample_id}#c{place}", status_code=303)


@router.post("/inspection/samples/{sample_id}/cases/{place}/findings")
def raise_finding(visit: SignedIn, sample_id: Id, place: Id, form: SentForm) -> Response:
    """Raise a finding about a case of a sample."""
    with visit.services.database.reading() as session:
        (case,) = queries.sample_cases(session, visit.viewer, sample_id, place=place)
    try:
        with visit.services.database.unit_of_work() as session:
            actions.raise_finding(
                session,
                visit.viewer,
                application_no=case.application_no,
                rule=form.text("rule", limit=24) or "other",
                severity=form.text("severity", limit=10),
                description=form.text("description", limit=500),
                due_on=day_of(form, "due_on"),
                sample_id=sample_id,
                item_no=form.id("item_no"),
                page_no=form.id("page_no"),
                now=visit.now,
                today=visit.today,
            )
    except Invalid as e:
        return _sheet(visit, sample_id, place, visit.told(e))
    return RedirectResponse(f"/inspection/samples/{sample_id}/cases/{place}#findings", status_code=303)


@router.post("/inspection/samples/{sample_id}/close")
def close_sample(visit: SignedIn, sample_id: Id, _form: SentForm) -> Response:
    """Close a sample whose cases are all inspected."""
    with visit.services.database.unit_of_work() as session:
        actions.close_sample(session, visit.viewer, sample_id=sample_id, now=visit.now)
    return RedirectResponse(f"/inspection/samples/{sample_id}", status_code=303)


@router.get("/inspection/samples/{sample_id}/xlsx")
def export_xlsx(visit: SignedIn, sample_id: Id) -> Response:
    """Hand over a sample with its findings and its trail as a workbook, on record."""
    return handed_over(visit, sample_id, "xlsx")


@router.get("/inspection/samples/{sample_id}/pdf")
def export_pdf(visit: SignedIn, sample_id: Id) -> Response:
    """Hand over a sample with its findings and its trail as a printable paper, on record."""
    return handed_over(visit, sample_id, "pdf")


@router.get("/inspection/certificate")
def hand_out_certificate(visit: SignedIn) -> Response:
    """Hand out the certificate by which the signature of a sample's PDF is checked elsewhere."""
    visit.viewer.require(Right.INSPECTION_READ)
    pem = signing.certificate(visit.services.settings, now=visit.now)
    name = attachment(f"{visit.say(N_('签名证书'))}.pem")
    return Response(pem, media_type="application/x-pem-file", headers={"Content-Disposition": name})


def handed_over(visit: Visit, sample_id: int, kind: str) -> Response:
    """Answer with a sample as a file, "xlsx" or "pdf", and write down who took it. Raises NotFound."""
    with visit.services.database.unit_of_work() as session:
        report = inspection_files.report_of(session, visit, sample_id)
        record(
            session, by=visit.viewer.actor, did="sample.exported", object_kind="sample", object_id=sample_id,
            unit_id=report.unit_id, facts={"kind": kind, "cases": len(report.cases)}, now=visit.now,
        )  # fmt: skip
    made, media = inspection_files.KINDS[kind]
    content = made(report)
    if kind == "pdf":
        content = signing.sign(visit.services.settings, content, now=visit.now)
    name = attachment(f"{visit.say(N_('抽样检查'))}-{sample_id}.{kind}")
    return Response(content, media_type=media, headers={"Content-Disposition": name})


def _share(form: Form, name: str) -> float:
    try:
        return float(form.text(name, limit=10) or "0")
    except ValueError:
        raise Invalid("form.no-number", "表单里的编号不对，没有执行。请刷新页面后再试。", field=name) from None


def day_of(form: Form, name: str) -> date:
    """Return a day of a form. Raises Invalid when it is none."""
    try:
        return date.fromisoformat(form.text(name, limit=10))
    except ValueError:
        raise Invalid("finding.due", "整改期限要在今天或以后；延期要晚于原期限。请改正日期。", field=name) from None
