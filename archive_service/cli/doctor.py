"""Say of each component whether it can be reached, in which version, and what to do when not."""

from __future__ import annotations

import importlib.metadata
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytesseract
from sqlalchemy import text

from archive_service import clock, fonts
from archive_service.audit import checkpoints, deposits
from archive_service.catalogue import load
from archive_service.cli.services import Services
from archive_service.errors import ArchiveError
from archive_service.fixity import queries as fixity
from archive_service.jobs import queue
from archive_service.jobs.nudge import probe
from archive_service.storage.record import record_object
from archive_service.web import readiness
from ingest import sandbox
from ingest.naming import queries as naming
from ingest.ocr import calibrate, models
from ingest.scanner import Scanner
from retention import disposal_queries


@dataclass(frozen=True)
class Part:
    """A component as found."""

    name: str
    ok: bool
    detail: str


def examine(services: Services) -> list[Part]:
    """Look at every component; one that fails does not keep the others from being looked at."""
    return [_try(name, look, services) for name, look in _LOOKS.items()]


def _try(name: str, look: Callable[[Services], str], services: Services) -> Part:
    try:
        return Part(name, True, look(services))
    except ArchiveError as e:
        return Part(name, False, e.message)
    except Exception as e:  # noqa: BLE001 - whatever a component throws is what the doctor is there to report
        return Part(name, False, f"检查失败（{type(e).__name__}）。请查看安装是否完整。")


def _database(services: Services) -> str:
    with services.database.reading() as session:
        dialect = session.get_bind().dialect
        version = session.scalar(text("select version_num from alembic_version"))
    return f"{dialect.name} {'.'.join(map(str, dialect.server_version_info or ()))} · 结构 {version}"


def _store(services: Services) -> str:
    probe = services.store.put_bytes(b"archive-service doctor\n")
    services.store.read(probe.digest)
    with services.database.unit_of_work() as session:
        record_object(session, probe, role="rendition", media_type="text/plain", now=clock.now())
    sealed = " · 加密保存" if services.settings.encryption_key_file else ""
    if services.settings.store == "files":
        return f"本地文件，只写一次，读取时校验 · 未启用对象锁{sealed}"
    return f"S3 {services.settings.s3_endpoint} · {_lock(services)}{sealed}"


def _lock(services: Services) -> str:
    from archive_service.storage.choose import bare
    from archive_service.storage.lock import prove
    from archive_service.storage.s3 import S3Store

    store = bare(services.store)
    assert isinstance(store, S3Store)
    proof = prove(store, now=clock.now())
    if proof.state == "enforced":
        return f"对象锁已验证（{clock.today()}）"
    let = {"accepted": "锁定后仍接受删除", "deleted": "锁定后仍可删除", "shortened": "锁定期可被缩短"}
    reason = let.get(proof.let, "存储桶未启用")
    return f"对象锁未由此存储强制执行（{reason}）"


def _fixity(services: Services) -> str:
    with services.database.reading() as session:
        found = fixity.figures(session)
    if found.lost:
        raise ArchiveError("fixity.lost", f"有 {found.lost} 个对象没有完好的副本。请运行 fixity status，并从备份恢复。")
    second = f"第二份 {found.copied} 个" if services.settings.second_store else "没有第二存储"
    return f"已校验 {found.checked}/{found.objects} 个对象 · {second}"


def _backups(services: Services) -> str:
    with services.database.reading() as session:
        waiting = disposal_queries.backups(session, today=clock.today())
    told = "、".join(f"{number} 至 {until}" for number, until in waiting)
    return f"备份中可能仍有已销毁的内容：{told}" if told else "备份中没有已销毁的内容"


def _broker(services: Services) -> str:
    if not services.settings.broker_url:
        return "未使用，任务由本机进程直接领取"
    return f"{probe(services.settings)} 可访问"


def _index(services: Services) -> str:
    index = services.index
    # A server is asked first, so that one that is gone is not told as an index that is.
    version, stats = index.place.version(), index.current()[1].stats()
    return " · ".join((f"{index.engine_name} {version}", f"{stats.documents} 件", *stats.warnings))


def _disk(services: Services) -> str:
    readiness.disk(services.settings)
    usage = shutil.disk_usage(services.settings.home)
    return f"剩余 {usage.free // 2**30} GiB，共 {usage.total // 2**30} GiB"


def _workers(services: Services) -> str:
    with services.database.reading() as session:
        readiness.workers(session)
        waiting = queue.waiting(session)
    return f"未完成的任务 {waiting} 个，没有积压而无人处理的队列"


def _partitions(services: Services) -> str:
    with services.database.reading() as session:
        unused = readiness.room(session) == readiness.OFF
    return "未使用，各表不分区" if unused else "预留充足"


def _scanner(services: Services) -> str:
    scanner = Scanner.of(services.settings)
    return "未使用" if scanner is None else f"{scanner.version()} 可访问"


def _sign_on(services: Services) -> str:
    unused = readiness.sign_on(services.settings, services.database) == readiness.OFF
    return "未使用" if unused else f"{services.settings.oidc_issuer} 可访问"


def _rapidocr(services: Services) -> str:
    versions = (
        f"RapidOCR {_version('rapidocr')} · OpenVINO {_version('openvino')} · ONNX Runtime {_version('onnxruntime')}"
    )
    models.check_reading(services.settings.ocr_engine, services.settings.ocr_runtime)
    digests = "、".join(f"{model.file} {model.sha256[:12]}" for model in models.needed("rapidocr"))
    return f"{versions} · 模型 {digests} · 置信度标定 {calibrate.version()}"


def _naming(services: Services) -> str:
    with services.database.reading() as session:
        found = naming.in_use(session, services.store)
    if found.problem:
        raise ArchiveError("naming.model", found.problem)
    facts = found.model.facts
    origin = (
        "随程序提供" if facts.get("origin") == "package" else f"已训练，学自确认资料 {facts.get('confirmed', 0)} 份"
    )
    return f"{found.model.digest[:12]} · {origin} · {len(found.model.codes)} 类"


def _fonts(_services: Services) -> str:
    files = sorted(fonts.FOLDER.glob("*.ttf"))
    if not files:
        raise ArchiveError("fonts.missing", "随程序提供的中文字体不见了，未嵌入字体的 PDF 会显示为空白。请重新安装。")
    return "随程序提供：" + "、".join(file.stem for file in files)


def _tesseract(services: Services) -> str:
    try:
        version = str(pytesseract.get_tesseract_version())
        languages = pytesseract.get_languages()
    except pytesseract.TesseractNotFoundError:
        return _optional(services, "未安装")
    if "chi_sim" not in languages:
        return _optional(services, f"{version}，缺少 chi_sim 语言数据")
    return f"Tesseract {version} · {'、'.join(languages)}"


def _checkpoints(services: Services) -> str:
    with services.database.reading() as session:
        made = deposits.checkpoints(session, limit=1)
        there = deposits.places(session, checkpoints.places(services.settings))
    failing = [one for one in there if one.waiting and one.error]
    if failing:
        told = "、".join(f"{one.place} 待送 {one.waiting} 个（{one.error}）" for one in failing)
        raise ArchiveError("audit.place", f"检查点没有送达：{told}。请检查这些位置，程序会继续重试。")
    if not made:
        return "还没有检查点"
    age = int((clock.now() - made[0].made_at).total_seconds() // 60)
    where = "、".join(f"{one.place} 至 {one.arrived_size}" for one in there) or "未设外部位置"
    return f"覆盖至第 {made[0].size} 条，{age} 分钟前 · {where}"


def _optional(services: Services, state: str) -> str:
    if services.settings.ocr_engine == "tesseract":
        raise ArchiveError("ocr.tesseract", f"{state}。请安装 tesseract-ocr 和 tesseract-ocr-chi-sim。")
    return f"{state}（备用引擎，可不装）"


def _sandbox(_services: Services) -> str:
    return sandbox.isolation()


def _catalogue(services: Services) -> str:
    return "、".join(edition.code for edition in load.editions())


def _version(package: str) -> str:
    return importlib.metadata.version(package)


def _looks() -> Iterator[tuple[str, Callable[[Services], str]]]:
    yield "数据库", _database
    yield "存储", _store
    yield "定期校验", _fixity
    yield "销毁与备份", _backups
    yield "消息服务", _broker
    yield "索引", _index
    yield "磁盘", _disk
    yield "审计检查点", _checkpoints
    yield "后台任务", _workers
    yield "分区", _partitions
    yield "病毒扫描", _scanner
    yield "统一身份认证", _sign_on
    yield "识读引擎", _rapidocr
    yield "备用识读引擎", _tesseract
    yield "归类模型", _naming
    yield "字体", _fonts
    yield "隔离", _sandbox
    yield "标准目录", _catalogue


_LOOKS = dict(_looks())
