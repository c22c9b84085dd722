"""The four-property check of cases and of batches."""

from __future__ import annotations

from archive_service.web.i18n import N_
from archive_service.web.words.states import State

#: The four-property check: what an item is about, when it is checked, how a run and an item stand, who checks it.
PROPERTY = {
    "authenticity": N_("真实性"),
    "integrity": N_("完整性"),
    "usability": N_("可用性"),
    "security": N_("安全性"),
}
PROPERTY_MOMENT = {"filing": N_("归档"), "transfer": N_("移交与接收"), "longterm": N_("长期保存")}
PROPERTY_STATE = {
    "open": State("hourglass", "warn", N_("待人工填写")),
    "passed": State("circle-check", "ok", N_("合格")),
    "failed": State("circle-x", "bad", N_("不合格")),
}
PROPERTY_RESULT = {
    **PROPERTY_STATE,
    "not_checked": State("circle-dashed", "", N_("未检测")),
    "not_applicable": State("circle-dot", "", N_("不适用")),
}
PROPERTY_MODE = {"automatic": N_("自动"), "manual": N_("人工"), "not_applicable": N_("不适用")}
#: What of an edition or an item differs, and how an item does.
PROPERTY_FIELD = {
    "accepted_formats": N_("可以归档的格式"),
    "lasting_formats": N_("可以长期保存的格式"),
    "longterm_every_days": N_("长期保存检测的间隔（天）"),
    "longterm_cases_a_day": N_("每天检测的案件数"),
    "comparisons": N_("比对规则"),
    "property": N_("性质"),
    "title_zh": N_("名称"),
    "title_en": N_("英文名称"),
    "source": N_("来源"),
    "codes": N_("代码"),
    "mode": N_("方式"),
    "check": N_("检查"),
    "guide_zh": N_("看什么"),
    "demanded": N_("必须填写的环节"),
    "reason_zh": N_("不适用的原因"),
}
PROPERTY_CHANGE = {"added": N_("新增"), "removed": N_("取消"), "changed": N_("改动")}
PROPERTY_DONE = {
    "properties-checked": N_("检测完成，结论和依据已留存。"),
    "properties-answered": N_("已填写。"),
    "properties-drafted": N_("草稿已保存。"),
    "properties-released": N_("已发布，今后的检测按这一版。"),
    "properties-dropped": N_("草稿已作废。"),
    "properties-filed": N_("报告已交给入库流程，归入后出现在本案件资料中。"),
    "properties-there": N_("同样内容的报告已经归档过，没有重复归档。"),
}
#: A batch: whether it was filed through the four-property check.
BATCH = {
    "open": State("circle-dashed", "", N_("未归档")),
    "filed": State("circle-check", "ok", N_("整批已归档")),
    "returned": State("arrow-back-up", "bad", N_("整批已退回")),
}
BATCH_DONE = {
    "batch-filed": N_("四性检测合格，整批已归档。"),
    "batch-again": N_("已重新交件。请补交文件，处理完后由档案员再办归档。"),
}
