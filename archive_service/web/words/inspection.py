"""Samples, the sheet of points, findings, and the rules that raise them."""

from __future__ import annotations

from archive_service.web.i18n import N_
from archive_service.web.words.states import State

#: How a sample is drawn.
METHOD = {"random": N_("随机"), "stratified": N_("分层"), "risk": N_("按风险")}
#: A case of a sample.
VERDICT = {
    "passed": State("circle-check", "ok", N_("检查合格")),
    "faulty": State("alert-triangle", "bad", N_("有问题")),
    "not_found": State("circle-x", "bad", N_("没有找到档案")),
}
NOT_INSPECTED = State("hourglass", "", N_("待检查"))
#: Points of the inspection sheet.
SHEET = {
    "complete": N_("资料件件在档"),
    "legible": N_("影像清晰、页面完整"),
    "signed": N_("签字盖章齐全"),
    "consistent": N_("户号、户名、地址前后一致"),
    "dates": N_("日期先后合理，没有倒签"),
    "capacity": N_("容量、电压前后一致"),
    "qualified": N_("证件和资质在有效期内"),
    "own-file": N_("资料都属于本户"),
}
#: What is said of a point.
SEEN = {"ok": N_("合格"), "fault": N_("有问题"), "na": N_("不适用")}
SEVERITY = {
    "minor": State("circle-dot", "", N_("一般")),
    "major": State("alert-triangle", "warn", N_("较重")),
    "serious": State("alert-triangle", "bad", N_("严重")),
}
FINDING_STATE = {
    "open": State("hourglass", "warn", N_("整改中")),
    "mended": State("clipboard-check", "info", N_("待复核")),
    "closed": State("circle-check", "ok", N_("已关闭")),
    "escalated": State("alert-triangle", "bad", N_("已上报")),
}
#: A step of a finding, and what somebody who takes it does.
FINDING_STEP = {
    "raised": N_("登记问题"),
    "answered": N_("答复整改"),
    "refused": N_("复核未通过，退回整改"),
    "closed": N_("复核通过，关闭"),
    "escalated": N_("上报"),
    "extended": N_("延期"),
}
#: Rules of the cross-checks and anomalies.
RULE = {
    "XC01": N_("户号、申请编号不符"),
    "XC02": N_("户名不一致"),
    "XC03": N_("证件名称与户名不符"),
    "XC04": N_("证件号码不一致"),
    "XC05": N_("用电地址不一致"),
    "XC06": N_("容量不一致"),
    "XC07": N_("供电电压不一致"),
    "XC08": N_("日期先后不对"),
    "XC09": N_("环节超时限"),
    "XC10": N_("使用当日证件、资质或报告无效"),
    "XC11": N_("缺签字或盖章"),
    "XC12": N_("收费与通知单不符"),
    "XC13": N_("表号、示数不一致"),
    "XC14": N_("审查或检验没有通过"),
    "XC15": N_("资料与别户混放"),
    "XC16": N_("合同已过有效期"),
    "XC17": N_("目录页数与实际不符"),
    "after-energisation": N_("送电以后才签署"),
    "dated-back": N_("疑似倒签"),
    "expired": N_("证件或资质过期"),
    "no-such-day": N_("日期不合情理"),
    "same-scan": N_("同一扫描页在两户"),
    "object-lost": N_("存储内容没有完好副本"),
    "four-property": N_("四性检测不合格"),
    "other": N_("其他问题"),
}
#: What the boards are grouped by.
DIMENSION = {"unit": N_("单位"), "category": N_("客户类别"), "business": N_("业务类型"), "month": N_("送电月份")}
#: Words of a sample as a file.
REPORT = {
    "title": N_("抽样检查：%(name)s"),
    "unit": N_("检查范围"),
    "method": N_("抽样方法"),
    "size": N_("样本量 / 总体"),
    "seed": N_("随机种子"),
    "digest": N_("总体摘要"),
    "drawn": N_("抽样"),
    "closed": N_("结束检查"),
}
REPORT_TABLE = {"cases": N_("样本清单"), "findings": N_("问题"), "trail": N_("审计记录")}
REPORT_HEADS = {
    "cases": (
        N_("序号"), N_("申请编号"), N_("户号"), N_("户名"), N_("供电所"), N_("业务类型"), N_("结论"), N_("有问题的项"),
        N_("说明"), N_("检查人"),
    ),
    "findings": (
        N_("序号"), N_("申请编号"), N_("规则"), N_("程度"), N_("问题"), N_("责任单位"), N_("整改期限"), N_("状态"),
        N_("轮次"),
    ),
    "trail": (N_("序号"), N_("时间"), N_("人员"), N_("事项"), N_("对象"), N_("编号"), N_("摘要")),
}  # fmt: skip
