"""What is asked before something is done to a person that cannot simply be undone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from archive_service.people.roles import Right
from archive_service.web.forms import Form
from archive_service.web.i18n import N_


@dataclass(frozen=True)
class Question:
    """What is asked before something is done to a person: the words, the usual reasons, and who may do it."""

    head: str
    consequence: str
    verb: str
    reasons: tuple[str, ...]
    right: Right
    #: Where the answer goes, below the person.
    address: str


QUESTIONS: Mapping[str, Question] = {
    "active": Question(
        N_("停用“%(name)s”的账号？"),
        N_("此人的登录和令牌立即全部结束，不能再登录；经手的记录不变，以后可以重新启用。"),
        N_("停用账号"),
        (N_("离职"), N_("调岗"), N_("长期休假"), N_("账号异常")),
        Right.PEOPLE_MANAGE,
        "active",
    ),
    "password": Question(
        N_("重置“%(name)s”的密码？"),
        N_("此人的登录和令牌立即全部结束；新的一次性密码只显示一次，首次登录后须更换。请先确认是本人提出。"),
        N_("重置密码"),
        (N_("本人忘记密码"), N_("怀疑密码泄露"), N_("账号交接")),
        Right.PEOPLE_MANAGE,
        "password",
    ),
    "second-factor": Question(
        N_("清除“%(name)s”的动态验证码？"),
        N_("此人的登录立即全部结束，以后只凭密码登录，直到重新设置。请先确认是本人提出。"),
        N_("清除动态验证码"),
        (N_("手机丢失"), N_("更换手机"), N_("恢复码用完")),
        Right.ROLES_GRANT,
        "second-factor",
    ),
    "sign-on": Question(
        N_("解除“%(name)s”的统一身份认证绑定？"),
        N_("此人的登录和令牌立即全部结束，不能再从那里登录；密码仍可使用。"),
        N_("解除绑定"),
        (N_("绑错了人"), N_("身份编号已更换"), N_("账号异常")),
        Right.PEOPLE_MANAGE,
        "sign-on/end",
    ),
}


def reason_of(form: Form) -> str:
    """Return the reason that was chosen and said, in one line."""
    chosen, said = form.text("reason_code", limit=60), form.text("reason", limit=200)
    return "：".join(part for part in (chosen, said) if part)
