"""Printed pages as pictures: what a person sees, and what a scanner reads from them."""

from __future__ import annotations

import numpy as np
import pypdfium2
import zxingcpp
from numpy.typing import NDArray

_DPI = 150


def pictures(made: bytes) -> list[NDArray[np.uint8]]:
    """Return each page of a PDF as a grey picture of 150 dpi."""
    book = pypdfium2.PdfDocument(made)
    try:
        return [np.asarray(page.render(scale=_DPI / 72, grayscale=True).to_pil().convert("L")) for page in book]
    finally:
        book.close()


def ink_at_edges(picture: NDArray[np.uint8], *, mm: float) -> bool:
    """Say whether anything is printed within so many mm of an edge."""
    wide = int(mm / 25.4 * _DPI)
    inside = picture.copy()
    inside[wide:-wide, wide:-wide] = 255
    return bool((inside < 200).any())


def qr_codes(picture: NDArray[np.uint8]) -> list[str]:
    """Return what the QR codes on a page say."""
    return [one.text for one in zxingcpp.read_barcodes(picture, formats=zxingcpp.BarcodeFormat.QRCode)]
