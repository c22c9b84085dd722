"""A paper of a case, what its line of the catalogue asks, and what is read on it."""

from __future__ import annotations

from archive_service.web.i18n import N_
from archive_service.web.words.states import State

#: A paper in a case.
PAPER = {
    "present": State("check", "ok", N_("齐全")),
    "missing": State("x", "bad", N_("缺件")),
    "doubtful": State("alert-triangle", "warn", N_("存疑")),
    "deferred": State("hourglass", "defer", N_("容缺")),
    "waived": State("ban", "na", N_("免交")),
    "not_applicable": State("minus", "na", N_("不适用")),
    "inherited": State("link", "info", N_("沿用")),
}
#: What a paper is.
MEDIUM = {"original": N_("原件"), "verified_copy": N_("复印件（已核对）"), "copy": N_("复印件（未核对）")}
ORIGIN = {"customer": N_("客户"), "utility": N_("供电企业"), "third": N_("第三方"), "joint": N_("双方")}
REQUIREMENT = {"required": N_("必备"), "conditional": N_("有条件必备"), "optional": N_("可选")}
SENSITIVITY = {"public": N_("公开"), "internal": N_("内部"), "personal": N_("个人信息"), "sensitive": N_("敏感")}
#: Kinds of papers whose page images ask for the right to read personal data.
GUARDED = frozenset({"personal", "sensitive"})
FIELD = {
    "account_no": N_("户号"),
    "account_name": N_("户名"),
    "application_no": N_("申请编号"),
    "service_address": N_("用电地址"),
    "id_number": N_("证件号码"),
    "credit_code": N_("统一社会信用代码"),
    "agent_name": N_("经办人"),
    "agent_id_number": N_("经办人证件号码"),
    "phone": N_("联系电话"),
    "capacity": N_("容量"),
    "voltage": N_("电压"),
    "usage_class": N_("用电类别"),
    "document_date": N_("形成日期"),
    "amount": N_("金额"),
    "meter_no": N_("表号"),
    "contract_no": N_("合同编号"),
}
#: What people ask for and decide about a paper that lacks, and how far that is.
RULING_KIND = {"deferred": N_("容缺"), "waived": N_("免收"), "not_applicable": N_("不适用")}
RULING = {
    "asked": State("clock", "warn", N_("待批准")),
    "approved": State("circle-check", "ok", N_("已批准")),
    "refused": State("circle-x", "bad", N_("不批准")),
    "withdrawn": State("arrow-back-up", "", N_("已撤回")),
}
#: What is to be done about a paper, and whose hand it is in.
GAP_ACT = {
    "collect": State("x", "bad", N_("补交")),
    "correct": State("alert-triangle", "warn", N_("核对更正")),
    "bring_later": State("hourglass", "defer", N_("容缺待补")),
}
#: What became of a paper that the program was to write and file.
PAPER_DONE = {
    "paper-written": N_("单据已生成并交给入库流程，归入后出现在本案件资料中。目录要求签字盖章的，签好之前为存疑。"),
    "paper-there": N_("同样内容的单据已经归档过，没有重复归档。"),
}
#: A check across documents.
CONSISTENCY = {
    "agrees": State("circle-check", "ok", N_("相符")),
    "differs": State("alert-triangle", "warn", N_("不一致")),
    "cannot_tell": State("circle-dashed", "", N_("无法判断")),
}
