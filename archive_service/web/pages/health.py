"""For machines that watch this one: alive, ready, figures. No sign-in, and nothing about any record."""

from __future__ import annotations

import hmac
import ipaddress
from dataclasses import asdict

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, PlainTextResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.exceptions import HTTPException

from archive_service.web import metrics
from archive_service.web.readiness import Readiness, overall
from archive_service.web.visit import services_of

router = APIRouter()
#: Headers with which a proxy says that somebody else is asking.
_PASSED_ON = ("forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-real-ip")


@router.api_route("/healthz", methods=["GET", "HEAD"])
def alive() -> Response:
    """Say that the process answers."""
    return PlainTextResponse("ok")


@router.api_route("/readyz", methods=["GET", "HEAD"])
def ready(request: Request) -> Response:
    """Say of each component how it is; 503 when nothing can be done without what is missing."""
    readiness: Readiness = request.app.state.readiness
    found = readiness.components()
    state = overall(found)
    body = {"state": state, "components": [asdict(one) for one in found]}
    return JSONResponse(body, status_code=503 if state == "not-ready" else 200)


@router.get("/metrics")
def figures(request: Request) -> Response:
    """Return the figures for Prometheus; for everybody else there is no such page."""
    if not _may_watch(request):
        raise HTTPException(404)
    return Response(metrics.of(request).text(), media_type=CONTENT_TYPE_LATEST)


def _may_watch(request: Request) -> bool:
    """Say whether the caller shows the token or, where none is set, is a program of this very machine."""
    token = services_of(request).settings.metrics_token.get_secret_value()
    if token:
        shown = request.headers.get("authorization", "")
        return hmac.compare_digest(shown.encode(), f"Bearer {token}".encode())
    if request.client is None or any(name in request.headers for name in _PASSED_ON):
        return False
    try:
        return ipaddress.ip_address(request.client.host).is_loopback
    except ValueError:
        return False
