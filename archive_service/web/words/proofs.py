"""The proof of the audit trail: where checkpoints are taken, and what does not hold."""

from __future__ import annotations

from archive_service.web.i18n import N_

#: A place outside that checkpoints are taken to.
AUDIT_PLACE = {"folder": N_("文件夹"), "s3": N_("加锁对象存储"), "mail": N_("邮件")}
#: What does not hold in the trail, by the code of the check.
AUDIT_BREAK = {
    "altered": N_("条目被改动"),
    "missing": N_("条目缺失"),
    "previous-differs": N_("与前一条不相接"),
    "end-differs": N_("末尾不符"),
    "beyond-end": N_("末尾之后还有条目"),
    "checkpoint-beyond-end": N_("检查点覆盖的条目比现有的多"),
    "checkpoint-differs": N_("与签过名的检查点不符"),
    "checkpoint-not-signed": N_("检查点签名不成立"),
    "tile-differs": N_("保存的分段根不符"),
    "before-first": N_("第一条之前还有条目"),
    "checkpoint-gone": N_("本机签署过的检查点不在数据库中"),
}
