"""The OpenAPI document of the interface."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.openapi.utils import get_openapi
from fastapi.responses import JSONResponse

from archive_service import __version__
from archive_service.web.api import links
from archive_service.web.api.examples import example

router = APIRouter(include_in_schema=False)


@router.get("/openapi.json")
def show_document(request: Request) -> JSONResponse:
    """Return the OpenAPI document; it describes the interface and says nothing about any record."""
    return JSONResponse(_document(request))


def _document(request: Request) -> dict[str, Any]:
    found = get_openapi(
        title="archive-service",
        version=__version__,
        description=_ABOUT,
        summary="The records archive of an electricity utility's customer service centres.",
        routes=request.app.routes,
    )
    schemas = found["components"]["schemas"]
    schemas["ProblemDetails"] = _PROBLEM
    for name in ("HTTPValidationError", "ValidationError"):
        # The framework's own answers, which this program never gives.
        schemas.pop(name, None)
    for path, operations in found["paths"].items():
        for method, operation in operations.items():
            _describe(path, method, operation, schemas)
    links.add(found["paths"], "/api/v1")
    return found


def _describe(path: str, method: str, operation: dict[str, Any], schemas: dict[str, Any]) -> None:
    """Add to an operation what every address does: refusals, headers, examples."""
    told = {**_REFUSALS, **(_OF_READS if method == "get" else _OF_WRITES)}
    operation["responses"] |= {status: _answer(status, text) for status, text in told.items()}
    if method == "get":
        operation["responses"]["304"] = {"description": "What the caller has, by `If-None-Match`, is what is there."}
    headers = [_IF_NONE_MATCH] if method == "get" else [_IDEMPOTENCY_KEY]
    if method != "get" and (path.startswith(_MATCHED) or path in _MATCHED_ALONE):
        headers.append(_IF_MATCH)
    operation["parameters"] = [*operation.get("parameters", []), *headers]
    body = operation.get("requestBody", {}).get("content", {})
    done = [answer.get("content", {}) for status, answer in operation["responses"].items() if status.startswith("2")]
    for content in (body, *done):
        for kind in content.values():
            kind["example"] = example(kind.get("schema", {}), schemas)


def _answer(status: str, description: str) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/ProblemDetails"}
    code, detail = _SHOWN.get(status, _SHOWN["default"])
    shown: dict[str, Any] = {"type": f"urn:archive-service:problem:{code}", "code": code, "detail": detail}
    shown |= {"title": detail.partition("，")[0], "status": int(status) if status.isdigit() else 503}
    return {"description": description, "content": {"application/problem+json": {"schema": schema, "example": shown}}}


def _header(name: str, description: str, shown: str) -> dict[str, Any]:
    schema = {"type": "string", "maxLength": 200}
    return {"name": name, "in": "header", "required": False, "schema": schema, "description": description} | {
        "example": shown
    }


#: Changes of these records compare what the caller saw.
_MATCHED = ("/api/v1/items/", "/api/v1/jobs/{job_id}")
_MATCHED_ALONE = {
    "/api/v1/inspection/samples/{sample_id}/cases/{place}",
    "/api/v1/inspection/findings/{raised_id}/steps",
    "/api/v1/review/{document_id}/confirm",
    "/api/v1/review/{document_id}/reject",
    "/api/v1/review/{document_id}/undo",
    "/api/v1/catalogue/drafts/{draft_id}",
    *(f"/api/v1/catalogue/drafts/{{draft_id}}/{act}" for act in ("submit", "release", "return", "drop")),
    *(f"/api/v1/holds/{{hold_id}}/{act}" for act in ("release", "review")),
    "/api/v1/retention/schedules/{schedule_id}",
    *(f"/api/v1/retention/schedules/{{schedule_id}}/{act}" for act in ("preview", "release", "drop")),
    *(
        f"/api/v1/retention/disposals/{{disposal_id}}/{act}"
        for act in ("opinions", "propose", "decide", "plan", "witness", "give-up")
    ),
    *(f"/api/v1/people/{{person_id}}/{act}" for act in ("grants", "revoke", "active", "unlock", "end-sign-ins")),
}
_IDEMPOTENCY_KEY = _header(
    "Idempotency-Key", "The same key within 24 hours gets the same answer.", "import-2026-11-20-17"
)
_IF_MATCH = _header("If-Match", "ETag of what the caller saw; 412 when it is another by now.", '"5f0c…"')
_IF_NONE_MATCH = _header("If-None-Match", "ETag of what the caller has; 304 when nothing changed.", '"5f0c…"')
_SHOWN = {
    "401": ("sign-in.required", "请先登录。"),
    "403": ("people.not-permitted", "您没有办理此事的权限。如工作需要，请向本单位系统管理员申请。"),
    "404": ("page.not-found", "没有找到这一页，或您无权知道它。请核对编号，或从检索重新进入。"),
    "409": ("idempotency.running", "同一个请求正在执行，没有重复执行。请稍后用同一个键再问一次。"),
    "412": ("record.changed", "这条记录在您查看之后已被别人改动，这次没有保存。请重新读取后再改。"),
    "422": ("request.malformed", "提交的内容不完整或格式不对，没有执行。请返回上一页检查后再试。"),
    "default": ("database.unavailable", "数据库无法访问。请检查数据库服务和地址后重试。"),
}
_OF_READS: dict[str, str] = {}
_OF_WRITES = {
    "409": "A rule of the archive says no, or the same request is under way (`idempotency.running`, with Retry-After).",
    "412": "What `If-Match` names is not what is there (`record.changed`).",
}
_ABOUT = (
    "Errors are RFC 9457 problem documents with a stable `code`; docs/errors.md lists all codes. Lists are paged by "
    "key: `next` goes into `after`, and the `Link` header names the next page. Reads carry an `ETag`."
)
_REFUSALS = {
    "401": "Nobody is signed in, or the token is not valid.",
    "403": "The caller lacks the right.",
    "404": "No such thing, or none that the caller may know of.",
    "422": "The request is malformed (`request.malformed`, `facts.fields` says where) or asks for what is not valid.",
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
