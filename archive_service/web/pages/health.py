"""For machines that watch this one: alive, ready, figures. No sign-in, and nothing about any record."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, PlainTextResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST

from archive_service import logs
from archive_service.people import queries as people
from archive_service.web.metrics import Metrics
from archive_service.web.visit import services_of
from ingest import queries as ingest

router = APIRouter()

#: The sha256 of nothing; asking for it shows whether the store answers.
_ASKED = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


@router.api_route("/healthz", methods=["GET", "HEAD"])
def alive() -> Response:
    """Say that the process answers."""
    return PlainTextResponse("ok")


@router.api_route("/readyz", methods=["GET", "HEAD"])
def ready(request: Request) -> Response:
    """Say whether database and store answer; the reason stands in the log, not in the answer."""
    parts = {"database": _database_answers(request), "store": _store_answers(request)}
    return JSONResponse({"ready": all(parts.values()), "parts": parts}, status_code=200 if all(parts.values()) else 503)


@router.get("/metrics")
def figures(request: Request) -> Response:
    """Return the figures for Prometheus; without the database, those that need none."""
    shown: Metrics = request.app.state.metrics
    try:
        _count_work(request, shown)
    except Exception:  # noqa: BLE001 - the figures of this process are wanted most when something is down
        logs.get("web").exception("work could not be counted")
    return Response(shown.text(), media_type=CONTENT_TYPE_LATEST)


def _count_work(request: Request, shown: Metrics) -> None:
    with services_of(request).database.reading() as session:
        everyone = people.system_viewer(session)
        for state in ("moving", "needs_review", "set_aside"):
            shown.scans.labels(state).set(ingest.scans(session, everyone, state=state, limit=1).total)
        shown.review.set(ingest.review_queue(session, everyone, limit=1).total)


def _database_answers(request: Request) -> bool:
    try:
        with services_of(request).database.reading() as session:
            people.all_unit_ids(session)
    except Exception:  # noqa: BLE001 - whatever keeps it from answering, the answer is that it does not
        logs.get("web").exception("database does not answer")
        return False
    return True


def _store_answers(request: Request) -> bool:
    try:
        services_of(request).store.exists(_ASKED)
    except Exception:  # noqa: BLE001 - see above
        logs.get("web").exception("store does not answer")
        return False
    return True
