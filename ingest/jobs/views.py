"""What pages, commands and the interface show of a job."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from archive_service.audit.queries import EntryView

#: What an error of a job says, by code: what happened, and what to do next.
SENTENCES = {
    "database.unavailable": "数据库暂时无法访问。恢复后任务会继续，请检查数据库服务。",
    "disk.full": "服务器磁盘已满，任务没有完成。请腾出空间后重试。",
    "ingest.no-space": "磁盘空间不足，文件暂时无法处理，原件未受影响。请腾出空间后重试。",
    "ingest.sandbox-unavailable": "打开文件的隔离进程无法启动。请运行 doctor 检查后重试。",
    "internal.fault": "程序在这一步出了意外，文件完整保存。请重试；仍然失败时把任务编号告诉管理员。",
    "job.cancelled": "已由人员取消。需要时可以重试，从取消处继续。",
    "job.too-long": "任务超过了时间上限，已停止。请重试，会从已完成的页继续。",
    "job.worker-died": "处理进程每次都在这一步中断，文件完整保存。请重试；仍然失败时把任务编号告诉管理员。",
    "ocr.gave-up": "识读引擎没有读完一页。请重试，或换用另一个识读引擎。",
    "ocr.model-damaged": "识读模型文件已损坏，识读已停止。请运行 doctor 查看是哪个文件，重新安装后重试。",
    "ocr.unavailable": "识读引擎无法使用。请运行 doctor 检查后重试。",
    "page.image-unreadable": "页面图像无法解码，原件未受影响。请重试，或重新扫描该页。",
    "store.damaged": "存储内容与登记的摘要不符，已停止读取。请运行 verify 并从备份恢复。",
    "store.full": "存储空间已满，任务没有完成。请腾出空间后重试。",
    "store.not-found": "存储中没有这份内容。请运行 verify 并从备份恢复。",
    "store.unavailable": "存储暂时无法访问，任务没有完成。请检查存储服务后重试。",
}
_OTHER = "任务没有完成，文件完整保存。请重试；仍然失败时把任务编号告诉管理员。"


@dataclass(frozen=True)
class JobView:
    """One job; `attempt` counts from when a person last put it back."""

    id: int
    kind: str
    queue: str
    state: str
    #: What the job does for a file at this moment, a step of the pipeline; none once it has ended.
    step: str | None
    scan_id: int | None
    #: Unit of the scan; none for work of the whole system.
    unit_id: int | None
    #: None for those who look after the system: names of files say whose they are.
    file_name: str | None
    batch_id: int | None
    batch_name: str | None
    done_units: int
    total_units: int
    attempt: int
    max_attempts: int
    created_at: datetime
    #: Waiting: from when on it may be taken up. Running: since when it is. Else: when it was last taken up or put back.
    since: datetime
    finished_at: datetime | None
    error_code: str | None
    error_message: str | None
    may_cancel: bool
    may_retry: bool

    def is_put_off(self, now: datetime) -> bool:
        """Say whether it waits for the moment of its next try."""
        return self.state == "queued" and self.since > now


@dataclass(frozen=True)
class JobListing:
    """A page of jobs, newest first; `next_after` is the `after` of the following page."""

    rows: tuple[JobView, ...]
    #: None when there are too many to count.
    total: int | None
    next_after: int | None


@dataclass(frozen=True)
class JobDetail:
    """A job with what happened to it and to its file, newest first."""

    job: JobView
    #: The trace of the last error; only for those who look after the system.
    error_detail: str | None
    worker: str | None
    history: tuple[EntryView, ...]


def sentence(code: str | None) -> str | None:
    """Return what an error of a job says."""
    return SENTENCES.get(code, _OTHER) if code else None
