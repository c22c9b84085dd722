"""How long records are kept: schedules, holds, review lists and disposal."""

from __future__ import annotations

from archive_service.web.i18n import N_
from archive_service.web.words.states import State

#: What a retention schedule says, and what a preview of one finds.
RETENTION_TRIGGER = {
    "account_closed": N_("销户"),
    "superseded": N_("被新件取代"),
    "contract_ended": N_("合同终止"),
    "installation_replaced": N_("受电装置更换"),
    "fixed_date": N_("固定日期"),
}
RETENTION_STATUS = {
    "critical": N_("重要电力客户"),
    "dg": N_("分布式电源"),
    "dispute": N_("有过争议或诉讼"),
}
SCHEDULE_EFFECT = {
    "earlier": State("arrow-back-up", "warn", N_("提前到期")),
    "later": State("clock", "info", N_("推后到期")),
}
SCHEDULE_RUN = {"preview": N_("影响预览"), "apply": N_("发布后重算")}
DUE_LIST = {
    "now": N_("已到期"),
    "soon": N_("一年内到期"),
    "waiting": N_("未起算"),
    "unknown": N_("缺少起算日"),
    "permanent": N_("永久"),
}
#: Why records are held, and how long they are kept.
HOLD_KIND = {
    "dispute": N_("争议"),
    "litigation": N_("诉讼"),
    "inspection": N_("检查"),
    "unpaid": N_("欠费"),
}
HOLD_STATE = {"lasting": N_("冻结中"), "overdue": N_("过了复查日"), "released": N_("已解除")}
#: How far a review list is, what is thought of its items, and who had a hand in it.
DISPOSAL_STATE = {
    "open": State("clipboard-check", "info", N_("鉴定中")),
    "proposed": State("hourglass", "info", N_("待审批")),
    "approved": State("hourglass", "warn", N_("已批准，等待期")),
    "planned": State("hourglass", "warn", N_("待监销签字")),
    "executing": State("hourglass", "warn", N_("执行中")),
    "done": State("circle-check", "ok", N_("已销毁")),
    "dropped": State("ban", "bad", N_("已放弃")),
}
DISPOSAL_OPINION = {"destroy": N_("销毁"), "extend": N_("延长保管"), "permanent": N_("永久保管")}
DISPOSAL_GROUP = {"unsaid": N_("无意见"), **DISPOSAL_OPINION, "dropped": N_("退出清单")}
DISPOSAL_STEP = {
    "made": N_("生成清单"),
    "proposed": N_("提交审批"),
    "approved": N_("批准清单"),
    "asked": N_("申请执行"),
    "witness": N_("监销签字"),
}
