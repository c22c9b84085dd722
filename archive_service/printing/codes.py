"""QR codes as squares, so that no printer has to scale a picture."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import zxingcpp
from fpdf import FPDF
from numpy.typing import NDArray


def draw(book: FPDF, text: str, x: float, y: float, size: float, *, correction: str = "H") -> None:
    """Draw a code of `size` with its top left at x and y, in the unit of the book; it needs white around it.

    `correction` is the level of error correction: L, M, Q or H.
    """
    dark = _modules(text, correction)
    module = size / len(dark)
    book.set_fill_color(0, 0, 0)
    for row, line in enumerate(dark):
        # Dark runs of a row are one piece.
        edges = np.flatnonzero(np.diff(np.concatenate(([False], line, [False])).astype(np.int8)))
        for start, end in edges.reshape(-1, 2):
            # A hair more than the module, or viewers show white lines between the rows.
            book.rect(x + start * module, y + row * module, (end - start) * module, module + 0.02, style="F")


@lru_cache(maxsize=128)
def _modules(text: str, correction: str) -> NDArray[np.bool_]:
    """Return the squares of a code, dark ones true, without the quiet zone."""
    code = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode, ec_level=correction)
    return np.asarray(code.to_image(scale=1, add_quiet_zones=False)) < 128
