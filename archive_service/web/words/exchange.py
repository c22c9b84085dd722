"""Packages that go out and that were handed in, and what to do about their findings."""

from __future__ import annotations

from archive_service.web.i18n import N_
from archive_service.web.words.states import State

PACKAGE_FORMAT = {"bagit": N_("BagIt 1.0"), "eep": N_("EEP（DA/T 48）")}
#: A package of a household, going out or come in.
PACKAGE_STATE = {
    "making": State("refresh", "info", N_("正在制作")),
    "ready": State("circle-check", "ok", N_("已制成")),
    "stopped": State("circle-x", "bad", N_("已中断")),
    "taken": State("circle-check", "ok", N_("已接收")),
}
#: A package that was handed in.
HAND_IN_STATE = {
    "received": State("refresh", "info", N_("正在检查")),
    "checked": State("clipboard-check", "warn", N_("等待答复")),
    "taking": State("refresh", "info", N_("正在接收")),
    "taken": State("circle-check", "ok", N_("已接收")),
    "refused": State("circle-x", "bad", N_("检查不通过")),
    "declined": State("arrow-back-up", "bad", N_("已退回")),
    "stopped": State("circle-x", "bad", N_("已中断")),
}
HAND_IN_SIGNATURE = {
    "ours": N_("本档案库的签名，内容未被改动"),
    "foreign": N_("签名有效，但不是本档案库的：请与移交方核对签名人"),
    "none": N_("没有签名：随包的元数据和经历只是移交方的说法"),
}
#: What to do about a finding of a package, by its code; what is not here is mended and exported again.
_AGAIN = N_("请移交方重新传送这个信息包。")
_RENAME = N_("请移交方改名后重新打包。")
_DOUBT = N_("可能是有意构造的内容，请先向移交方核实来源。")
_STRONG = N_("请移交方改用 SHA-256 或 SHA-512（EEP 也可用 SM3）。")
_SPLIT = N_("请移交方拆成几个信息包，或请管理员用命令行接收。")
_ASK = N_("请与移交方核对。")
FINDING_USUAL = N_("请移交方更正后重新导出。")
FINDING_ADVICE = {
    **dict.fromkeys(("bag.digest", "bag.oxum", "eep.digest", "eep.size", "file.damaged"), _AGAIN),
    **dict.fromkeys(("bag.name", "bag.collision"), _RENAME),
    **dict.fromkeys(("bag.path", "bag.link", "bag.signature", "eep.entities", "eep.signature", "file.virus"), _DOUBT),
    "bag.empty": N_("请与移交方核对是否漏装了文件。"),
    **dict.fromkeys(("bag.weak", "bag.algorithm", "eep.weak", "eep.signature-algorithm"), _STRONG),
    **dict.fromkeys(("bag.too-many", "bag.too-large", "eep.too-many", "file.too-large", "file.unpack-limit"), _SPLIT),
    **dict.fromkeys(("package.household-known", "package.case-known", "package.code-known", "package.history"), _ASK),
}
