"""Certified copies."""

from __future__ import annotations

from archive_service.web.i18n import N_
from archive_service.web.words.states import State

#: A certified copy, what it is issued for, and what a stranger is told of its code.
COPY_STATE = {
    "valid": State("circle-check", "ok", N_("有效")),
    "withdrawn": State("ban", "bad", N_("已撤回")),
}
COPY_ANSWER = {**COPY_STATE, "unknown": State("help", "warn", N_("查无此码"))}
COPY_PURPOSE = {
    "lawsuit": N_("诉讼、仲裁"),
    "regulator": N_("监管、检查"),
    "property": N_("产权、继承"),
    "power-business": N_("办理用电业务"),
    "own-use": N_("本人留存"),
    "other": N_("其他"),
}
