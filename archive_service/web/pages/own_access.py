"""A person's own ways in: where they are signed in, and the tokens that they gave to programs."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response

from archive_service import zone
from archive_service.errors import ArchiveError, Invalid, Refused
from archive_service.people import queries, sessions, tokens
from archive_service.people.scopes import Scope, fitting
from archive_service.web import devices, entry
from archive_service.web.forms import Form, SentForm
from archive_service.web.i18n import N_
from archive_service.web.visit import Id, SignedIn, Visit

router = APIRouter()

#: What a scope lets a program do, in one line each.
SCOPES: dict[Scope, tuple[str, str]] = {
    Scope.READ: (N_("查阅"), N_("查户、案件、资料和全文，号码打码")),
    Scope.PERSONAL: (N_("个人信息"), N_("看到不打码的号码和个人资料")),
    Scope.INTAKE: (N_("入库"), N_("送交扫描件")),
    Scope.REVIEW: (N_("校核"), N_("查看扫描件、整理页面、改正资料")),
    Scope.IMPORT: (N_("导入"), N_("导入户和案件")),
    Scope.HAND_OVER: (N_("移交"), N_("移交、签收、退回、归档案件")),
    Scope.ORIGINALS: (N_("原件"), N_("下载原件")),
    Scope.AUDIT: (N_("审计"), N_("查看审计记录")),
    Scope.HEALTH: (N_("运行"), N_("查看和处理后台任务")),
    Scope.WEBHOOKS: (N_("通知"), N_("管理通知订阅")),
    Scope.STATUS: (N_("进度"), N_("凭编号和尾号查案件进度，看不到资料")),
    Scope.INSPECT: (N_("稽查"), N_("看指标和异常，抽样检查，提出和答复问题")),
    Scope.CATALOGUE: (N_("目录"), N_("起草目录版本并预览影响，不能发布")),
    Scope.BORROW: (N_("借阅"), N_("申请借阅、阅览借到的页、续借和归还阅览")),
    Scope.LEND: (N_("借阅台"), N_("借出和验收原件、查借阅登记，不能审批")),
    Scope.ROOMS: (N_("库房"), N_("上架、取放、移交、盘点、登记温湿度")),
    Scope.COPIES: (N_("证明复制件"), N_("出具、查询和撤回证明复制件")),
    Scope.RETENTION: (N_("保管与鉴定"), N_("冻结和解除、查到期、鉴定和提交清单，不能审批和监销")),
}
_USUAL_DAYS, _MOST_DAYS = 90, 365


@router.get("/me/sign-ins")
def show_sign_ins(visit: SignedIn) -> Response:
    """Show where the person is signed in."""
    idle = visit.services.settings.session_idle_minutes
    with visit.services.database.reading() as session:
        found = queries.sign_ins(
            session, visit.viewer, now=visit.now, kind=sessions.SESSION, idle_minutes=idle, secret=visit.secret
        )
    return visit.page("people/sign_ins.html", sign_ins=found, name_of=devices.name_of)


@router.post("/me/sign-ins/end-others")
def end_others(visit: SignedIn, _form: SentForm) -> Response:
    """End every sign-in of the person but this one."""
    with visit.services.database.unit_of_work() as session:
        sessions.end_others(session, by=visit.viewer, keep=visit.secret, now=visit.now)
    return RedirectResponse("/me/sign-ins?done=ended", status_code=303)


@router.post("/me/sign-ins/{sign_in_id}/end")
def end_sign_in(visit: SignedIn, _form: SentForm, sign_in_id: Id) -> Response:
    """End one sign-in of the person."""
    with visit.services.database.unit_of_work() as session:
        sessions.end_sign_in(session, sign_in_id=sign_in_id, by=visit.viewer, now=visit.now, kind=sessions.SESSION)
    return RedirectResponse("/me/sign-ins?done=ended", status_code=303)


@router.get("/me/tokens")
def show_tokens(visit: SignedIn) -> Response:
    """Show the tokens of the person, and the form for a new one."""
    return _tokens(visit)


@router.post("/me/tokens")
def issue_token(visit: SignedIn, form: SentForm) -> Response:
    """Make a token and show it this once."""
    try:
        scopes = _scopes(visit, form)
        entry.confirm_password(visit, form.raw("password"))
        with visit.services.database.unit_of_work() as session:
            secret, _ = tokens.issue_token(
                session,
                by=visit.viewer,
                label=form.text("label", limit=200),
                expires_at=_end_of(form),
                now=visit.now,
                scopes=scopes,
            )
    except (Refused, Invalid) as error:
        return _tokens(visit, typed=form, error=error)
    return _tokens(visit, secret=secret)


@router.post("/me/tokens/{sign_in_id}/end")
def end_token(visit: SignedIn, _form: SentForm, sign_in_id: Id) -> Response:
    """End a token of the person; the program that has it is refused from now on."""
    with visit.services.database.unit_of_work() as session:
        sessions.end_sign_in(session, sign_in_id=sign_in_id, by=visit.viewer, now=visit.now, kind=sessions.TOKEN)
    return RedirectResponse("/me/tokens?done=ended", status_code=303)


def _tokens(
    visit: Visit, *, secret: str = "", typed: Form | None = None, error: ArchiveError | None = None
) -> Response:
    with visit.services.database.reading() as session:
        found = queries.sign_ins(session, visit.viewer, now=visit.now, kind=sessions.TOKEN)
    said: dict[str, Any] = {
        "label": typed.text("label", limit=200) if typed else "",
        "until": typed.text("until", limit=20) if typed else (visit.today + timedelta(days=_USUAL_DAYS)).isoformat(),
        "scopes": set(typed.group("scope.")) if typed else set(),
    }
    return visit.page(
        "people/tokens.html",
        refusal=error,
        tokens=found,
        scopes={scope: SCOPES[scope] for scope in fitting(visit.viewer.rights)},
        names={scope.value: SCOPES[scope][0] for scope in Scope},
        secret=secret,
        said=said,
        first=(visit.today + timedelta(days=1)).isoformat(),
        last=(visit.today + timedelta(days=_MOST_DAYS)).isoformat(),
    )


def _scopes(visit: Visit, form: Form) -> list[Scope]:
    chosen = form.group("scope.")
    return [scope for scope in fitting(visit.viewer.rights) if scope.value in chosen]


def _end_of(form: Form) -> datetime:
    """Return the end of the day that the form names, local time."""
    try:
        day = datetime.fromisoformat(form.text("until", limit=10)).date()
    except ValueError:
        raise Invalid("token.expiry", N_("令牌的有效期须在今后一年之内。请改一个日期。")) from None
    return datetime.combine(day, time(23, 59, 59), tzinfo=zone.LOCAL)
