"""A form with one file: how the interface describes it and reads it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from starlette.datastructures import UploadFile

from archive_service.errors import Invalid
from archive_service.web.forms import Form


def file_form(file: str, *, about: str = "", needed: Sequence[str] = (), **fields: str) -> dict[str, Any]:
    """Return what the document of the interface says of a form with one file in the field `file`.

    `about` says what the file is, and each of `fields`, which hold text, what it means: "" where the name says it.
    `needed` are those of `fields` that have to be there; the file always has to.
    """
    schema = {
        "type": "object",
        "required": [file, *needed],
        "properties": {
            file: _described({"type": "string", "format": "binary"}, about),
            **{name: _described({"type": "string"}, meaning) for name, meaning in fields.items()},
        },
    }
    return {"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": schema}}}}


def only_file(form: Form) -> UploadFile:
    """Return the one file of the field `file`. Raises Invalid where there is none, or more than one."""
    files = form.files("file")
    if len(files) != 1:
        raise Invalid("intake.one-file", "请在 file 字段里放一个文件。")
    return files[0]


def _described(schema: dict[str, str], about: str) -> dict[str, str]:
    return {**schema, "description": about} if about else schema
