"""A case from its first paper to the closed file: states, steps, time limits, stages."""

from __future__ import annotations

from archive_service.web.i18n import N_
from archive_service.web.words.states import State

CATEGORY = {"HV": N_("高压"), "LN": N_("低压非居民"), "LR": N_("低压居民"), "LB": N_("低压批量")}
#: A case, after what is known of its papers.
CASE = {
    "open": State("clock", "", N_("未归档")),
    "collecting": State("refresh", "info", N_("办理中")),
    "submitted": State("inbox", "info", N_("待签收")),
    "returned": State("arrow-back-up", "warn", N_("已退回")),
    "accepted": State("clock", "warn", N_("待归档")),
    "filed": State("circle-check", "ok", N_("已归档")),
    "reopened": State("folder", "warn", N_("已启封")),
    "closed": State("lock", "", N_("已封存")),
}
#: A hand-over, by what became of it.
HAND_OVER = {
    "waiting": State("inbox", "info", N_("待签收")),
    "accepted": State("circle-check", "ok", N_("已签收")),
    "returned": State("arrow-back-up", "warn", N_("已退回")),
}
#: A step of a case, by its verb.
STEP = {
    "submit": N_("移交"),
    "accept": N_("签收"),
    "return": N_("退回补正"),
    "file": N_("归档"),
    "reopen": N_("启封"),
    "close": N_("封存"),
    "restore": N_("恢复"),
}
#: What stands on the page after a step.
STEP_DONE = {
    "case-submit": N_("已移交，等待接收人签收。"),
    "case-accept": N_("已签收。请核对后归档，或写明原因退回。"),
    "case-return": N_("已退回，等待补正。"),
    "case-file": N_("已归档，件号和顺序已锁定。"),
    "case-reopen": N_("已启封。请归入补充件后重新移交。"),
}
#: What to do next with a case; `lifecycle.rules.NEXT` says it.
ADVICE = (
    N_("资料还在收集。请先由经办人移交。"),
    N_("资料已移交，等待接收。请由接收人签收或退回。"),
    N_("资料已退回补正。请补正后重新移交。"),
    N_("资料已签收。请归档，或写明原因退回。"),
    N_("案件已归档。如要补充或更正，请先启封。"),
    N_("案件已启封。请归入补充件后重新移交。"),
    N_("户号已销户，档案已封存，不再变动。"),
)
#: Why a case was sent back, by the code of the reason.
RETURN_REASON = {
    "missing": N_("缺件"),
    "unsigned": N_("未签字"),
    "unsealed": N_("未盖章"),
    "illegible": N_("看不清"),
    "wrong-account": N_("户号不符"),
    "inconsistent": N_("内容不一致"),
    "expired": N_("已过期"),
    "copy-unchecked": N_("复印件未核对"),
    "page-missing": N_("缺页"),
    "four-property": N_("四性检测不合格"),
    "other": N_("其他原因"),
}
STAGE = {
    "ACCEPT": N_("受理"),
    "SURVEY": N_("勘查"),
    "SCHEME": N_("方案"),
    "FEE": N_("收费"),
    "DESIGN": N_("设计"),
    "INTERIM": N_("中间检查"),
    "COMPLETE": N_("竣工"),
    "CONTRACT": N_("合同"),
    "METER": N_("装表"),
    "ENERGISE": N_("送电"),
    "FILING": N_("归档"),
    "VISIT": N_("回访"),
}
#: Columns of the matrix: neighbouring stages share one, so that twelve stages fit beside each other.
COLUMNS = (
    (N_("受理"), ("ACCEPT",)),
    (N_("勘查 · 方案 · 收费"), ("SURVEY", "SCHEME", "FEE")),
    (N_("设计 · 中间检查"), ("DESIGN", "INTERIM")),
    (N_("竣工"), ("COMPLETE",)),
    (N_("合同"), ("CONTRACT",)),
    (N_("装表 · 送电"), ("METER", "ENERGISE")),
    (N_("归档 · 回访"), ("FILING", "VISIT")),
)
#: How a time limit stands.
CLOCK = {
    "met": State("circle-check", "ok", N_("按期")),
    "late": State("clock-exclamation", "warn", N_("超期完成")),
    "running": State("clock", "", N_("进行中")),
    "soon": State("clock", "warn", N_("即将到期")),
    "overdue": State("circle-x", "bad", N_("已逾期")),
    "paused": State("player-pause", "", N_("暂停计时")),
    "unknown": State("help", "warn", N_("无法判断")),
}
#: Why a time limit was missed, by the code of the reason.
LATENESS = {
    "customer": N_("客户原因"),
    "design": N_("设计未完成"),
    "construction": N_("施工未完成"),
    "weather": N_("天气或停电计划"),
    "holiday": N_("节假日集中受理"),
    "staff": N_("人员不足"),
    "system": N_("系统故障"),
    "other": N_("其他原因"),
}
FAMILY = {"family-contract": N_("合同归档"), "family-amendment": N_("合同变更归档")}
