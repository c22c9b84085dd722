"""Roles and rights."""

from __future__ import annotations

from archive_service.web.i18n import N_

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
