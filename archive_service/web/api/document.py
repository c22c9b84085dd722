"""The OpenAPI document of the interface."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.openapi.utils import get_openapi
from fastapi.responses import JSONResponse

from archive_service import __version__

router = APIRouter(include_in_schema=False)


@router.get("/openapi.json")
def show_document(request: Request) -> JSONResponse:
    """Return the OpenAPI document; it describes the interface and says nothing about any record."""
    return JSONResponse(_document(request))


def _document(request: Request) -> dict[str, Any]:
    return get_openapi(
        title="archive-service",
        version=__version__,
        description="Errors are RFC 9457 problem documents with a stable `code`.",
        routes=request.app.routes,
    )
