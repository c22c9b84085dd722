"""Editions of the catalogue on the desk, and what they do to cases."""

from __future__ import annotations

from archive_service.web.i18n import N_
from archive_service.web.words.states import State

#: An edition on the desk, what it does to a case, and how it differs from another.
EDITION = {
    "draft": State("file-text", "info", N_("起草中")),
    "submitted": State("clock", "warn", N_("待发布")),
    "released": State("circle-check", "ok", N_("已发布")),
    "dropped": State("ban", "", N_("已作废")),
}
EDITION_EFFECT = {
    "filed-incomplete": State("alert-triangle", "bad", N_("已归档变不齐")),
    "incomplete": State("x", "bad", N_("变为不齐")),
    "more": State("alert-triangle", "warn", N_("多缺资料")),
    "less": State("check", "info", N_("少缺资料")),
    "complete": State("circle-check", "ok", N_("变为齐全")),
    "other": State("refresh", "", N_("其他变化")),
}
EDITION_CHANGE = {
    "added": State("check", "ok", N_("新增")),
    "gone": State("x", "bad", N_("删去")),
    "changed": State("refresh", "info", N_("修改")),
}
EDITION_SECTION = {
    "document_type": N_("资料类型"),
    "condition": N_("办理条件"),
    "group": N_("可互相代替的资料"),
    "tolerance": N_("比对容差"),
}
EDITION_PART = {
    "name_zh": N_("名称"),
    "stage": N_("环节"),
    "origin": N_("提供方"),
    "medium_rule": N_("原件要求"),
    "signatures": N_("签字"),
    "seals": N_("盖章"),
    "count_min": N_("最少份数"),
    "count_max": N_("最多份数"),
    "sensitivity": N_("密级"),
    "key_fields": N_("字段"),
    "result_field": N_("结论字段"),
    "inheritable_for": N_("可沿用原档的业务"),
    "source": N_("来源"),
    "derived_from": N_("推导表达式"),
    "meaning": N_("含义"),
}
