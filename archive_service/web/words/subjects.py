"""What people ask about papers that speak of them."""

from __future__ import annotations

from archive_service.web.i18n import N_
from archive_service.web.words.states import State

#: What people ask about papers that speak of them, who asks, what was seen, and how far it is.
SUBJECT_KIND = {
    "copy": N_("复制"),
    "annotate": N_("更正说明"),
    "restrict": N_("限制处理"),
    "erase": N_("删除"),
}
SUBJECT_RELATION = {"self": N_("本人"), "agent": N_("代理人")}
SUBJECT_PROOF = {
    "identity_card": N_("居民身份证"),
    "passport": N_("护照"),
    "licence": N_("营业执照"),
    "authority": N_("授权委托书和代理人身份证"),
}
SUBJECT_STATE = {
    "open": State("clock", "info", N_("待答复")),
    "granted": State("circle-check", "ok", N_("已同意")),
    "refused": State("ban", "bad", N_("已拒绝")),
    "withdrawn": State("minus", "", N_("已撤回")),
}
SUBJECT_LIST = {"open": N_("待答复"), "late": N_("过期未答复"), "granted": N_("已同意"), "refused": N_("已拒绝")}
