"""Received files on their way into the archive: scans, documents, findings about pages, batches."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archive_service.web.i18n import N_
from archive_service.web.words.states import State

if TYPE_CHECKING:
    from ingest.views import ScanRow

#: A received file.
SCAN = {
    "received": State("download", "info", N_("已接收")),
    "checked": State("shield-check", "info", N_("已检查")),
    "rendered": State("photo", "info", N_("已出图")),
    "read": State("scan", "info", N_("已识别")),
    "sorted": State("stack-2", "info", N_("已分件")),
    "filed": State("circle-check", "ok", N_("已归户")),
    "needs_review": State("alert-triangle", "warn", N_("待校核")),
    "refused": State("circle-x", "bad", N_("拒收")),
    "set_aside": State("circle-x", "bad", N_("处理失败")),
    "unpacked": State("file-zip", "", N_("已拆包")),
    "cancelled": State("ban", "", N_("已取消")),
    "duplicate": State("files", "", N_("重复")),
}
PROCESSING = State("refresh", "info", N_("处理中"))
RUNNING = ("received", "checked", "rendered", "read", "sorted")
#: Code of a scan whose job a person cancelled: it is set aside, but nothing failed.
_CANCELLED = "job.cancelled"


def scan_state(row: ScanRow) -> State:
    """Return how a received file is shown."""
    if row.duplicate_of:
        return SCAN["duplicate"]
    if row.state == "set_aside" and row.error_code == _CANCELLED:
        return SCAN["cancelled"]
    return SCAN.get(row.state, PROCESSING)


STEPS = (
    ("receive", "download", N_("接收")),
    ("check", "shield-check", N_("检查")),
    ("render", "photo", N_("出图")),
    ("read", "scan", N_("识别")),
    ("sort", "stack-2", N_("分件")),
    ("file", "folder", N_("归户")),
)
CHANNEL = {
    "web": N_("网页上传"), "cli": N_("命令行"), "watch": N_("文件夹"), "api": N_("接口"), "demo": N_("演示"),
    "program": N_("程序生成"), "package": N_("外来信息包"),
}  # fmt: skip
FORMAT = {"pdf": "PDF", "ofd": "OFD", "jpeg": "JPEG", "png": "PNG", "tiff": "TIFF", "zip": "ZIP"}
FLAG = {
    "repaired": N_("文件已损坏，系统修复后读取；原件按收到时的样子保留。请核对页数是否齐全。"),
    "has-signature": N_("文件带有电子签章；系统没有验证其真伪。"),
}
#: What a signature of a received file is.
SIGNATURE = {"Seal": N_("电子印章"), "Sign": N_("数字签名")}
#: A document found in a scan.
DOCUMENT = {
    "proposed": State("alert-triangle", "warn", N_("待校核")),
    "filed": State("circle-check", "ok", N_("已归户")),
    "rejected": State("arrow-back-up", "", N_("已退回")),
    "joined": State("arrows-join", "", N_("已并件")),
    "dropped": State("trash", "", N_("已剔除")),
}
#: What is wrong with a page, by its code.
FINDING = {
    "low-resolution": N_("分辨率不足"),
    "skewed": N_("歪斜"),
    "blurred": N_("模糊"),
    "blank": N_("空白页"),
    "dark-border": N_("黑边"),
    "cropped": N_("缺边"),
    "too-dark": N_("过暗"),
    "too-light": N_("过淡"),
    "mirrored": N_("镜像"),
    "page-missing": N_("缺页"),
    "page-repeated": N_("重复页"),
    "page-order": N_("页序错乱"),
}
#: Why a document is sent back, by the code of the reason.
REASON = {
    "blurred": N_("影像不清"),
    "cut-off": N_("歪斜或缺边"),
    "dark": N_("有黑边或过暗"),
    "page-missing": N_("缺页"),
    "unsigned": N_("未签字或未盖章"),
    "expired": N_("已过期"),
    "no-record": N_("不属于归档资料"),
    "misplaced": N_("归属错误"),
    "other": N_("其他原因"),
}
#: The inspection of a batch.
INSPECTION = {
    "open": State("hourglass", "warn", N_("待抽检")),
    "passed": State("circle-check", "ok", N_("合格")),
    "failed": State("circle-x", "bad", N_("不合格，整批返工")),
}
#: A better scan of a page.
RESCAN = {
    "waiting": State("hourglass", "info", N_("正在识读")),
    "taken": State("circle-check", "ok", N_("已换页")),
    "refused": State("circle-x", "bad", N_("没有换页")),
}
