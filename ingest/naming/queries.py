"""Which model is in use, which there were, and the documents that people confirmed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from threading import Lock

from sqlalchemy import ColumnElement, Text, or_, select, type_coerce
from sqlalchemy.orm import Session

from archive_service import logs
from archive_service.errors import ArchiveError, Unavailable
from archive_service.households.tables import Item
from archive_service.storage.store import ObjectStore
from ingest import lines
from ingest.lines import PageText
from ingest.naming.tables import IN_USE, NamingModel
from ingest.recognise import pages
from ingest.recognise.naming import shipped
from ingest.recognise.naming.learn import Example
from ingest.recognise.naming.model import DamagedModel, Model, from_bytes
from ingest.recognise.naming.words import words_of
from ingest.tables import ScanDocument, ScanPage

log = logs.get("naming")
#: Most confirmed documents that are learnt from, the newest; more would not fit into a small machine.
MOST_CONFIRMED = 20_000
_NO_DOUBTS = "[]"


@dataclass(frozen=True)
class ModelView:
    """A model as people see it; `trained_at` is None for the one of the package."""

    digest: str
    state: str
    trained_at: datetime | None
    generated: int
    confirmed: int
    held_back: int
    accuracy: float | None


@dataclass(frozen=True)
class InUse:
    """The model that names papers now; `problem` says, as a sentence, why it is not the one that was put in use."""

    model: Model
    problem: str = ""


class _Kept:
    """The model read last: it is the same for thousands of scans, and reading it takes a moment."""

    def __init__(self) -> None:
        self._lock, self._model = Lock(), None

    _model: Model | None

    def get(self, store: ObjectStore, digest: str) -> Model:
        """Return the model of that digest, from the store if it is not the one read last."""
        with self._lock:
            if self._model is None or self._model.digest != digest:
                self._model = from_bytes(store.read(digest))
            return self._model


_KEPT = _Kept()


def in_use(session: Session, store: ObjectStore) -> InUse:
    """Return the model in use; where that cannot be read, the one of the package.

    Asked for every scan, so a model put in use is taken up without a restart. Raises Unavailable when the one of the
    package is damaged, too.
    """
    digest = session.scalar(select(NamingModel.digest).where(NamingModel.state == IN_USE))
    if digest is None:
        return InUse(of_package())
    try:
        return InUse(_KEPT.get(store, digest))
    except (DamagedModel, ArchiveError):
        log.warning("model-unreadable", digest=digest)
        problem = f"正在使用的归类模型 {digest[:12]} 缺失或已损坏，暂用随程序提供的模型。"
        return InUse(of_package(), problem + "请运行 recognise rollback 换回上一个，或用 recognise train 重新训练。")


def of_package() -> Model:
    """Return the model of the package; raises Unavailable when its file is missing or damaged."""
    try:
        return shipped.model()
    except DamagedModel as e:
        raise Unavailable(
            "naming.model", "随程序提供的归类模型缺失或已损坏，暂停归类。请重新安装程序；已收到的文件不受影响。"
        ) from e


def models(session: Session) -> list[ModelView]:
    """Return all models, the newest first; the last is that of the package."""
    rows = session.scalars(select(NamingModel).order_by(NamingModel.id.desc())).all()
    package = of_package()
    replaced = any(row.state == IN_USE for row in rows)
    facts = package.facts
    last = ModelView(
        package.digest, "package" if replaced else IN_USE, None, int(facts.get("generated", 0)), 0, 0, None
    )
    return [*(_view(row) for row in rows), last]


def _view(row: NamingModel) -> ModelView:
    return ModelView(row.digest, row.state, row.trained_at, row.generated, row.confirmed, row.held_back, row.accuracy)


def confirmed(session: Session, store: ObjectStore) -> Iterator[Example]:
    """Yield the documents that a person decided, the newest first, as what they are filed as today.

    They belong together by household: papers of one are alike, and no half of them may be learnt from while the
    other half judges. Pages that can no longer be read are left out.
    """
    wanted = (
        select(ScanDocument, Item.document_type, Item.household_id)
        .join(Item, Item.id == ScanDocument.item_id)
        .where(ScanDocument.state == "filed", Item.state == "filed", _by_a_person())
        .order_by(ScanDocument.id.desc())
        .limit(MOST_CONFIRMED)
    )
    for document, code, household in session.execute(wanted):
        found = _pages(session, store, document)
        if found:
            yield Example(words_of(pages.prepare(found)), code, f"household/{household}")


def _by_a_person() -> ColumnElement[bool]:
    """Say that a person decided: the program files nothing that it doubts, and names no one as having decided."""
    doubted = type_coerce(ScanDocument.doubts, Text) != _NO_DOUBTS
    return or_(ScanDocument.decided_by.is_not(None), doubted, Item.document_type != ScanDocument.document_type)


def _pages(session: Session, store: ObjectStore, document: ScanDocument) -> list[PageText]:
    wanted = select(ScanPage).where(ScanPage.scan_id == document.scan_id, ScanPage.page_no.in_(document.pages))
    rows = sorted(session.scalars(wanted), key=lambda page: document.pages.index(page.page_no))
    try:
        return [
            PageText(row.page_no, lines.from_json(store.read(row.lines_digest)), row.width_px, row.height_px)
            for row in rows
            if row.lines_digest and row.text
        ]
    except ArchiveError:
        return []
