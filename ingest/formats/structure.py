"""What a PDF is made of besides its pages, read by pypdf: attachments, scripts, forms, signatures, who made it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pypdf import PdfReader
from pypdf.generic import ArrayObject, DictionaryObject, IndirectObject

#: Pages whose annotations are looked at; scripts hide in the document's own entries far more often.
_LOOKED_AT = 50
_MOST_FIELDS = 2000
#: Kinds of actions that do something outside the page.
_ACTIVE = {
    "/JavaScript",
    "/Launch",
    "/SubmitForm",
    "/ImportData",
    "/GoToR",
    "/GoToE",
    "/Rendition",
    "/RichMediaExecute",
}
_METADATA = {"/Title": "title", "/Author": "author", "/Producer": "producer", "/Creator": "creator"}


def read(path: Path) -> dict[str, Any]:
    """Return {flags, metadata} of a PDF. May raise anything: it runs in a child of its own and is not essential."""
    # Handed an open file, pypdf reads what it needs; handed a path, it would load the whole file.
    with path.open("rb") as file:
        return _read(PdfReader(file, strict=False))


def _read(reader: PdfReader) -> dict[str, Any]:
    if reader.is_encrypted:
        reader.decrypt("")
    root = _dictionary(reader.trailer["/Root"])
    flags = [name for name, found in _findings(reader, root) if found]
    info = _dictionary(reader.trailer.get("/Info"))
    metadata = {
        name: str(_plain(info[key]))[:200] for key, name in _METADATA.items() if isinstance(_plain(info.get(key)), str)
    }
    return {"flags": flags, "metadata": metadata}


def _findings(reader: PdfReader, root: DictionaryObject) -> Iterator[tuple[str, bool]]:
    names = _dictionary(root.get("/Names"))
    form = _dictionary(root.get("/AcroForm"))
    annotations = list(_annotations(reader))
    attached = "/EmbeddedFiles" in names or "/AF" in root
    yield "has-attachments", attached or any(a.get("/Subtype") == "/FileAttachment" for a in annotations)
    active = "/JavaScript" in names or "/XFA" in form or _acts(root)
    yield "has-active-content", active or any(_acts(a) for a in annotations)
    fields = list(_fields(form))
    yield "has-form", bool(fields)
    yield "has-signature", any(f.get("/FT") == "/Sig" and "/V" in f for f in fields)


def _acts(thing: DictionaryObject) -> bool:
    """Say whether opening or clicking `thing` runs something."""
    actions = [_dictionary(thing.get(key)) for key in ("/OpenAction", "/A")]
    actions += [_dictionary(action) for action in _dictionary(thing.get("/AA")).values()]
    return any(action.get("/S") in _ACTIVE for action in actions)


def _annotations(reader: PdfReader) -> Iterator[DictionaryObject]:
    for number, page in enumerate(reader.pages):
        if number >= _LOOKED_AT:
            return
        if _acts(page):
            yield page
        for annotation in _list(page.get("/Annots"))[:_MOST_FIELDS]:
            yield _dictionary(annotation)


def _fields(form: DictionaryObject) -> Iterator[DictionaryObject]:
    waiting = _list(form.get("/Fields"))
    for _ in range(_MOST_FIELDS):
        if not waiting:
            return
        field = _dictionary(waiting.pop())
        waiting += _list(field.get("/Kids"))
        yield field


def _plain(value: Any) -> Any:
    return value.get_object() if isinstance(value, IndirectObject) else value


def _dictionary(value: Any) -> DictionaryObject:
    value = _plain(value)
    return value if isinstance(value, DictionaryObject) else DictionaryObject()


def _list(value: Any) -> list[Any]:
    value = _plain(value)
    return list(value) if isinstance(value, ArrayObject) else []
