"""Stored objects: checks of their content, and locks."""

from __future__ import annotations

from archive_service.web.i18n import N_

#: What a check of an object found or did, and where.
FIXITY = {
    "damaged": N_("内容损坏"),
    "missing": N_("内容缺失"),
    "unreadable": N_("内容无法读取"),
    "writable": N_("文件可写，已改回只读"),
    "repaired": N_("已用完好副本修复"),
    "lost": N_("没有完好副本"),
}
FIXITY_STORE = {"first": N_("主存储"), "second": N_("第二存储"), "both": N_("两处存储")}
#: What the self-test of a store found, and what the store let happen.
LOCK_STATE = {
    "enforced": N_("对象锁已验证"),
    "checked": N_("只读文件，读取时校验；没有对象锁"),
    "broken": N_("未强制执行"),
    "absent": N_("存储桶没有对象锁"),
}
LOCK_LET = {
    "accepted": N_("锁定后仍接受删除"),
    "deleted": N_("锁定后仍可删除"),
    "shortened": N_("锁定期可被缩短"),
    "writable": N_("文件可以改写"),
    "unnoticed": N_("改动后读取没有发现"),
}
OBJECT_LOCK = {"refused": N_("存储拒绝锁定"), "short": N_("答应锁定而没有照办")}
