"""Fonts for PDFs that name a Chinese font without carrying it: without one on the machine their pages stay empty."""

from __future__ import annotations

import ctypes

import pypdfium2.raw as raw

from archive_service import fonts

#: Where PDFium looks by itself on Linux; naming folders of our own replaces these.
_SYSTEM = ("/usr/share/fonts", "/usr/share/X11/fonts/Type1", "/usr/share/X11/fonts/TTF", "/usr/local/share/fonts")
#: Freely licensed Chinese fonts that come with the program.
_OURS = fonts.FOLDER

_kept: list[object] = []


def register(folders: tuple[str, ...] = (*_SYSTEM, str(_OURS))) -> None:
    """Start PDFium anew with fonts from `folders`. To be called while no document is open."""
    names = [ctypes.create_string_buffer(folder.encode()) for folder in folders]
    paths = (ctypes.POINTER(ctypes.c_char) * (len(names) + 1))()
    for index, name in enumerate(names):
        paths[index] = ctypes.cast(name, ctypes.POINTER(ctypes.c_char))
    # PDFium keeps the pointers, not the text.
    _kept[:] = [names, paths]
    raw.FPDF_DestroyLibrary()
    raw.FPDF_InitLibraryWithConfig(raw.FPDF_LIBRARY_CONFIG(version=2, m_pUserFontPaths=paths))
