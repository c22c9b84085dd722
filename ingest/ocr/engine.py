"""The port to a program that reads printed text off an upright page image."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from archive_service.errors import Unavailable
from ingest.lines import TextLine

#: Height x width (grey) or height x width x 3 (RGB), eight bits a channel.
Pixels = NDArray[np.uint8]


class EngineUnavailable(Unavailable):
    """The chosen engine cannot run on this machine, or gave up on a page."""


class Engine(Protocol):
    """Something that reads the lines of one upright page."""

    @property
    def name(self) -> str:
        """Program, version and model digest: enough to say later what read a page."""

    @property
    def settings(self) -> str:
        """What besides the program and its models the reading follows from, as "name=value" with blanks between."""

    def read(self, image: Pixels, *, dpi: int) -> list[TextLine]:
        """Return the lines of `image`, scanned at `dpi`, in any order; boxes in its pixels, text as printed.

        A page that lies on its side or head is read as it lies: the caller turns it.
        """


def missing(what: str, **facts: Any) -> EngineUnavailable:
    """Return the error for an engine that this machine does not have; `what` says what to do."""
    return EngineUnavailable("ocr.unavailable", what, **facts)
