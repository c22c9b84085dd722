"""Which queues this machine can work for: pages are not read with models that are damaged or missing, and received
files wait while the virus scanner is away.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from archive_service import logs
from archive_service.errors import Unavailable
from archive_service.settings import Settings
from ingest.ocr import models
from ingest.ocr.engine import EngineUnavailable
from ingest.scanner import Scanner

log = logs.get("fit")
#: The queue of what needs the reader, and the one of what the virus scanner looks at first.
_READS, _SCANS = "read", "light"
#: Seconds for which it is known that the scanner answers; it is asked before jobs, and jobs are short.
_ANSWERED_S = 5.0


@dataclass
class Fit:
    """Looks at models and scanner before each job is taken; files go on being received while their jobs wait."""

    settings: Settings
    _said: dict[str, str] = field(default_factory=dict, init=False)
    _ask_again_at: float = field(default=0.0, init=False)

    def __call__(self, queues: Sequence[str]) -> Sequence[str]:
        """Return the queues without those that this machine cannot work for; the log says why, once."""
        found = list(queues)
        for name, ask in ((_READS, self._why_not_read), (_SCANS, self._why_not_scan)):
            if name in found and self._stopped(name, ask()):
                found.remove(name)
        return found

    def _stopped(self, name: str, why: str) -> bool:
        if why != self._said.get(name, ""):
            self._said[name] = why
            if why:
                log.error("queue stopped", queue=name, why=why)
            else:
                log.info("queue goes on", queue=name)
        return bool(why)

    def _why_not_read(self) -> str:
        try:
            models.check_reading(self.settings.ocr_engine, self.settings.ocr_runtime)
        except EngineUnavailable as error:
            return error.message
        return ""

    def _why_not_scan(self) -> str:
        scanner = Scanner.of(self.settings)
        if scanner is None or time.monotonic() < self._ask_again_at:
            return self._said.get(_SCANS, "")
        self._ask_again_at = time.monotonic() + _ANSWERED_S
        try:
            scanner.ping()
        except Unavailable as error:
            return error.message
        return ""
