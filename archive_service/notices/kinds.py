"""What people are told of, in the words of both languages: all of it stands here, and nowhere else.

A text is plain. Its places, `%(name)s`, are filled with the values that `tell` was given, after what is personal in
them was hidden. Values are numbers of the archive, days, counts and names of colleagues, never customers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum


class Way(StrEnum):
    """How a notice reaches a person besides the program, where it always stands."""

    PROGRAM = "program"
    MAIL = "mail"
    DIGEST = "digest"


@dataclass(frozen=True)
class Text:
    """A notice in one language: its name in lists of choices, its subject, and what it says."""

    name: str
    subject: str
    body: str


@dataclass(frozen=True)
class Kind:
    """Something that people are told of."""

    code: str
    #: Names of the values that its texts have places for; no other is taken.
    values: frozenset[str]
    #: How those are told who chose nothing.
    usual: Way
    zh: Text
    en: Text
    #: Told once a day, so that the digest of the same day takes it along however late it is.
    daily: bool = False

    def text(self, language: str) -> Text:
        """Return its texts in a language, Chinese where there is none in that one."""
        return self.en if language == "en" else self.zh


def _kind(code: str, values: str, usual: Way, zh: tuple[str, str, str], en: tuple[str, str, str]) -> Kind:
    return Kind(code, frozenset(values.split()), usual, Text(*zh), Text(*en), daily=code in _DAILY)


_DAILY = frozenset({"work-due"})
_WORK = (
    _kind(
        "object-lost", "number", Way.MAIL,
        ("存储内容损坏", "定期校验：一个对象没有完好的副本（事件 %(number)s）",
         "定期校验发现一个对象已损坏或丢失，没有完好的副本可以修复（事件 %(number)s）。"
         "请打开“存储校验”查看，并从备份恢复。"),
        ("Stored object lost", "No good copy of an object is left (event %(number)s)",
         "A check found an object damaged or gone, and no good copy to mend it from (event %(number)s). "
         "Look at “Storage checks” and restore it from a backup."),
    ),
    _kind(
        "disk-low", "number", Way.MAIL,
        ("磁盘将满", "档案服务器的磁盘只剩 %(number)s GiB",
         "档案服务器的磁盘只剩 %(number)s GiB。空间低于预留时，系统停止接收新文件，把余下的空间留给审计记录；"
         "磁盘全满时，查阅也无法留痕，什么都打不开。请在此之前扩容或腾出空间。"),
        ("Disk nearly full", "%(number)s GiB are left on the disk of the archive",
         "%(number)s GiB are left on the disk of the archive. Below what is reserved no new files are stored, so that "
         "the trail can still be written; on a full disk nothing can be opened, since no reading could be put on "
         "record. Make room before that."),
    ),
    _kind(
        "lock-unproven", "number", Way.MAIL,
        ("存储不再防改删", "存储自检不再通过（第 %(number)s 次自检）",
         "存储自检此前一直通过，这一次（第 %(number)s 次）发现存储没有守住锁定或只读。"
         "在查明之前，请不要认为已存内容不可删改。请打开“存储校验”查看原因，并通知存储管理员。"),
        ("Store no longer locks", "The self-test of the store fails (test %(number)s)",
         "The self-test held before, and this time (test %(number)s) the store did not keep what it had locked. Until "
         "that is cleared up, do not take stored content for unchangeable. Look at “Storage checks”, and tell those "
         "who keep the store."),
    ),
    _kind(
        "lock-refused", "number", Way.MAIL,
        ("对象没有锁定", "存储没有锁定 %(number)s 个对象",
         "存储拒绝锁定 %(number)s 个对象，或答应后没有照办。它们不计为已锁定，程序每天会再试。"
         "请打开“存储校验”查看，并核对存储桶的对象锁和访问密钥的权限。"),
        ("Objects not locked", "The store did not lock %(number)s objects",
         "The store refused to lock %(number)s objects, or said yes and did not. They do not count as locked and are "
         "tried again daily. Look at “Storage checks”, and check the bucket's object lock and the rights of the key."),
    ),
    _kind(
        "batch-returned", "number items by", Way.MAIL,
        ("我交的批次被退回", "批次 %(number)s 四性检测不合格，已退回",
         "%(by)s 归档批次 %(number)s 时，四性检测有项目不合格（%(items)s），整批已退回，其中的资料暂不计为已归档。"
         "请打开批次，按各项说明补正，写明改了什么后重新交件。"),
        ("A batch of mine was returned", "Batch %(number)s failed the four-property check and was returned",
         "When %(by)s was to file batch %(number)s, items of the four-property check failed (%(items)s). The whole "
         "batch was returned, and nothing of it counts as filed. Open it, mend what each item says, and hand it in "
         "again."),
    ),
    _kind(
        "case-returned", "application_no round due_on by", Way.MAIL,
        ("案件被退回", "案件 %(application_no)s 已退回，%(due_on)s 前补正",
         "%(by)s 退回了您第 %(round)s 次移交的案件 %(application_no)s。请在 %(due_on)s 前补正，再移交一次。"),
        ("Case returned to me", "Case %(application_no)s was returned, mend it by %(due_on)s",
         "%(by)s returned case %(application_no)s, hand-over no. %(round)s of yours. Mend it by %(due_on)s and hand it "
         "over again."),
    ),
    _kind(
        "finding-raised", "number application_no due_on by", Way.MAIL,
        ("本单位被登记问题", "问题 %(number)s：案件 %(application_no)s，%(due_on)s 前整改",
         "%(by)s 对案件 %(application_no)s 登记了问题 %(number)s。请在 %(due_on)s 前整改并答复。"),
        ("Finding raised in my unit", "Finding %(number)s on case %(application_no)s, due by %(due_on)s",
         "%(by)s raised finding %(number)s on case %(application_no)s. Mend it and answer by %(due_on)s."),
    ),
    _kind(
        "finding-answered", "number application_no by", Way.MAIL,
        ("问题已答复，待复核", "问题 %(number)s 已答复，待您复核",
         "%(by)s 答复了案件 %(application_no)s 的问题 %(number)s。请复核：关闭，或退回并说明原因。"),
        ("My finding was answered", "Finding %(number)s was answered and waits for your re-check",
         "%(by)s answered finding %(number)s on case %(application_no)s. Look again: close it, or send it back saying "
         "why."),
    ),
    _kind(
        "finding-refused", "number application_no due_on by", Way.MAIL,
        ("整改未通过", "问题 %(number)s 的整改未通过，%(due_on)s 前重新整改",
         "%(by)s 复核了案件 %(application_no)s 的问题 %(number)s，整改没有通过。请在 %(due_on)s 前重新整改并答复。"),
        ("My answer to a finding was refused", "Finding %(number)s was sent back, due by %(due_on)s",
         "%(by)s looked again at finding %(number)s on case %(application_no)s and sent it back. Mend it and answer "
         "by %(due_on)s."),
    ),
    _kind(
        "ruling-asked", "application_no paper by", Way.MAIL,
        ("容缺与免收待我决定", "案件 %(application_no)s 的资料 %(paper)s 有申请待您决定",
         "%(by)s 就案件 %(application_no)s 的资料 %(paper)s 提出了容缺、免收或不适用的申请。请批准，"
         "或说明不批准的原因。"),
        ("Ruling waits for me", "Case %(application_no)s: a request about paper %(paper)s waits for your decision",
         "%(by)s asked that paper %(paper)s of case %(application_no)s be deferred, waived or not applicable. Approve "
         "it, or say why not."),
    ),
    _kind(
        "ruling-approved", "application_no paper by", Way.DIGEST,
        ("我的容缺或免收申请已批准", "案件 %(application_no)s 的资料 %(paper)s：申请已批准",
         "%(by)s 批准了您就案件 %(application_no)s 的资料 %(paper)s 提出的申请。"),
        ("My request for a ruling was approved", "Case %(application_no)s, paper %(paper)s: your request was approved",
         "%(by)s approved your request about paper %(paper)s of case %(application_no)s."),
    ),
    _kind(
        "ruling-refused", "application_no paper by", Way.MAIL,
        ("我的容缺或免收申请未批准", "案件 %(application_no)s 的资料 %(paper)s：申请未批准",
         "%(by)s 没有批准您就案件 %(application_no)s 的资料 %(paper)s 提出的申请，原因见案件页。"),
        ("My request for a ruling was refused", "Case %(application_no)s, paper %(paper)s: your request was refused",
         "%(by)s refused your request about paper %(paper)s of case %(application_no)s; the case page says why."),
    ),
    _kind(
        "hold-review", "number due_on", Way.MAIL,
        ("冻结过了复查日", "冻结 %(number)s 应在 %(due_on)s 复查",
         "冻结 %(number)s 的复查日 %(due_on)s 已过。它不会自动解除：请打开它，解除，或说明原因后推后复查日。"),
        ("Hold past its review day", "Hold %(number)s was to be reviewed by %(due_on)s",
         "The review day of hold %(number)s, %(due_on)s, has passed. It does not end by itself: open it and release "
         "it, or put the review off, saying why."),
    ),
    _kind(
        "subject-due", "number due_on", Way.MAIL,
        ("个人信息要求将到答复期限", "个人信息要求 %(number)s 请在 %(due_on)s 前答复",
         "个人信息要求 %(number)s 的答复期限 %(due_on)s 快到了。请打开它，同意或说明理由拒绝；答复书由系统写好。"),
        ("Request of a person to be answered soon", "Request %(number)s is to be answered by %(due_on)s",
         "The day to answer request %(number)s by, %(due_on)s, is near. Open it and grant it, or refuse it saying why; "
         "the letter is drawn for you."),
    ),
    _kind(
        "subject-late", "number due_on", Way.MAIL,
        ("个人信息要求逾期未答复", "个人信息要求 %(number)s 应在 %(due_on)s 前答复，已逾期",
         "个人信息要求 %(number)s 的答复期限 %(due_on)s 已过。请立即答复；在答复之前每周提醒一次。"),
        ("Request of a person not answered in time", "Request %(number)s was to be answered by %(due_on)s",
         "The day to answer request %(number)s by, %(due_on)s, has passed. Please answer it now; you are told again "
         "every week until then."),
    ),
    _kind(
        "work-due", "overdue today week returned findings", Way.DIGEST,
        ("每日到期与逾期", "逾期 %(overdue)s 件，今日到期 %(today)s 件",
         "归档已逾期 %(overdue)s 件，今日到期 %(today)s 件，7 日内到期 %(week)s 件。"
         "退回后逾期未补 %(returned)s 件，问题逾期未整改 %(findings)s 个。"),
        ("Due and overdue, every day", "%(overdue)s overdue, %(today)s due today",
         "Cases to file: %(overdue)s overdue, %(today)s due today, %(week)s due within 7 days. Returned and not mended "
         "in time: %(returned)s. Findings not mended in time: %(findings)s."),
    ),
)  # fmt: skip
#: Borrowing; `number` is the number of the request or loan, `what` the archive code or account number.
_LOANS = (
    _kind(
        "loan-asked", "number what by decide_by", Way.MAIL,
        ("借阅申请待我审批", "借阅申请 %(number)s 待您审批，%(decide_by)s 前",
         "%(by)s 申请借阅 %(what)s（申请 %(number)s）。请在 %(decide_by)s 前审批；驳回要说明原因。"),
        ("Borrowing request waits for me", "Borrowing request %(number)s waits for your decision by %(decide_by)s",
         "%(by)s asks to borrow %(what)s (request %(number)s). Decide by %(decide_by)s; a refusal says why."),
    ),
    _kind(
        "loan-decide-late", "number what by decide_by", Way.MAIL,
        ("借阅申请逾期未批", "借阅申请 %(number)s 应在 %(decide_by)s 前审批，尚未决定",
         "%(by)s 申请借阅 %(what)s（申请 %(number)s），审批期限 %(decide_by)s 已过。请审批；驳回要说明原因。"),
        ("Borrowing request is late", "Borrowing request %(number)s was to be decided by %(decide_by)s",
         "%(by)s asks to borrow %(what)s (request %(number)s); the day to decide by, %(decide_by)s, has passed. Please "
         "decide; a refusal says why."),
    ),
    _kind(
        "loan-approved", "number what by", Way.MAIL,
        ("我的借阅申请已批准", "借阅申请 %(number)s 已批准",
         "%(by)s 批准了您借阅 %(what)s 的申请 %(number)s。期限和附带条件见申请页。"),
        ("My borrowing request was approved", "Borrowing request %(number)s was approved",
         "%(by)s approved your request %(number)s for %(what)s. Its page says until when, and the conditions."),
    ),
    _kind(
        "loan-refused", "number what by", Way.MAIL,
        ("我的借阅申请被驳回", "借阅申请 %(number)s 被驳回",
         "%(by)s 驳回了您借阅 %(what)s 的申请 %(number)s，原因见申请页。"),
        ("My borrowing request was refused", "Borrowing request %(number)s was refused",
         "%(by)s refused your request %(number)s for %(what)s; its page says why."),
    ),
    _kind(
        "loan-due", "number what due_on", Way.MAIL,
        ("借阅明日到期", "借阅 %(number)s 将于 %(due_on)s 到期",
         "您借阅的 %(what)s（%(number)s）将于 %(due_on)s 到期。请按期归还，或在到期前申请续借。"),
        ("Loan due tomorrow", "Loan %(number)s is due on %(due_on)s",
         "%(what)s, which you borrowed (loan %(number)s), is due on %(due_on)s. Return it in time, or ask for "
         "a renewal "
         "before."),
    ),
    _kind(
        "loan-overdue", "number what due_on days", Way.MAIL,
        ("借阅已逾期", "借阅 %(number)s 已逾期 %(days)s 日",
         "您借阅的 %(what)s（%(number)s）应于 %(due_on)s 归还，已逾期 %(days)s 天。请立即归还；"
         "逾期期间不能再借。"),
        ("Loan overdue", "Loan %(number)s is %(days)s days overdue",
         "%(what)s, which you borrowed (loan %(number)s), was due on %(due_on)s and is %(days)s days overdue. "
         "Return it now; nothing more is lent meanwhile."),
    ),
    _kind(
        "loan-overdue-superior", "number what by due_on days", Way.MAIL,
        ("下属借阅逾期（每周）", "%(by)s 的借阅 %(number)s 已逾期 %(days)s 日",
         "%(by)s 借阅的 %(what)s（%(number)s）应于 %(due_on)s 归还，已逾期 %(days)s 天，多次提醒未还。"
         "请督促归还。"),
        ("Overdue loan in my unit (weekly)", "Loan %(number)s of %(by)s is %(days)s days overdue",
         "%(what)s, borrowed by %(by)s (loan %(number)s), was due on %(due_on)s and is %(days)s days overdue "
         "in spite of reminders. See to it that it comes back."),
    ),
    _kind(
        "loan-recalled", "number what by due_on", Way.MAIL,
        ("借阅被召回", "借阅 %(number)s 被召回，%(due_on)s 前归还",
         "%(by)s 召回您借阅的 %(what)s（%(number)s）。请在 %(due_on)s 前归还。"),
        ("Loan recalled", "Loan %(number)s is recalled, return it by %(due_on)s",
         "%(by)s recalls %(what)s, which you borrowed (loan %(number)s). Return it by %(due_on)s."),
    ),
    _kind(
        "loan-turn", "number what", Way.MAIL,
        ("预约的档案可以借了", "申请 %(number)s：轮到您借阅",
         "您预约的 %(what)s（%(number)s）已归还，轮到您借阅。请尽快到档案室领取；没有领取的，档案员可以先借给下一位。"),
        ("My turn in the queue", "Request %(number)s: it is your turn",
         "%(what)s, which you queued for (request %(number)s), is back and it is your turn. Fetch it "
         "soon; the archivist may lend what nobody fetches to the next in line."),
    ),
    _kind(
        "grant-ended", "number what", Way.PROGRAM,
        ("在线查阅已结束", "在线查阅 %(number)s 已结束",
         "您对 %(what)s 的在线查阅（%(number)s）已结束。还要看时请续借或重新申请。"),
        ("Reading on screen ended", "Reading %(number)s has ended",
         "Your reading of %(what)s on screen (%(number)s) has ended. Renew it, or ask again, to read on."),
    ),
)  # fmt: skip

KINDS: Mapping[str, Kind] = {one.code: one for one in (*_WORK, *_LOANS)}
#: Groups of kinds for the page of choices.
GROUPS: Mapping[str, tuple[Kind, ...]] = {"work": _WORK, "loans": _LOANS}


@dataclass(frozen=True)
class Frame:
    """What stands around notices in a mail."""

    greeting: str
    see: str
    sign_in: str
    digest_subject: str
    digest_head: str
    foot: str


FRAMES: Mapping[str, Frame] = {
    "zh": Frame(
        "%(name)s，您好：",
        "查看：%(address)s",
        "请登录档案系统，在“我的通知”里查看。",
        "档案通知 %(day)s：%(n)s 条",
        "%(day)s 的 %(n)s 条通知：",
        "这封邮件由档案系统自动发出，请勿回复。接收方式可在档案系统的“我的通知 · 接收方式”里修改。",
    ),
    "en": Frame(
        "Dear %(name)s,",
        "See: %(address)s",
        "Sign in to the archive and look under “My notices”.",
        "Archive notices of %(day)s: %(n)s",
        "%(n)s notices of %(day)s:",
        "This message was sent by the archive; please do not answer it. How you are told can be changed there under "
        "“My notices · How I am told”.",
    ),
}


def filled(text: str, values: Mapping[str, str]) -> str:
    """Return a text with its places filled."""
    return text % dict(values)


def missing(values: Iterable[str], kind: Kind) -> set[str]:
    """Return the names of values that a kind lacks or does not know."""
    return set(values) ^ kind.values
