"""Which queues this machine can work for: pages are not read with models that are damaged or missing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from archive_service import logs
from archive_service.settings import Settings
from ingest.ocr import models
from ingest.ocr.engine import EngineUnavailable

log = logs.get("fit")
#: The queue of what needs the reader.
_READS = "read"


@dataclass
class Fit:
    """Looks at the model files before each job is taken; files go on being taken in while reading waits."""

    settings: Settings
    _said: str = field(default="", init=False)

    def __call__(self, queues: Sequence[str]) -> Sequence[str]:
        """Return the queues without the one for reading, if this machine cannot read; the log says why, once."""
        if _READS not in queues:
            return queues
        why = self._why_not()
        if why != self._said:
            self._said = why
            if why:
                log.error("reading stopped", why=why)
            else:
                log.info("reading goes on")
        return [name for name in queues if name != _READS] if why else queues

    def _why_not(self) -> str:
        try:
            models.check_reading(self.settings.ocr_engine, self.settings.ocr_runtime)
        except EngineUnavailable as error:
            return error.message
        return ""
