"""The program as it runs: its parts, its queues, its jobs."""

from __future__ import annotations

from archive_service.web.i18n import N_
from archive_service.web.words.states import State

#: A part of the program that can be away by itself, and how it is.
COMPONENT = {
    "database": N_("数据库"),
    "schema": N_("数据库结构"),
    "store": N_("原件库"),
    "index": N_("检索索引"),
    "broker": N_("消息队列"),
    "workers": N_("后台进程"),
    "disk": N_("磁盘空间"),
    "partitions": N_("数据分区"),
}
HEALTH = {
    "ok": State("circle-check", "ok", N_("正常")),
    "off": State("minus", "", N_("未启用")),
    "degraded": State("alert-triangle", "warn", N_("降级")),
    "down": State("circle-x", "bad", N_("不可用")),
    "unknown": State("help", "warn", N_("无法判断")),
}
#: A background job.
JOB = {
    "queued": State("hourglass", "", N_("排队")),
    "running": State("refresh", "info", N_("执行中")),
    "done": State("circle-check", "ok", N_("完成")),
    "failed": State("circle-x", "bad", N_("失败")),
    "cancelled": State("ban", "", N_("已取消")),
}
#: What a job does, by its kind, and more exactly while it is on its way, by the step of the pipeline.
JOB_KIND = {
    "ingest.step": N_("处理收到的文件"),
    "page.rescan": N_("换用重扫的页"),
    "page.reread": N_("重读转正的页"),
    "scan.read-again": N_("重新识读"),
    "catalogue.check": N_("按目录版本复核案件"),
    "retention.run": N_("按保管期限表计算到期日"),
    "storage.lock": N_("按保管期限锁定存储对象"),
    "cases.import": N_("预览或导入案件文件"),
    "retention.execute": N_("执行销毁计划"),
    "package.make": N_("制作信息包"),
    "package.take": N_("检查或接收信息包"),
    "audit-check": N_("核验审计链"),
    "audit-export": N_("制作审计包"),
    "notice-mails": N_("发送通知邮件"),
}
JOB_STEP = {
    "check": N_("检查文件"),
    "render": N_("为各页成像"),
    "read": N_("识读各页文字"),
    "sort": N_("归类并分件"),
    "file": N_("归入户档案"),
}
QUEUE = {"light": N_("轻量"), "read": N_("识读"), "index": N_("索引"), "upkeep": N_("维护")}
