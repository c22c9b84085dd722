"""The head of a household, accounts that came out of others, and what becomes of rows of an import."""

from __future__ import annotations

from archive_service.web.i18n import N_
from archive_service.web.words.states import State

#: What is kept of the head of a household, with its unit.
HEAD = {
    "account_name": (N_("户名"), ""),
    "service_address": (N_("用电地址"), ""),
    "customer_category": (N_("客户类别"), ""),
    "grade": (N_("重要等级"), ""),
    "capacity_kva": (N_("合同容量"), "kVA"),
    "expected_load_kw": (N_("预计负荷"), "kW"),
    "average_load_kw": (N_("平均负荷"), "kW"),
    "voltage": (N_("供电电压"), ""),
    "feeder": (N_("供电线路"), ""),
}
HEAD_SOURCE = {"push": N_("业务系统推送"), "case": N_("随案件")}
#: How an account came out of another one, seen from the older and from the newer one.
ACCOUNT_LINK = {
    "split": (N_("分户，分出"), N_("分户，来自")),
    "merge": (N_("并户，并入"), N_("并户，并自")),
    "transfer": (N_("过户换号，新户号"), N_("过户换号，原户号")),
    "renumber": (N_("户号变更，新户号"), N_("户号变更，原户号")),
}
#: What becomes of a row of an import.
FATE = {
    "created": State("plus", "ok", N_("新登记")),
    "updated": State("refresh", "info", N_("更新")),
    "unchanged": State("minus", "na", N_("未变")),
    "refused": State("x", "bad", N_("不接收")),
}
IMPORT = {
    "previewing": State("refresh", "info", N_("正在预览")),
    "previewed": State("clock", "warn", N_("等待确认")),
    "importing": State("refresh", "info", N_("正在导入")),
    "done": State("circle-check", "ok", N_("已导入")),
    "dropped": State("ban", "", N_("已放弃")),
}
