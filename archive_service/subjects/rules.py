"""What a request has to say, and what an answer to it: pure decisions. Source: domain 6, behaviour 8."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from archive_service import masking
from archive_service.errors import Invalid, Refused

LONGEST_WORDS = 500
LONGEST_REASON = 300
#: Minutes for which who keeps a restricted paper has it open.
OPEN_MINUTES = 30
#: Working days before its last day from which on an answer is asked for.
SOON_WORKDAYS = 3


class Kind(StrEnum):
    """What is asked for."""

    COPY = "copy"
    ANNOTATE = "annotate"
    RESTRICT = "restrict"
    ERASE = "erase"


class Relation(StrEnum):
    """Who asks: the person whom the papers speak of, or somebody for them."""

    SELF = "self"
    AGENT = "agent"


class Proof(StrEnum):
    """What was seen to know who asks."""

    IDENTITY_CARD = "identity_card"
    PASSPORT = "passport"
    LICENCE = "licence"
    AUTHORITY = "authority"


@dataclass(frozen=True)
class Said:
    """What is written down when somebody asks."""

    kind: str
    asker: str
    relation: str
    proof: str
    proof_note: str
    words: str
    received_on: date


@dataclass(frozen=True)
class Verdict:
    """What is answered: granted or not and why, the words that stand beside the papers, the copy handed over."""

    granted: bool
    reason: str
    annotation: str = ""
    copy_number: str = ""


def checked(said: Said, *, today: date) -> Said:
    """Return what was said, trimmed. Raises Invalid where something lacks or a number of identity was written down."""
    if said.kind not in set(Kind):
        raise Invalid("subject.kind", "请选择要求的种类：复制、更正说明、限制处理或删除。")
    if said.relation not in set(Relation):
        raise Invalid("subject.relation", "请选择申请人是本人还是代理人。")
    if said.proof not in set(Proof):
        raise Invalid("subject.proof", "请选择核对过的身份证明。没有核对身份，不能受理。")
    asker, note, words = said.asker.strip(), said.proof_note.strip(), said.words.strip()
    if not 2 <= len(asker) <= 80:
        raise Invalid("subject.asker", "请填写申请人姓名（2 到 80 字）。")
    if not 2 <= len(words) <= LONGEST_WORDS:
        raise Invalid("subject.words", f"请写明申请人要求什么（2 到 {LONGEST_WORDS} 字）。")
    if said.relation == Relation.AGENT and not len(note) >= 2:
        raise Invalid("subject.authority", "代理人申请时，请写明核对过的授权文件。")
    if len(note) > 200:
        raise Invalid("subject.proof-note", "身份证明的说明超过 200 字。请缩短。")
    if masking.names_identity(" ".join((asker, note, words))):
        raise Invalid("subject.number", "不要写证件号码，只写看过哪种证件。没有保存。")
    if said.received_on > today:
        raise Invalid("subject.received-on", "收到日期不能在今天以后。请核对。")
    return Said(said.kind, asker, said.relation, said.proof, note, words, said.received_on)


def check_verdict(verdict: Verdict, kind: str) -> Verdict:
    """Return an answer, trimmed. Raises Invalid where its reason, words or copy lack."""
    reason = check_reason(verdict.reason)
    annotation, number = verdict.annotation.strip(), verdict.copy_number.strip()
    if verdict.granted and kind == Kind.ANNOTATE and not 2 <= len(annotation) <= LONGEST_WORDS:
        raise Invalid("subject.annotation", f"请写明附在资料旁的更正说明（2 到 {LONGEST_WORDS} 字）。原件不会改动。")
    if verdict.granted and kind == Kind.COPY and not number:
        raise Invalid("subject.copy", "请填写交给申请人的证明复制件编号。还没有的，请先在户档案出具。")
    wanted = verdict.granted and kind == Kind.ANNOTATE
    return Verdict(verdict.granted, reason, annotation if wanted else "", number if kind == Kind.COPY else "")


def check_reason(reason: str) -> str:
    """Return a reason trimmed. Raises Invalid when it is too short or too long."""
    said = reason.strip().replace("\x00", "")
    if not 2 <= len(said) <= LONGEST_REASON:
        raise Invalid("subject.reason", f"请写明原因或办理情况（2 到 {LONGEST_REASON} 字），会写进答复并留在记录中。")
    return said


def check_waits(state: str) -> None:
    """Refuse to answer what is answered already."""
    if state != "open":
        raise Refused("subject.decided", "这项要求已经办结，不用再办。请刷新页面查看。", state=state)
