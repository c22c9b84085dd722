"""Log lines of every process, in one form and one place: standard error, or a file that all of them share.

Lines of libraries (uvicorn, Celery, SQLAlchemy) take the same way. Results never share a stream with logs. Before a
line is written, what could be a customer's number and every secret of the settings is taken out of it; a line that
cannot be written is lost without a sound, because work must not fail for its log. Source: docs/decisions/0015.
"""

from __future__ import annotations

import logging
import os
import re
import sys
from pathlib import Path
from urllib.parse import unquote, urlsplit

import structlog
from pydantic import SecretStr

from archive_service.settings import Settings

#: Name of the logger above all of ours; libraries stand beside it and are heard from WARNING on.
OURS = "archive"
HIDDEN = "…"
#: Account, application, identity, phone and card numbers: so many digits that stand for themselves.
_NUMBER = re.compile(r"(?<![0-9A-Za-z])[0-9]{7,}[Xx]?(?![0-9A-Za-z])")
_PASSWORD = re.compile(r"(?<=://)([^\s:/@]*):[^\s/@]+@")
#: What our own lines say of the machine: a worker's name holds a moment in nanoseconds.
_OF_THE_MACHINE = frozenset({"timestamp", "level", "at", "worker", "pid", "reference"})
_SHORTEST_SECRET = 4


class _Quiet(logging.Handler):
    """A handler whose failure is nobody else's."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the name is logging's
        """Lose the line: the disk is full or the stream is closed, and whoever wrote it has work to do."""


class _Stream(_Quiet, logging.StreamHandler):  # type: ignore[type-arg]
    """Standard error."""


class _Careful:
    """Takes numbers of customers and secrets out of what a line says."""

    def __init__(self, secrets: frozenset[str]) -> None:
        self._secrets = sorted(secrets, key=len, reverse=True)

    def __call__(self, _logger: object, _method: str, line: structlog.typing.EventDict) -> structlog.typing.EventDict:
        """Return the line without them."""
        return {name: value if name in _OF_THE_MACHINE else self._clean(value) for name, value in line.items()}

    def _clean(self, value: object) -> object:
        if isinstance(value, bool | int | float | None):
            return value
        if isinstance(value, list | tuple):
            return [self._clean(one) for one in value]
        if isinstance(value, dict):
            return {str(name): self._clean(one) for name, one in value.items()}
        text = str(value)
        for secret in self._secrets:
            text = text.replace(secret, HIDDEN)
        return _NUMBER.sub(HIDDEN, _PASSWORD.sub(rf"\1:{HIDDEN}@", text))


def configure(settings: Settings) -> None:
    """Send log lines where the settings say, as JSON for machines or as text for people; the last call counts."""
    renderer: structlog.types.Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if settings.log_json
        else structlog.dev.ConsoleRenderer(colors=False)
    )
    first: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    handler = _handler(settings)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*first, _name_of_library],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                _add_process,
                _Careful(_secrets(settings)),
                renderer,
            ],
        )
    )
    _install(handler, settings.log_level)
    structlog.configure(
        processors=[*first, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(settings.log_level)),
        logger_factory=lambda *_: logging.getLogger(OURS),
        cache_logger_on_first_use=False,
    )


def get(name: str) -> structlog.typing.FilteringBoundLogger:
    """Return a logger that carries `name`; it may be asked for before `configure`."""
    return structlog.get_logger(at=name)  # type: ignore[no-any-return]


def _handler(settings: Settings) -> logging.Handler:
    if not settings.log_file:
        return _Stream(sys.stderr)
    path = Path(settings.log_file).absolute()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab"):
            return _shared_file(path, settings)
    except OSError as e:
        # A program that does not start for its log would be worse than a log in the wrong place.
        print(f"{path}: {e.strerror}", file=sys.stderr)  # noqa: T201 - there is no log to write it to
        return _Stream(sys.stderr)


def _shared_file(path: Path, settings: Settings) -> logging.Handler:
    # Most commands write to standard error and should not wait for it.
    from concurrent_log_handler import ConcurrentRotatingFileHandler

    class SharedFile(_Quiet, ConcurrentRotatingFileHandler):
        """One process writes or rotates at a time; a file that somebody has moved away is opened again."""

    return SharedFile(
        str(path), maxBytes=settings.log_max_bytes, backupCount=settings.log_kept, encoding="utf-8", chmod=0o640
    )


def _install(handler: logging.Handler, level: str) -> None:
    root = logging.getLogger()
    for old in [one for one in root.handlers if isinstance(one, _Quiet)]:
        root.removeHandler(old)
        old.close()
    root.addHandler(handler)
    # Requests, connections and migrations of libraries are named at INFO, with addresses.
    root.setLevel(logging.WARNING)
    logging.getLogger(OURS).setLevel(level)
    logging.captureWarnings(False)


def _name_of_library(_logger: object, _method: str, line: structlog.typing.EventDict) -> structlog.typing.EventDict:
    line["at"] = line["_record"].name
    return line


def _add_process(_logger: object, _method: str, line: structlog.typing.EventDict) -> structlog.typing.EventDict:
    line["pid"] = os.getpid()
    return line


def _secrets(settings: Settings) -> frozenset[str]:
    """Return the values of the settings that no line may hold."""
    known = [value.get_secret_value() for _, value in settings if isinstance(value, SecretStr)]
    given = [urlsplit(url).password or "" for url in (settings.database_url, settings.broker_url)]
    known += [*given, *map(unquote, given)]
    return frozenset(one for one in known if len(one) >= _SHORTEST_SECRET)
