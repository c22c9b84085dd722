"""How people are told, and how a mail stands."""

from __future__ import annotations

from archive_service.web.i18n import N_
from archive_service.web.words.states import State

#: How a person is told, and what of.
NOTICE_WAY = {
    "program": N_("只在系统内"),
    "mail": N_("立即发邮件"),
    "digest": N_("每日摘要邮件"),
}
NOTICE_GROUP = {"work": N_("收集、归档与稽查"), "loans": N_("借阅")}
#: How a mail stands, and why one was not taken.
MAIL_STATE = {
    "waiting": State("hourglass", "warn", N_("待发")),
    "sending": State("refresh", "info", N_("正在发")),
    "sent": State("circle-check", "ok", N_("已发出")),
    "failed": State("circle-x", "bad", N_("没有发成")),
    "dropped": State("ban", "", N_("不发了")),
}
MAIL_FAULT = {
    "mail.unreachable": N_("邮件服务器连不上"),
    "mail.no-tls": N_("邮件服务器没有可信的加密"),
    "mail.sign-in": N_("邮件服务器不接受账号"),
    "mail.sender-refused": N_("邮件服务器不接受发件地址"),
    "mail.refused": N_("邮件服务器拒收"),
    "mail.put-off": N_("邮件服务器要求稍后再发"),
    "mail.broken-off": N_("发送中途断线"),
    "mail.nobody": N_("账号已停用或没有邮箱"),
}
