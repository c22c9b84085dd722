"""From a failure to an answer: a page that says what to do next, or an RFC 9457 problem for programs."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.exceptions import HTTPException
from starlette.routing import Match

from archive_service.errors import ArchiveError
from archive_service.web import render
from archive_service.web.i18n import N_, sentence
from archive_service.web.metrics import CODE
from archive_service.web.visit import (
    MustChangePassword,
    MustSetSecondFactor,
    SignedOut,
    language_of,
    services_of,
    visit_of,
)

#: What the frame itself has to say, by code.
SENTENCES = {
    "request.foreign": N_("这次提交来自别的网站，没有执行。请在本系统的页面上再做一次。"),
    "request.too-large": N_("提交的内容太大，没有保存。请把文件拆小后再传；单个文件的上限写在扫描入库页上。"),
    "request.malformed": N_("提交的内容不完整或格式不对，没有执行。请返回上一页检查后再试。"),
    "request.method": N_("这个地址不支持这种操作。请从菜单重新进入。"),
    "page.not-found": N_("没有找到这一页，或您无权知道它。请核对编号，或从检索重新进入。"),
    "sign-in.required": N_("请先登录。"),
    "request.too-slow": N_("上传中断太久，这次提交没有保存。请检查网络后再传一次。"),
    "sign-in.foreign-header": N_("这个请求自称已经登录，但不是从受信任的代理转来的，没有执行。请从单位的入口进入。"),
    "request.too-many": N_("请求太密，这一次没有执行。请稍等片刻再试；程序请按 Retry-After 等待。"),
    "request.busy": N_("同时上传的文件太多，这个文件没有保存。请稍等片刻再传一次。"),
    "disk.full": N_("服务器磁盘已满，这次提交没有保存。请稍后再试，并请管理员腾出空间。"),
    "database.full": N_(
        "数据库所在的磁盘已满。查阅和修改都要先留下记录才会办理，所以这次没有打开，也没有保存。"
        "请通知系统管理员腾出空间，之后再试一次即可。"
    ),
    "database.unavailable": N_(
        "数据库暂时无法访问，这次没有打开，也没有保存。请稍后再试；一直不行时请通知系统管理员。"
    ),
    "fault.unforeseen": N_("程序出了意外，刚才的操作没有保存。请再试一次；仍不行时把参考号告诉管理员。"),
}
_TITLES = {
    400: N_("填写有误"),
    401: N_("请先登录"),
    403: N_("没有权限"),
    404: N_("没有找到"),
    405: N_("没有执行"),
    408: N_("请稍等"),
    409: N_("没有执行"),
    412: N_("没有执行"),
    413: N_("内容太大"),
    422: N_("填写有误"),
    429: N_("请稍等"),
    500: N_("出现故障"),
    503: N_("暂时不可用"),
}


def install(app: FastAPI) -> None:
    """Give `app` an answer for every kind of failure."""
    app.add_exception_handler(ArchiveError, _archive_error)
    app.add_exception_handler(SignedOut, _signed_out)
    app.add_exception_handler(MustChangePassword, _must_change_password)
    app.add_exception_handler(MustSetSecondFactor, _must_set_second_factor)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(RequestValidationError, _malformed)


def by_code(request: Request, status: int, code: str, reference: str = "") -> Response:
    """Answer with the sentence that stands under `code`."""
    return failure(request, status, code, SENTENCES[code], reference=reference, alone=True)


def failure(
    request: Request,
    status: int,
    code: str,
    message: str,
    *,
    reference: str = "",
    facts: dict[str, Any] | None = None,
    headers: dict[str, str] | None = None,
    alone: bool = False,
) -> Response:
    """Answer as a problem document under /api, as a note inside a page part, as a page otherwise.

    `alone` leaves out the frame around the page and with it every look into the database, which may be what failed.
    """
    request.scope[CODE] = code
    if request.url.path.startswith("/api/"):
        return problem(status, code, message, reference=reference, facts=facts, headers=headers)
    visit = None if alone else visit_of(request)
    language = visit.language if visit else language_of(request, None)
    told = {
        "status": status,
        "title": _TITLES.get(status, _TITLES[500]),
        "message": sentence(code, message, language),
        "code": code,
        "reference": reference,
    }
    if request.headers.get("hx-request"):
        template = "errors/part.html"
    else:
        template = "errors/page.html" if visit else "errors/bare.html"
    frame = render.frame(visit) if visit else bare_frame(request)
    return HTMLResponse(render.html(template, language, {**frame, **told}), status_code=status, headers=headers)


def bare_frame(request: Request) -> dict[str, Any]:
    """Return what a page without a signed-in person needs."""
    return {"path": request.url.path, "preferences": {}, "settings": services_of(request).settings}


def problem(
    status: int,
    code: str,
    message: str,
    *,
    reference: str = "",
    facts: dict[str, Any] | None = None,
    headers: dict[str, str] | None = None,
) -> JSONResponse:
    """Return an RFC 9457 problem document with a stable `code`."""
    body: dict[str, Any] = {
        "type": f"urn:archive-service:problem:{code}",
        "title": _TITLES.get(status, _TITLES[500]),
        "status": status,
    }
    body |= {"code": code, "detail": message}
    if reference:
        body["reference"] = reference
    if facts:
        body["facts"] = facts
    return JSONResponse(body, status_code=status, media_type="application/problem+json", headers=headers)


def _archive_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, ArchiveError)
    plain = {k: v for k, v in error.facts.items() if isinstance(v, str | int | float | bool) or _told(v)}
    again = error.facts.get("retry_after")
    headers = {"Retry-After": str(again)} if again else None
    return failure(request, error.http_status, error.code, error.message, facts=plain, headers=headers)


def _signed_out(request: Request, _error: Exception) -> Response:
    if request.url.path.startswith("/api/"):
        return problem(401, "sign-in.required", SENTENCES["sign-in.required"], headers={"WWW-Authenticate": "Bearer"})
    back = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    address = f"/sign-in?next={quote(back)}" if request.method == "GET" and back != "/" else "/sign-in"
    if request.headers.get("hx-request"):
        return Response(status_code=401, headers={"HX-Redirect": "/sign-in"})
    return RedirectResponse(address, status_code=303)


def _must_change_password(request: Request, _error: Exception) -> Response:
    if request.url.path.startswith("/api/"):
        return problem(403, "password.change-first", "请先在网页上修改初始密码。")
    return RedirectResponse("/password", status_code=303)


def _must_set_second_factor(request: Request, _error: Exception) -> Response:
    if request.url.path.startswith("/api/"):
        return problem(403, "second-factor.set-first", "您的角色须使用动态验证码。请先在网页上设置。")
    return RedirectResponse("/me/second-factor", status_code=303)


def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    code = {404: "page.not-found", 405: "request.method"}.get(error.status_code, "request.malformed")
    headers = dict(error.headers or {})
    if error.status_code == 405:
        headers["Allow"] = ", ".join(_methods(request))
    return failure(request, error.status_code, code, SENTENCES[code], headers=headers)


def _methods(request: Request) -> list[str]:
    """Return the methods of this address; each is a route of its own, and the framework names only the first."""
    asked = dict(request.scope)
    return [
        method
        for method in ("DELETE", "GET", "HEAD", "PATCH", "POST", "PUT")
        if any(route.matches({**asked, "method": method})[0] == Match.FULL for route in request.app.routes)
    ]


#: Faults of one request that are named.
_FAULTS = 20


def _malformed(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    found_errors = error.errors()
    if any(found["loc"][0] == "path" for found in found_errors):
        return failure(request, 404, "page.not-found", SENTENCES["page.not-found"])
    # What was malformed inside an address or a query is nothing a person typed; the details help programs only.
    # Where and what kind of fault, never what was sent: it may be a number that no log and no answer should hold.
    where = [
        {"where": ".".join(map(str, one["loc"]))[:200], "fault": str(one["type"])} for one in found_errors[:_FAULTS]
    ]
    return failure(request, 422, "request.malformed", SENTENCES["request.malformed"], facts={"fields": where})


def _told(fact: object) -> bool:
    """Say whether a fact is a list of plain objects, such as all that is wrong in a text."""
    return isinstance(fact, list) and all(isinstance(one, dict) for one in fact)
