"""State words and labels: one icon, one look and one word for each, the same on every page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from archive_service.web.i18n import N_

if TYPE_CHECKING:
    from ingest.views import ScanRow


@dataclass(frozen=True)
class State:
    """How a state is shown: icon, look (a class of `.st` and `.cell`) and word."""

    icon: str
    look: str
    word: str


UNKNOWN = State("help", "", N_("未知"))

#: A paper in a case.
PAPER = {
    "present": State("check", "ok", N_("齐全")),
    "missing": State("x", "bad", N_("缺件")),
    "doubtful": State("alert-triangle", "warn", N_("存疑")),
    "deferred": State("hourglass", "defer", N_("容缺")),
    "waived": State("ban", "na", N_("免交")),
    "not_applicable": State("minus", "na", N_("不适用")),
    "inherited": State("link", "info", N_("沿用")),
}
#: What people ask for and decide about a paper that lacks, and how far that is.
RULING_KIND = {"deferred": N_("容缺"), "waived": N_("免收"), "not_applicable": N_("不适用")}
RULING = {
    "asked": State("clock", "warn", N_("待批准")),
    "approved": State("circle-check", "ok", N_("已批准")),
    "refused": State("circle-x", "bad", N_("不批准")),
    "withdrawn": State("arrow-back-up", "", N_("已撤回")),
}
#: What is to be done about a paper, and whose hand it is in.
GAP_ACT = {
    "collect": State("x", "bad", N_("补交")),
    "correct": State("alert-triangle", "warn", N_("核对更正")),
    "bring_later": State("hourglass", "defer", N_("容缺待补")),
}
#: Borrowing: how, why, where a line stands, what was decided, how a paper came back, and the rows of the matrix.
LOAN_WAY = {
    "screen": State("eye", "", N_("屏幕阅览")),
    "print": State("printer", "", N_("打印")),
    "paper": State("file-text", "", N_("借出原件")),
    "copy": State("copy", "", N_("证明副本")),
}
LOAN_PURPOSE = {
    "customer-service": N_("客户服务与业务办理"),
    "inspection": N_("用电检查"),
    "metering": N_("抄核收与计量核查"),
    "complaint": N_("投诉与咨询处理"),
    "legal": N_("法务与纠纷"),
    "audit": N_("稽查与审计"),
    "repair": N_("抢修与安全"),
    "judicial": N_("司法协查"),
    "customer-copy": N_("客户申请副本"),
    "other": N_("其他"),
}
LOAN = {
    "asked": State("clock", "warn", N_("待审批")),
    "approved": State("circle-check", "ok", N_("已批准")),
    "refused": State("circle-x", "bad", N_("已退回")),
    "withdrawn": State("arrow-back-up", "", N_("已撤回")),
    "done": State("check", "", N_("已办结")),
}
LOAN_OUTCOME = {
    "approved": State("circle-check", "ok", N_("批准")),
    "partial": State("circle-dot", "ok", N_("批准其中几页")),
    "refused": State("circle-x", "bad", N_("退回")),
}
PAPER_LOAN = {
    "out": State("arrow-right", "warn", N_("在外")),
    "returned": State("circle-check", "ok", N_("已归还")),
    "lost": State("alert-triangle", "bad", N_("有遗失")),
}
PAPER_CONDITION = {
    "sound": State("check", "ok", N_("完好")),
    "missing": State("x", "bad", N_("缺页")),
    "damaged": State("alert-triangle", "bad", N_("损坏")),
    "altered": State("pencil", "bad", N_("涂改")),
    "lost": State("circle-x", "bad", N_("遗失")),
}
LOAN_RELATION = {"own": N_("本单位的档案"), "other": N_("其他单位的档案"), "outside": N_("代外单位查阅")}
LOAN_LEVEL = {
    "none": N_("无需审批"),
    "archivist": N_("档案员"),
    "unit_head": N_("单位负责人"),
    "manager": N_("上级单位负责人"),
    "leader": N_("公司领导"),
}
LOAN_RULE = {
    "BR00": N_("外单位批量查阅，须附公函"),
    "BR01": N_("一次申请的户数很多"),
    "BR02": N_("一次申请的页数很多"),
    "BR03": N_("外单位查阅，须附公函"),
    "BR04": N_("公开类资料的单页，号码已遮蔽"),
    "BR05": N_("其他单位的档案，由保管单位负责人审批"),
    "BR06": N_("敏感资料要看未遮蔽的内容"),
    "BR07": N_("司法协查"),
    "BR08": N_("本单位的档案"),
}
#: Why it is they who decide, step by step; the places are filled with the words of rules and levels.
LOAN_REASON = {
    "decides": N_("%(says)s（规则 %(rule)s），由%(level)s决定。"),
    "no-approval": N_("%(says)s（规则 %(rule)s），无需审批。"),
    "only-asker": N_("%(level)s只有申请人本人或其代理人，交上一级。"),
    "vacant": N_("没有在任的%(level)s，交上一级。"),
    "nobody": N_("没有可以审批的人。请安全管理员授予负责人角色，申请保留等待。"),
}
ORIGIN = {"customer": N_("客户"), "utility": N_("供电企业"), "third": N_("第三方"), "joint": N_("双方")}
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
#: What a paper is.
MEDIUM = {"original": N_("原件"), "verified_copy": N_("复印件（已核对）"), "copy": N_("复印件（未核对）")}
#: A case, after what is known of its papers.
CASE = {
    "open": State("clock", "", N_("未归档")),
    "collecting": State("refresh", "info", N_("办理中")),
    "submitted": State("inbox", "info", N_("待签收")),
    "returned": State("arrow-back-up", "warn", N_("已退回")),
    "accepted": State("clock", "warn", N_("待归档")),
    "filed": State("circle-check", "ok", N_("已归档")),
    "reopened": State("folder", "warn", N_("已启封")),
    "closed": State("lock", "", N_("已封存")),
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
#: A hand-over, by what became of it.
HAND_OVER = {
    "waiting": State("inbox", "info", N_("待签收")),
    "accepted": State("circle-check", "ok", N_("已签收")),
    "returned": State("arrow-back-up", "warn", N_("已退回")),
}
#: A step of a case, by its verb.
STEP = {
    "submit": N_("移交"),
    "accept": N_("签收"),
    "return": N_("退回补正"),
    "file": N_("归档"),
    "reopen": N_("启封"),
    "close": N_("封存"),
    "restore": N_("恢复"),
}
#: What stands on the page after a step.
STEP_DONE = {
    "case-submit": N_("已移交，等待接收人签收。"),
    "case-accept": N_("已签收。请核对后归档，或写明原因退回。"),
    "case-return": N_("已退回，等待补正。"),
    "case-file": N_("已归档，件号和顺序已锁定。"),
    "case-reopen": N_("已启封。请归入补充件后重新移交。"),
}
#: What became of a paper that the program was to write and file.
PAPER_DONE = {
    "paper-written": N_("单据已生成并交给入库流程，归入后出现在本案件资料中。目录要求签字盖章的，签好之前为存疑。"),
    "paper-there": N_("同样内容的单据已经归档过，没有重复归档。"),
}
#: Kinds of places for paper, and what happened to them.
PLACE = {"room": N_("库房"), "cabinet": N_("柜"), "shelf": N_("层"), "box": N_("盒")}
BOX_MOVE = {
    "made": N_("登记"),
    "shelved": N_("上架"),
    "sent": N_("发出移交"),
    "received": N_("签收移交"),
    "recalled": N_("撤回移交"),
    "gone": N_("报废"),
}
PAPER_MOVE = {"put": N_("放入"), "taken": N_("取出"), "moved": N_("移动")}
#: What is wrong with the air of a room.
OUTSIDE = {"cold": N_("温度偏低"), "hot": N_("温度偏高"), "dry": N_("湿度偏低"), "damp": N_("湿度偏高")}
TRANSFER = {
    "sent": State("arrow-right", "info", N_("在途")),
    "received": State("circle-check", "ok", N_("已签收")),
    "recalled": State("arrow-back-up", "", N_("已撤回")),
}
STOCKTAKE = {"open": State("hourglass", "warn", N_("盘点中")), "closed": State("circle-check", "ok", N_("已结束"))}
#: What a stocktake counts, and what came of each thing.
COUNTS = {"papers": N_("资料"), "boxes": N_("盒")}
OUTCOME = {
    "found": State("circle-check", "ok", N_("在位")),
    "missing": State("circle-x", "bad", N_("缺失")),
    "misplaced": State("alert-triangle", "warn", N_("错位")),
    "unknown": State("help", "bad", N_("无法识别")),
    "out": State("arrow-right", "info", N_("已借出")),
    "moved": State("arrows-horizontal", "info", N_("已移走")),
}
#: What was not scanned while a stocktake is going on is not missing yet.
NOT_YET = State("circle-dashed", "warn", N_("未点到"))
#: What stands on a page of rooms after something was done.
ROOM_DONE = {
    "room-added": N_("已加库房。接着加柜。"),
    "inside-added": N_("已加。需要时请打印标签贴上。"),
    "place-changed": N_("已保存更改。"),
    "box-shelved": N_("已上架。"),
    "place-scrapped": N_("已报废。请揭下旧标签。"),
    "reading-noted": N_("已登记读数。"),
    "reading-struck": N_("已划掉读数，原数仍可查看。"),
    "transfer-sent": N_("已发出。对方点清签收以前，这些盒算在途。"),
    "transfer-received": N_("已签收。请把盒上架。"),
    "transfer-recalled": N_("已撤回。原层放不下的盒在“待上架”里。"),
    "stocktake-closed": N_("盘点已结束。请打印报告签字。"),
}
#: What to do next with a case; `lifecycle.rules.NEXT` says it.
ADVICE = (
    N_("资料还在收集。请先由经办人移交。"),
    N_("资料已移交，等待接收。请由接收人签收或退回。"),
    N_("资料已退回补正。请补正后重新移交。"),
    N_("资料已签收。请归档，或写明原因退回。"),
    N_("案件已归档。如要补充或更正，请先启封。"),
    N_("案件已启封。请归入补充件后重新移交。"),
    N_("户号已销户，档案已封存，不再变动。"),
)
#: How a time limit stands.
CLOCK = {
    "met": State("circle-check", "ok", N_("按期")),
    "late": State("clock-exclamation", "warn", N_("超期完成")),
    "running": State("clock", "", N_("进行中")),
    "soon": State("clock", "warn", N_("即将到期")),
    "overdue": State("circle-x", "bad", N_("已逾期")),
    "paused": State("player-pause", "", N_("暂停计时")),
    "unknown": State("help", "warn", N_("无法判断")),
}
#: Why a time limit was missed, by the code of the reason.
LATENESS = {
    "customer": N_("客户原因"),
    "design": N_("设计未完成"),
    "construction": N_("施工未完成"),
    "weather": N_("天气或停电计划"),
    "holiday": N_("节假日集中受理"),
    "staff": N_("人员不足"),
    "system": N_("系统故障"),
    "other": N_("其他原因"),
}
FAMILY = {"family-contract": N_("合同归档"), "family-amendment": N_("合同变更归档")}
#: Why a case was sent back, by the code of the reason.
RETURN_REASON = {
    "missing": N_("缺件"),
    "unsigned": N_("未签字"),
    "unsealed": N_("未盖章"),
    "illegible": N_("看不清"),
    "wrong-account": N_("户号不符"),
    "inconsistent": N_("内容不一致"),
    "expired": N_("已过期"),
    "copy-unchecked": N_("复印件未核对"),
    "page-missing": N_("缺页"),
    "four-property": N_("四性检测不合格"),
    "other": N_("其他原因"),
}
#: The four-property check: what an item is about, when it is checked, how a run and an item stand, who checks it.
PROPERTY = {
    "authenticity": N_("真实性"),
    "integrity": N_("完整性"),
    "usability": N_("可用性"),
    "security": N_("安全性"),
}
PROPERTY_MOMENT = {"filing": N_("归档"), "transfer": N_("移交与接收"), "longterm": N_("长期保存")}
PROPERTY_STATE = {
    "open": State("hourglass", "warn", N_("待人工填写")),
    "passed": State("circle-check", "ok", N_("合格")),
    "failed": State("circle-x", "bad", N_("不合格")),
}
PROPERTY_RESULT = {
    **PROPERTY_STATE,
    "not_checked": State("circle-dashed", "", N_("未检测")),
    "not_applicable": State("circle-dot", "", N_("不适用")),
}
PROPERTY_MODE = {"automatic": N_("自动"), "manual": N_("人工"), "not_applicable": N_("不适用")}
#: What of an edition or an item differs, and how an item does.
PROPERTY_FIELD = {
    "accepted_formats": N_("可以归档的格式"),
    "lasting_formats": N_("可以长期保存的格式"),
    "longterm_every_days": N_("长期保存检测的间隔（天）"),
    "longterm_cases_a_day": N_("每天检测的案件数"),
    "property": N_("性质"),
    "title_zh": N_("名称"),
    "title_en": N_("英文名称"),
    "source": N_("来源"),
    "codes": N_("代码"),
    "mode": N_("方式"),
    "check": N_("检查"),
    "guide_zh": N_("看什么"),
    "demanded": N_("必须填写的环节"),
    "reason_zh": N_("不适用的原因"),
}
PROPERTY_CHANGE = {"added": N_("新增"), "removed": N_("取消"), "changed": N_("改动")}
PROPERTY_DONE = {
    "properties-checked": N_("检测完成，结论和依据已留存。"),
    "properties-answered": N_("已填写。"),
    "properties-drafted": N_("草稿已保存。"),
    "properties-released": N_("已发布，今后的检测按这一版。"),
    "properties-dropped": N_("草稿已作废。"),
    "properties-filed": N_("报告已交给入库流程，归入后出现在本案件资料中。"),
    "properties-there": N_("同样内容的报告已经归档过，没有重复归档。"),
}
#: A batch: whether it was filed through the four-property check.
BATCH = {
    "open": State("circle-dashed", "", N_("未归档")),
    "filed": State("circle-check", "ok", N_("整批已归档")),
    "returned": State("arrow-back-up", "bad", N_("整批已退回")),
}
BATCH_DONE = {
    "batch-filed": N_("四性检测合格，整批已归档。"),
    "batch-again": N_("已重新交件。请补交文件，处理完后由档案员再办归档。"),
}
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
#: Code of a scan whose job a person cancelled: it is set aside, but nothing failed.
_CANCELLED = "job.cancelled"


def scan_state(row: ScanRow) -> State:
    """Return how a received file is shown."""
    if row.duplicate_of:
        return SCAN["duplicate"]
    if row.state == "set_aside" and row.error_code == _CANCELLED:
        return SCAN["cancelled"]
    return SCAN.get(row.state, PROCESSING)


PROCESSING = State("refresh", "info", N_("处理中"))
RUNNING = ("received", "checked", "rendered", "read", "sorted")
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
WEEKDAYS = (N_("周一"), N_("周二"), N_("周三"), N_("周四"), N_("周五"), N_("周六"), N_("周日"))
#: A check across documents.
CONSISTENCY = {
    "agrees": State("circle-check", "ok", N_("相符")),
    "differs": State("alert-triangle", "warn", N_("不一致")),
    "cannot_tell": State("circle-dashed", "", N_("无法判断")),
}
REQUIREMENT = {"required": N_("必备"), "conditional": N_("有条件必备"), "optional": N_("可选")}
SENSITIVITY = {"public": N_("公开"), "internal": N_("内部"), "personal": N_("个人信息"), "sensitive": N_("敏感")}
#: Kinds of papers whose page images ask for the right to read personal data.
GUARDED = frozenset({"personal", "sensitive"})
ROLE = {
    "archivist": N_("档案员"),
    "staff": N_("业务人员"),
    "auditor": N_("稽查员"),
    "unit_head": N_("单位负责人"),
    "contractor": N_("数字化加工人员"),
    "system_admin": N_("系统管理员"),
    "security_admin": N_("安全管理员"),
    "audit_admin": N_("审计管理员"),
}
#: What somebody may do, in the words of the table of roles.
RIGHT = {
    "record.read": N_("查阅户、案件和资料"),
    "record.read-personal": N_("看不打码的号码和个人资料"),
    "ruling.decide": N_("批准容缺、免收和不适用"),
    "catalogue.change": N_("编制资料目录"),
    "catalogue.release": N_("发布资料目录"),
    "record.unmask": N_("说明理由后，暂时看一户不打码的号码和个人资料"),
    "identity.search": N_("按证件号码查户"),
    "scan.receive": N_("扫描入库"),
    "batch.own": N_("送交扫描件，跟踪自己的批次"),
    "scan.review": N_("校核"),
    "item.change": N_("归入、移动、更正、撤回资料"),
    "case.import": N_("导入户和案件"),
    "case.status": N_("告知案件进度"),
    "case.hand-over": N_("移交案件，申请更正环节日期"),
    "case.receive": N_("签收、退回、归档、启封案件"),
    "stage.approve": N_("审批环节日期更正"),
    "calendar.keep": N_("维护节假日表"),
    "original.download": N_("下载原件"),
    "audit.read": N_("查看审计记录"),
    "reading.watch": N_("查看查阅提示"),
    "inspection.inspect": N_("抽样检查、登记和复核问题"),
    "inspection.read": N_("查看稽查指标、样本和问题"),
    "finding.answer": N_("答复稽查问题"),
    "loan.ask": N_("申请借阅，阅览获批的页，借出原件"),
    "loan.decide": N_("审批借阅申请"),
    "loan.handle": N_("借出、催还、验收原件"),
    "loan.read": N_("查看借阅和阅览登记"),
    "people.manage": N_("管理账号和单位"),
    "roles.grant": N_("授予和撤销角色"),
    "system.health": N_("查看运行情况"),
    "webhook.manage": N_("管理通知订阅"),
    "room.read": N_("查看库房、盒、盘点和移交"),
    "room.keep": N_("管理库房，放入和取出资料，移交和盘点"),
    "copy.issue": N_("出具和撤回证明复制件"),
    "disposal.read": N_("查看鉴定清单、执行计划和销毁证明"),
    "disposal.propose": N_("编制、鉴定和提交鉴定清单，申请执行"),
    "disposal.approve": N_("审批鉴定清单"),
    "disposal.witness": N_("监销签字"),
    "hold.keep": N_("冻结资料，复查和解除冻结"),
    "subject.keep": N_("受理和答复个人信息要求，保管只作存储的资料"),
}
CATEGORY = {"HV": N_("高压"), "LN": N_("低压非居民"), "LR": N_("低压居民"), "LB": N_("低压批量")}
CHANNEL = {
    "web": N_("网页上传"), "cli": N_("命令行"), "watch": N_("文件夹"), "api": N_("接口"), "demo": N_("演示"),
    "program": N_("程序生成"), "package": N_("外来信息包"),
}  # fmt: skip
FIELD = {
    "account_no": N_("户号"),
    "account_name": N_("户名"),
    "application_no": N_("申请编号"),
    "service_address": N_("用电地址"),
    "id_number": N_("证件号码"),
    "credit_code": N_("统一社会信用代码"),
    "agent_name": N_("经办人"),
    "agent_id_number": N_("经办人证件号码"),
    "phone": N_("联系电话"),
    "capacity": N_("容量"),
    "voltage": N_("电压"),
    "usage_class": N_("用电类别"),
    "document_date": N_("形成日期"),
    "amount": N_("金额"),
    "meter_no": N_("表号"),
    "contract_no": N_("合同编号"),
}
#: Fields that say something about a person; masked for those without the right to read it.
PERSONAL_FIELDS = frozenset({"id_number", "agent_id_number", "phone"})
STAGE = {
    "ACCEPT": N_("受理"),
    "SURVEY": N_("勘查"),
    "SCHEME": N_("方案"),
    "FEE": N_("收费"),
    "DESIGN": N_("设计"),
    "INTERIM": N_("中间检查"),
    "COMPLETE": N_("竣工"),
    "CONTRACT": N_("合同"),
    "METER": N_("装表"),
    "ENERGISE": N_("送电"),
    "FILING": N_("归档"),
    "VISIT": N_("回访"),
}
#: What happened, in the words of the timeline.
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
EVENT = {
    "store.lock-proven": N_("存储自检通过"),
    "store.lock-unproven": N_("存储自检没有通过"),
    "object.locked": N_("锁定存储对象"),
    "object.damaged": N_("校验发现损坏"),
    "object.repaired": N_("用完好副本修复"),
    "object.lost": N_("没有完好副本"),
    "keys.rotation-begun": N_("开始更换加密密钥"),
    "keys.drop-begun": N_("开始删除旧密钥"),
    "keys.rotated": N_("更换加密密钥"),
    "keys.dropped": N_("删除旧密钥"),
    "alarm.false": N_("标记误报"),
    "alarm.taken-back": N_("撤回误报标记"),
    "sample.drawn": N_("抽取样本"),
    "sample.case-inspected": N_("填写检查表"),
    "sample.closed": N_("结束抽样检查"),
    "sample.exported": N_("导出抽样检查"),
    "finding.raised": N_("登记问题"),
    "finding.answered": N_("答复整改"),
    "finding.refused": N_("复核未通过"),
    "finding.closed": N_("关闭问题"),
    "finding.escalated": N_("上报问题"),
    "finding.extended": N_("问题延期"),
    "loan.asked": N_("申请借阅"),
    "loan.withdrawn": N_("撤回借阅申请"),
    "loan.approved": N_("批准借阅"),
    "loan.refused": N_("不批准借阅"),
    "reading.opened": N_("开通阅览"),
    "reading.ended": N_("结束阅览"),
    "page.printed": N_("打印借阅页"),
    "paper.handed-out": N_("借出原件"),
    "paper.renewed": N_("续借原件"),
    "paper.recalled": N_("催还原件"),
    "paper.passed-over": N_("顺延候借"),
    "paper.returned": N_("归还验收"),
    "paper.lost": N_("登记原件遗失"),
    "case.completed": N_("案件资料齐全"),
    "edition.drafted": N_("起草目录版本"),
    "edition.changed": N_("修改目录草稿"),
    "edition.submitted": N_("提交目录版本"),
    "edition.released": N_("发布目录版本"),
    "edition.returned": N_("退回目录版本"),
    "edition.dropped": N_("作废目录版本"),
    "edition.previewed": N_("预览目录影响"),
    "edition.rechecked": N_("按新目录复核案件"),
    "household.masked-again": N_("恢复遮蔽"),
    "household.read": N_("查阅户档案"),
    "household.unmasked": N_("解除遮蔽"),
    "identity.searched": N_("按证件号码查户"),
    "person.tied": N_("登记本人户号或证件"),
    "webhook.ended": N_("停用订阅"),
    "webhook.made": N_("建立订阅"),
    "household.opened": N_("建立户档案"),
    "household.updated": N_("更新户信息"),
    "household.item-left": N_("资料移出本户"),
    "household.history-told": N_("补记户信息历史"),
    "household.linked": N_("登记户号关联"),
    "cases.pushed": N_("业务系统推送"),
    "case.registered": N_("登记案件"),
    "case.updated": N_("更新案件信息"),
    "case.stage-recorded": N_("记录环节日期"),
    "case.filed": N_("案件归档"),
    "case.numbered": N_("补编档号"),
    "archive-code.pattern-set": N_("设定档号格式"),
    "case.handed-over": N_("移交案件资料"),
    "case.accepted": N_("签收案件资料"),
    "case.returned": N_("退回案件补正"),
    "case.reopened": N_("启封案件"),
    "case.closed": N_("封存案件"),
    "case.clocks-paused": N_("暂停计时"),
    "case.clocks-resumed": N_("恢复计时"),
    "case.lateness-said": N_("填写超期原因"),
    "case.correction-asked": N_("申请更正环节日期"),
    "case.correction-approved": N_("批准更正环节日期"),
    "case.correction-refused": N_("未批准更正环节日期"),
    "household.closed": N_("销户封存"),
    "calendar.kept": N_("维护节假日表"),
    "case.reassessed": N_("重新判断齐全性"),
    "item.filed": N_("归入资料"),
    "item.moved": N_("移动资料"),
    "item.retyped": N_("改定类型"),
    "item.corrected": N_("更正字段"),
    "item.withdrawn": N_("撤回资料"),
    "item.mark-said": N_("核对签字盖章"),
    "item.paper-said": N_("核对原件和清晰度"),
    "ruling.asked": N_("申请容缺、免收或不适用"),
    "ruling.approved": N_("批准申请"),
    "ruling.refused": N_("不批准申请"),
    "ruling.withdrawn": N_("撤回申请或批准"),
    "original.downloaded": N_("下载原件"),
    "rendition.downloaded": N_("下载可检索 PDF"),
    "batch.opened": N_("建立批次"),
    "batch.filed": N_("整批归档"),
    "batch.returned": N_("退回批次"),
    "batch.handed-in-again": N_("批次重新交件"),
    "item.put-back": N_("资料随批次归回"),
    "cases.imported": N_("导入案件"),
    "import.handed-in": N_("提交导入文件"),
    "import.confirmed": N_("确认导入文件"),
    "import.dropped": N_("放弃导入文件"),
    "document.confirmed": N_("确认归入"),
    "document.rejected": N_("退回资料"),
    "document.reopened": N_("撤回校核结论"),
    "document.split": N_("分件"),
    "document.joined": N_("并件"),
    "document.pages-dropped": N_("剔除页面"),
    "document.pages-restored": N_("取回页面"),
    "unit.added": N_("增加单位"),
    "person.added": N_("增加人员"),
    "person.opened": N_("启用账号"),
    "person.closed": N_("停用账号"),
    "person.locked": N_("锁定账号"),
    "person.slowed": N_("多次登录失败，须稍后再试"),
    "person.unlocked": N_("解除登录等待"),
    "person.sign-ins-ended": N_("结束其他登录"),
    "second-factor.set": N_("启用动态验证码"),
    "second-factor.removed": N_("停用动态验证码"),
    "second-factor.codes-renewed": N_("更换恢复码"),
    "second-factor.code-used": N_("使用恢复码登录"),
    "second-factor.failed": N_("验证码错误"),
    "sign-on.tied": N_("绑定统一身份认证"),
    "sign-on.untied": N_("解除统一身份认证绑定"),
    "scan.virus-found": N_("查出病毒"),
    "person.signed-in": N_("登录"),
    "person.signed-out": N_("退出登录"),
    "person.sign-in-failed": N_("登录失败"),
    "person.password-set": N_("设置密码"),
    "person.preference-set": N_("更改个人设置"),
    "package.asked": N_("申请导出信息包"),
    "package.made": N_("制成信息包"),
    "package.stopped": N_("信息包未写完"),
    "package.downloaded": N_("下载信息包"),
    "package.taken": N_("接收信息包"),
    "package.handed-in": N_("交来信息包"),
    "package.checked": N_("信息包检查通过"),
    "package.refused": N_("信息包检查不通过"),
    "package.accepted": N_("同意接收信息包"),
    "package.declined": N_("退回信息包"),
    "package.files-received": N_("收下外来信息包的文件"),
    "item.taken": N_("随信息包接收资料"),
    "copy.issued": N_("出具证明复制件"),
    "copy.withdrawn": N_("撤回证明复制件"),
    "disposal.frozen": N_("冻结鉴定清单"),
    "disposal.item-dropped": N_("资料退出鉴定清单"),
    "disposal.opined": N_("给出鉴定意见"),
    "disposal.proposed": N_("提交鉴定清单"),
    "disposal.approved": N_("批准鉴定清单"),
    "disposal.sent-back": N_("退回鉴定清单"),
    "disposal.given-up": N_("放弃鉴定清单"),
    "disposal.planned": N_("申请执行销毁"),
    "disposal.witnessed": N_("监销签字"),
    "disposal.put-off": N_("对象锁未到期，推迟销毁"),
    "disposal.done": N_("完成销毁"),
    "item.destroyed": N_("销毁资料"),
    "copy.downloaded": N_("下载证明复制件"),
    "copy.unknown-code": N_("查询不存在的验证码"),
    "case.restored": N_("恢复案件"),
    "household.reopened": N_("恢复户号"),
    "hold.placed": N_("冻结资料"),
    "hold.released": N_("解除冻结"),
    "hold.reviewed": N_("复查冻结"),
    "hold.went-along": N_("冻结随资料移动"),
    "retention.fact-said": N_("登记资料被取代或合同终止"),
    "retention.fact-taken-back": N_("撤销资料被取代或合同终止的登记"),
    "subject.registered": N_("登记个人信息要求"),
    "subject.granted": N_("同意个人信息要求"),
    "subject.refused": N_("拒绝个人信息要求"),
    "subject.withdrawn": N_("个人信息要求撤回"),
    "subject.lifted": N_("解除限制处理"),
    "subject.opened": N_("打开限制处理的资料"),
    "properties.checked": N_("四性检测"),
    "properties.answered": N_("填写四性检测项目"),
    "properties.reported": N_("写出四性检测报告"),
    "properties.downloaded": N_("下载四性检测报告"),
    "properties.filed": N_("四性检测报告归档"),
    "properties.drafted": N_("起草四性检测项目表"),
    "properties.released": N_("发布四性检测项目表"),
    "properties.dropped": N_("作废四性检测项目表草稿"),
    "schedule.drafted": N_("起草保管期限表"),
    "schedule.previewed": N_("预览保管期限表"),
    "schedule.released": N_("发布保管期限表"),
    "schedule.dropped": N_("作废保管期限表草稿"),
    "schedule.reckoned": N_("按新版重算到期日"),
    "person.notices-chosen": N_("更改通知的接收方式"),
    "person.mail-address-set": N_("更改通知邮箱"),
    "role.granted": N_("授予角色"),
    "role.revoked": N_("撤销角色"),
    "token.issued": N_("签发令牌"),
    "token.ended": N_("终止令牌"),
    "paper.printed": N_("打印单据"),
    "paper.written": N_("生成单据并归档"),
    "audit.exported": N_("导出审计包"),
    "item.read": N_("查看资料"),
    "scan.read": N_("查看收到的文件"),
    "list.read": N_("查看列表或页面"),
    "audit.check-asked": N_("申请核验审计链"),
    "audit.checked": N_("核验审计链"),
    "audit.export-asked": N_("申请审计包"),
    "audit.export-made": N_("制成审计包"),
    "audit.downloaded": N_("下载审计包"),
    "audit.proof-taken": N_("下载审计证明"),
    "list.exported": N_("导出清单"),
    "note.pinned": N_("添加批注"),
    "note.taken-off": N_("取下批注"),
    "job.cancelled": N_("取消任务"),
    "job.retried": N_("重试任务"),
    "page.finding-accepted": N_("认可页面质量"),
    "page.inspected": N_("抽检页面"),
    "page.rescan-received": N_("接收重扫件"),
    "page.superseded": N_("换用重扫的页"),
    "page.rescan-refused": N_("重扫件不能用"),
    "model.installed": N_("启用归类模型"),
    "model.declined": N_("训练的归类模型未启用"),
    "model.rolled-back": N_("换回归类模型"),
    "scan.pages-arranged": N_("整理页面"),
    "scan.pages-undone": N_("撤销整理页面"),
    "scan.received": N_("接收文件"),
    "scan.advanced": N_("完成一步"),
    "scan.resumed": N_("从中断处继续"),
    "scan.taken-over": N_("接手校核"),
    "scan.handed-over": N_("转交校核"),
    "scan.read-again-asked": N_("要求重新识读"),
    "scan.read-again": N_("重新识读"),
    "item.read-again": N_("换用新的识读结果"),
    "scan.filed": N_("文件已归户"),
    "scan.needs-review": N_("转待校核"),
    "scan.refused": N_("拒收文件"),
    "scan.set-aside": N_("搁置文件"),
    "place.added": N_("加库房位置"),
    "place.changed": N_("更改库房位置"),
    "place.scrapped": N_("报废库房位置"),
    "box.shelved": N_("盒上架"),
    "paper.put-away": N_("纸质件入盒"),
    "paper.taken-out": N_("纸质件取出"),
    "climate.noted": N_("登记温湿度"),
    "climate.struck": N_("划掉温湿度读数"),
    "notice.sent-again": N_("手工重发邮件"),
    "transfer.sent": N_("发出跨单位移交"),
    "transfer.received": N_("签收跨单位移交"),
    "transfer.recalled": N_("撤回跨单位移交"),
    "stocktake.opened": N_("开始盘点"),
    "stocktake.scanned": N_("盘点扫码"),
    "stocktake.closed": N_("结束盘点"),
}
#: Columns of the matrix: neighbouring stages share one, so that twelve stages fit beside each other.
COLUMNS = (
    (N_("受理"), ("ACCEPT",)),
    (N_("勘查 · 方案 · 收费"), ("SURVEY", "SCHEME", "FEE")),
    (N_("设计 · 中间检查"), ("DESIGN", "INTERIM")),
    (N_("竣工"), ("COMPLETE",)),
    (N_("合同"), ("CONTRACT",)),
    (N_("装表 · 送电"), ("METER", "ENERGISE")),
    (N_("归档 · 回访"), ("FILING", "VISIT")),
)
STEPS = (
    ("receive", "download", N_("接收")),
    ("check", "shield-check", N_("检查")),
    ("render", "photo", N_("出图")),
    ("read", "scan", N_("识别")),
    ("sort", "stack-2", N_("分件")),
    ("file", "folder", N_("归户")),
)
FLAG = {
    "repaired": N_("文件已损坏，系统修复后读取；原件按收到时的样子保留。请核对页数是否齐全。"),
    "has-signature": N_("文件带有电子签章；系统没有验证其真伪。"),
}
#: What a signature of a received file is.
SIGNATURE = {"Seal": N_("电子印章"), "Sign": N_("数字签名")}
FORMAT = {"pdf": "PDF", "ofd": "OFD", "jpeg": "JPEG", "png": "PNG", "tiff": "TIFF", "zip": "ZIP"}
#: How a sample is drawn.
METHOD = {"random": N_("随机"), "stratified": N_("分层"), "risk": N_("按风险")}
#: A case of a sample.
VERDICT = {
    "passed": State("circle-check", "ok", N_("检查合格")),
    "faulty": State("alert-triangle", "bad", N_("有问题")),
    "not_found": State("circle-x", "bad", N_("没有找到档案")),
}
NOT_INSPECTED = State("hourglass", "", N_("待检查"))
#: Points of the inspection sheet.
SHEET = {
    "complete": N_("资料件件在档"),
    "legible": N_("影像清晰、页面完整"),
    "signed": N_("签字盖章齐全"),
    "consistent": N_("户号、户名、地址前后一致"),
    "dates": N_("日期先后合理，没有倒签"),
    "capacity": N_("容量、电压前后一致"),
    "qualified": N_("证件和资质在有效期内"),
    "own-file": N_("资料都属于本户"),
}
#: What is said of a point.
SEEN = {"ok": N_("合格"), "fault": N_("有问题"), "na": N_("不适用")}
SEVERITY = {
    "minor": State("circle-dot", "", N_("一般")),
    "major": State("alert-triangle", "warn", N_("较重")),
    "serious": State("alert-triangle", "bad", N_("严重")),
}
FINDING_STATE = {
    "open": State("hourglass", "warn", N_("整改中")),
    "mended": State("clipboard-check", "info", N_("待复核")),
    "closed": State("circle-check", "ok", N_("已关闭")),
    "escalated": State("alert-triangle", "bad", N_("已上报")),
}
#: How a mail stands, and why one was not taken.
MAIL_STATE = {
    "waiting": State("hourglass", "warn", N_("待发")),
    "sending": State("refresh", "info", N_("正在发")),
    "sent": State("circle-check", "ok", N_("已发出")),
    "failed": State("circle-x", "bad", N_("没有发成")),
    "dropped": State("ban", "", N_("不发了")),
}
MAIL_FAULT = {
    "mail.unreachable": N_("邮件服务器连不上"),
    "mail.no-tls": N_("邮件服务器没有可信的加密"),
    "mail.sign-in": N_("邮件服务器不接受账号"),
    "mail.sender-refused": N_("邮件服务器不接受发件地址"),
    "mail.refused": N_("邮件服务器拒收"),
    "mail.put-off": N_("邮件服务器要求稍后再发"),
    "mail.broken-off": N_("发送中途断线"),
    "mail.nobody": N_("账号已停用或没有邮箱"),
}
#: How a person is told, and what of.
NOTICE_WAY = {
    "program": N_("只在系统内"),
    "mail": N_("立即发邮件"),
    "digest": N_("每日摘要邮件"),
}
NOTICE_GROUP = {"work": N_("收集、归档与稽查"), "loans": N_("借阅")}
#: Why records are held, and how long they are kept.
HOLD_KIND = {
    "dispute": N_("争议"),
    "litigation": N_("诉讼"),
    "inspection": N_("检查"),
    "unpaid": N_("欠费"),
}
HOLD_STATE = {"lasting": N_("冻结中"), "overdue": N_("过了复查日"), "released": N_("已解除")}
#: How far a review list is, what is thought of its items, and who had a hand in it.
DISPOSAL_STATE = {
    "open": State("clipboard-check", "info", N_("鉴定中")),
    "proposed": State("hourglass", "info", N_("待审批")),
    "approved": State("hourglass", "warn", N_("已批准，等待期")),
    "planned": State("hourglass", "warn", N_("待监销签字")),
    "executing": State("hourglass", "warn", N_("执行中")),
    "done": State("circle-check", "ok", N_("已销毁")),
    "dropped": State("ban", "bad", N_("已放弃")),
}
DISPOSAL_OPINION = {"destroy": N_("销毁"), "extend": N_("延长保管"), "permanent": N_("永久保管")}
DISPOSAL_GROUP = {"unsaid": N_("无意见"), **DISPOSAL_OPINION, "dropped": N_("退出清单")}
DISPOSAL_STEP = {
    "made": N_("生成清单"),
    "proposed": N_("提交审批"),
    "approved": N_("批准清单"),
    "asked": N_("申请执行"),
    "witness": N_("监销签字"),
}
DUE_LIST = {
    "now": N_("已到期"),
    "soon": N_("一年内到期"),
    "waiting": N_("未起算"),
    "unknown": N_("缺少起算日"),
    "permanent": N_("永久"),
}
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
#: What a retention schedule says, and what a preview of one finds.
RETENTION_TRIGGER = {
    "account_closed": N_("销户"),
    "superseded": N_("被新件取代"),
    "contract_ended": N_("合同终止"),
    "installation_replaced": N_("受电装置更换"),
    "fixed_date": N_("固定日期"),
}
RETENTION_STATUS = {
    "critical": N_("重要电力客户"),
    "dg": N_("分布式电源"),
    "dispute": N_("有过争议或诉讼"),
}
SCHEDULE_EFFECT = {
    "earlier": State("arrow-back-up", "warn", N_("提前到期")),
    "later": State("clock", "info", N_("推后到期")),
}
SCHEDULE_RUN = {"preview": N_("影响预览"), "apply": N_("发布后重算")}
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
    **dict.fromkeys(("bag.weak", "bag.algorithm", "eep.weak", "eep.signature-algorithm"), _STRONG),
    **dict.fromkeys(("bag.too-many", "bag.too-large", "eep.too-many", "file.too-large", "file.unpack-limit"), _SPLIT),
    **dict.fromkeys(("package.household-known", "package.case-known", "package.code-known", "package.history"), _ASK),
}
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
PACKAGE_FORMAT = {"bagit": N_("BagIt 1.0"), "eep": N_("EEP（DA/T 48）")}
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
#: A step of a finding, and what somebody who takes it does.
FINDING_STEP = {
    "raised": N_("登记问题"),
    "answered": N_("答复整改"),
    "refused": N_("复核未通过，退回整改"),
    "closed": N_("复核通过，关闭"),
    "escalated": N_("上报"),
    "extended": N_("延期"),
}
#: Rules of the cross-checks and anomalies.
RULE = {
    "XC01": N_("户号、申请编号不符"),
    "XC02": N_("户名不一致"),
    "XC03": N_("证件名称与户名不符"),
    "XC04": N_("证件号码不一致"),
    "XC05": N_("用电地址不一致"),
    "XC06": N_("容量不一致"),
    "XC07": N_("供电电压不一致"),
    "XC08": N_("日期先后不对"),
    "XC09": N_("环节超时限"),
    "XC10": N_("使用当日证件、资质或报告无效"),
    "XC11": N_("缺签字或盖章"),
    "XC12": N_("收费与通知单不符"),
    "XC13": N_("表号、示数不一致"),
    "XC14": N_("审查或检验没有通过"),
    "XC15": N_("资料与别户混放"),
    "XC16": N_("合同已过有效期"),
    "XC17": N_("目录页数与实际不符"),
    "after-energisation": N_("送电以后才签署"),
    "dated-back": N_("疑似倒签"),
    "expired": N_("证件或资质过期"),
    "no-such-day": N_("日期不合情理"),
    "same-scan": N_("同一扫描页在两户"),
    "object-lost": N_("存储内容没有完好副本"),
    "four-property": N_("四性检测不合格"),
    "other": N_("其他问题"),
}
#: What the boards are grouped by.
DIMENSION = {"unit": N_("单位"), "category": N_("客户类别"), "business": N_("业务类型"), "month": N_("送电月份")}
#: Words of a sample as a file.
REPORT = {
    "title": N_("抽样检查：%(name)s"),
    "unit": N_("检查范围"),
    "method": N_("抽样方法"),
    "size": N_("样本量 / 总体"),
    "seed": N_("随机种子"),
    "digest": N_("总体摘要"),
    "drawn": N_("抽样"),
    "closed": N_("结束检查"),
}
REPORT_TABLE = {"cases": N_("样本清单"), "findings": N_("问题"), "trail": N_("审计记录")}
REPORT_HEADS = {
    "cases": (
        N_("序号"), N_("申请编号"), N_("户号"), N_("户名"), N_("供电所"), N_("业务类型"), N_("结论"), N_("有问题的项"),
        N_("说明"), N_("检查人"),
    ),
    "findings": (
        N_("序号"), N_("申请编号"), N_("规则"), N_("程度"), N_("问题"), N_("责任单位"), N_("整改期限"), N_("状态"),
        N_("轮次"),
    ),
    "trail": (N_("序号"), N_("时间"), N_("人员"), N_("事项"), N_("对象"), N_("编号"), N_("摘要")),
}  # fmt: skip
