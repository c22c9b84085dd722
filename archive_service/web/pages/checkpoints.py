"""Signed checkpoints of the audit trail, what proves that they hold, and bundles to check them elsewhere."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response

from archive_service.audit import checkpoints as signing
from archive_service.audit import note, offline, sheet
from archive_service.errors import ArchiveError, Invalid, NotFound
from archive_service.jobs.nudge import nudge
from archive_service.people.roles import Right
from archive_service.proofs import actions, queries
from archive_service.proofs.selecting import Asked
from archive_service.web import pictures
from archive_service.web.forms import Form, SentForm
from archive_service.web.visit import Id, SignedIn, Visit, whole_number

router = APIRouter()

_SHOWN = 50
_CHECKER = "check.py"


@router.get("/audit/checkpoints")
def list_checkpoints(visit: SignedIn) -> Response:
    """Show the checkpoints and their places, the checks and the exports."""
    return _list(visit)


def _list(visit: Visit, error: ArchiveError | None = None, form: Form | None = None) -> Response:
    before = whole_number(visit.request.query_params.get("before"))
    places = signing.places(visit.services.settings)
    with visit.services.database.reading() as session:
        found = queries.checkpoints(session, visit.viewer, places=places, before=before, limit=_SHOWN)
        checks = queries.runs(session, visit.viewer, kind="check", limit=5)
        exports = queries.runs(session, visit.viewer, kind="export")
    names = ("what", "account_no", "sample", "first_day", "last_day")
    return visit.page(
        "audit/checkpoints.html",
        refusal=error,
        found=found,
        before=before,
        checks=checks,
        exports=exports,
        said={name: form.text(name, limit=40) if form else "" for name in names},
    )


@router.get("/audit/checkpoints/{size}")
def show_checkpoint(visit: SignedIn, size: Id) -> Response:
    """Show one checkpoint: what was signed, where it was written to, and what can be proven by it."""
    with visit.services.database.reading() as session:
        found = queries.checkpoint(session, visit.viewer, size)
    key = json.loads(found.of.note)["key"]
    return visit.page("audit/checkpoint.html", found=found, fingerprint=note.fingerprint(key))


@router.get("/audit/checkpoints/{size}/sheet")
def print_checkpoint(visit: SignedIn, size: Id) -> Response:
    """Hand over a checkpoint as a printable page with its QR code."""
    with visit.services.database.reading() as session:
        found = queries.checkpoint(session, visit.viewer, size)
    name = pictures.attachment(f"checkpoint-{size}.pdf").replace("attachment", "inline", 1)
    return Response(sheet.pdf(found.of), media_type="application/pdf", headers={"Content-Disposition": name})


@router.get("/audit/checkpoints/{size}/file")
def save_checkpoint(visit: SignedIn, size: Id) -> Response:
    """Hand over a checkpoint as the file to keep outside."""
    with visit.services.database.reading() as session:
        found = queries.checkpoint(session, visit.viewer, size)
    return _to_keep(note.file_of(found.of.note, found.of.signature), f"checkpoint-{size:012d}.txt", "text/plain")


@router.get("/audit/checkpoints/{size}/proof")
def show_proof(visit: SignedIn, size: Id) -> Response:
    """Show what proves an entry, or that this checkpoint goes on from an older one."""
    seq, old, proof = _proof(visit, size)
    return visit.page("audit/proof.html", size=size, seq=seq, old=old, proof=proof)


@router.get("/audit/checkpoints/{size}/proof/file")
def save_proof(visit: SignedIn, size: Id) -> Response:
    """Hand over a proof as a file that the checker reads, on record."""
    seq, old, proof = _proof(visit, size)
    facts = {"checkpoint": size} | ({"entry": seq} if seq is not None else {"older": old})
    with visit.services.database.unit_of_work() as session:
        actions.note_proof(session, visit.viewer, facts, unit_id=visit.viewer.unit_id, now=visit.now)
    name = f"proof-{seq}-{size}.json" if seq is not None else f"proof-{old}-{size}-consistency.json"
    return _to_keep(json.dumps(proof, ensure_ascii=False).encode(), name, "application/json")


def _proof(visit: Visit, size: int) -> tuple[int | None, int | None, dict[str, object]]:
    given = visit.request.query_params
    seq, old = whole_number(given.get("seq")), whole_number(given.get("old"))
    with visit.services.database.reading() as session:
        if seq is not None:
            return seq, None, queries.inclusion(session, visit.viewer, seq, size)
        if old is not None:
            return None, old, queries.consistency(session, visit.viewer, old, size)
        queries.checkpoint(session, visit.viewer, size)
    raise NotFound("audit.nothing-to-prove", "没有填写条目序号或较早的检查点。请返回检查点页面填写。")


@router.get("/audit/checker")
def save_checker(visit: SignedIn) -> Response:
    """Hand over the program that checks bundles elsewhere."""
    visit.viewer.require(Right.AUDIT_READ)
    return _to_keep(Path(offline.__file__).read_bytes(), _CHECKER, "text/x-python")


@router.post("/audit/checks")
def ask_check(visit: SignedIn, _form: SentForm) -> Response:
    """Ask that the whole trail is checked now."""
    with visit.services.database.unit_of_work() as session:
        run_id = actions.ask_check(session, visit.viewer, now=visit.now).id
    nudge(visit.services.settings, ("upkeep",))
    return RedirectResponse(f"/audit/runs/{run_id}", status_code=303)


@router.post("/audit/exports")
def ask_export(visit: SignedIn, form: SentForm) -> Response:
    """Ask for a bundle of the trail."""
    try:
        with visit.services.database.unit_of_work() as session:
            run_id = actions.ask_export(session, visit.viewer, _asked(form), now=visit.now).id
    except (Invalid, NotFound) as error:
        return _list(visit, error, form)
    nudge(visit.services.settings, ("upkeep",))
    return RedirectResponse(f"/audit/runs/{run_id}", status_code=303)


def _asked(form: Form) -> Asked:
    """Return what a form asks for; fields of what was not chosen count for nothing."""
    what = form.text("what", limit=10)
    if what == "account":
        return Asked(account_no=_filled(form, "account_no"))
    if what == "sample":
        number = whole_number(_filled(form, "sample"))
        if number is None:
            raise Invalid("audit.not-filled", "没有填写要导出的户号、样本编号或日期。请填写后再试。", field="sample")
        return Asked(sample_id=number)
    if what == "days":
        return Asked(first_day=_day(form, "first_day"), last_day=_day(form, "last_day"))
    if what == "all":
        return Asked()
    raise Invalid("audit.what", "没有选择要导出的范围。请选择整条审计链、期间、户号或样本。", field="what")


def _filled(form: Form, name: str) -> str:
    if not (text := form.text(name, limit=20)):
        raise Invalid("audit.not-filled", "没有填写要导出的户号、样本编号或日期。请填写后再试。", field=name)
    return text


def _day(form: Form, name: str) -> date:
    try:
        return date.fromisoformat(_filled(form, name))
    except ValueError:
        raise Invalid("audit.days", "开始日期晚于结束日期，或者不是日期。请改正日期。", field=name) from None


@router.get("/audit/runs/{run_id}")
def show_run(visit: SignedIn, run_id: Id) -> Response:
    """Show a check or an export, and how far it is."""
    return visit.page("audit/run.html", run=_run(visit, run_id))


@router.get("/audit/runs/{run_id}/state")
def show_state(visit: SignedIn, run_id: Id) -> Response:
    """Return how far a check or an export is; the whole page anew once nothing works on it any more."""
    run = _run(visit, run_id)
    return visit.progress("audit/run_now.html", goes_on=run.moving, run=run)


@router.get("/audit/runs/{run_id}/file")
def download_bundle(visit: SignedIn, run_id: Id) -> Response:
    """Hand over a bundle, on record."""
    with visit.services.database.unit_of_work() as session:
        digest, name = actions.hand_over(session, visit.viewer, run_id, now=visit.now)
    return pictures.package(visit.services.store, digest, name)


def _run(visit: Visit, run_id: int) -> queries.RunView:
    with visit.services.database.reading() as session:
        return queries.run(session, visit.viewer, run_id)


def _to_keep(content: bytes, name: str, media_type: str) -> Response:
    return Response(content, media_type=media_type, headers={"Content-Disposition": pictures.attachment(name)})
