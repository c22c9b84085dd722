"""Borrowing: how, why, where a line stands, who decides by which rule, how a paper came back."""

from __future__ import annotations

from archive_service.web.i18n import N_
from archive_service.web.words.states import State

LOAN_WAY = {
    "screen": State("eye", "", N_("屏幕阅览")),
    "print": State("printer", "", N_("打印")),
    "paper": State("file-text", "", N_("借出原件")),
    "copy": State("copy", "", N_("证明副本")),
}
LOAN_PURPOSE = {
    "customer-service": N_("客户服务与业务办理"),
    "inspection": N_("用电检查"),
    "metering": N_("抄核收与计量核查"),
    "complaint": N_("投诉与咨询处理"),
    "legal": N_("法务与纠纷"),
    "audit": N_("稽查与审计"),
    "repair": N_("抢修与安全"),
    "judicial": N_("司法协查"),
    "customer-copy": N_("客户申请副本"),
    "other": N_("其他"),
}
LOAN = {
    "asked": State("clock", "warn", N_("待审批")),
    "approved": State("circle-check", "ok", N_("已批准")),
    "refused": State("circle-x", "bad", N_("已退回")),
    "withdrawn": State("arrow-back-up", "", N_("已撤回")),
    "done": State("check", "", N_("已办结")),
}
LOAN_OUTCOME = {
    "approved": State("circle-check", "ok", N_("批准")),
    "partial": State("circle-dot", "ok", N_("批准其中几页")),
    "refused": State("circle-x", "bad", N_("退回")),
}
PAPER_LOAN = {
    "out": State("arrow-right", "warn", N_("在外")),
    "returned": State("circle-check", "ok", N_("已归还")),
    "lost": State("alert-triangle", "bad", N_("有遗失")),
}
PAPER_CONDITION = {
    "sound": State("check", "ok", N_("完好")),
    "missing": State("x", "bad", N_("缺页")),
    "damaged": State("alert-triangle", "bad", N_("损坏")),
    "altered": State("pencil", "bad", N_("涂改")),
    "lost": State("circle-x", "bad", N_("遗失")),
}
LOAN_RELATION = {"own": N_("本单位的档案"), "other": N_("其他单位的档案"), "outside": N_("代外单位查阅")}
LOAN_LEVEL = {
    "none": N_("无需审批"),
    "archivist": N_("档案员"),
    "unit_head": N_("单位负责人"),
    "manager": N_("上级单位负责人"),
    "leader": N_("公司领导"),
}
LOAN_RULE = {
    "BR00": N_("外单位批量查阅，须附公函"),
    "BR01": N_("一次申请的户数很多"),
    "BR02": N_("一次申请的页数很多"),
    "BR03": N_("外单位查阅，须附公函"),
    "BR04": N_("公开类资料的单页，号码已遮蔽"),
    "BR05": N_("其他单位的档案，由保管单位负责人审批"),
    "BR06": N_("敏感资料要看未遮蔽的内容"),
    "BR07": N_("司法协查"),
    "BR08": N_("本单位的档案"),
}
#: Why it is they who decide, step by step; the places are filled with the words of rules and levels.
LOAN_REASON = {
    "decides": N_("%(says)s（规则 %(rule)s），由%(level)s决定。"),
    "no-approval": N_("%(says)s（规则 %(rule)s），无需审批。"),
    "only-asker": N_("%(level)s只有申请人本人或其代理人，交上一级。"),
    "vacant": N_("没有在任的%(level)s，交上一级。"),
    "nobody": N_("没有可以审批的人。请安全管理员授予负责人角色，申请保留等待。"),
}
