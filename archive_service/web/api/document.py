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
    found = get_openapi(
        title="archive-service",
        version=__version__,
        description="Errors are RFC 9457 problem documents with a stable `code`.",
        routes=request.app.routes,
    )
    schemas = found["components"]["schemas"]
    schemas["ProblemDetails"] = _PROBLEM
    for name in ("HTTPValidationError", "ValidationError"):
        # The framework's own answers, which this program never gives.
        schemas.pop(name, None)
    for operations in found["paths"].values():
        for operation in operations.values():
            operation["responses"] |= {status: _answer(text) for status, text in _REFUSALS.items()}
    return found


def _answer(description: str) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/ProblemDetails"}
    return {"description": description, "content": {"application/problem+json": {"schema": schema}}}


_REFUSALS = {
    "401": "Nobody is signed in, or the token is not valid.",
    "403": "The caller lacks the right.",
    "404": "No such thing, or none that the caller may know of.",
    "422": "The request is malformed.",
    "default": "Any other problem, among them 409, 413, 429 with Retry-After, 500 and 503.",
}
_PROBLEM = {
    "title": "ProblemDetails",
    "description": "An RFC 9457 problem document.",
    "type": "object",
    "required": ["type", "title", "status", "code", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string", "description": "Stable; for programs."},
        "detail": {"type": "string", "description": "A sentence for a person."},
        "reference": {"type": "string", "description": "Number under which the log has more."},
        "facts": {"type": "object", "additionalProperties": True},
    },
}
