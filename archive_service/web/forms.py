"""What a person sent: parsed only after it is known who they are, refused without the token of their session."""

from __future__ import annotations

import hmac
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import Depends, Request
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException

from archive_service.errors import Invalid, NotPermitted
from archive_service.web.visit import AnySignedIn, Visit, whole_number

_FIELDS = 500
_FILES = 1000
#: The board of a scan of 5000 pages has two fields for every document, and each may hold all of the page numbers.
_FIELDS_OF_BOARD = 11_000
LONGEST_LIST = 30_000


class Form:
    """The fields of a form, as text without surrounding white space."""

    def __init__(self, data: FormData) -> None:
        self._data = data

    def text(self, name: str, *, limit: int = 2000) -> str:
        """Return the field `name`, empty when it was not sent. Raises Invalid when it is longer than `limit`."""
        value = self._data.get(name)
        # A NUL is nothing a person types, and no database takes it as text.
        text = value.replace("\0", "").strip() if isinstance(value, str) else ""
        if len(text) > limit:
            raise Invalid("form.too-long", f"填写的内容超过 {limit} 字。请缩短后再试。", field=name)
        return text

    def raw(self, name: str) -> str:
        """Return the field `name` exactly as sent; a password may begin with a space."""
        value = self._data.get(name)
        return value[:1000] if isinstance(value, str) else ""

    def optional(self, name: str, *, limit: int = 2000) -> str | None:
        """Return the field `name`, none when it is empty or was not sent."""
        return self.text(name, limit=limit) or None

    def id(self, name: str) -> int | None:
        """Return the field `name` as an id, none when it is empty. Raises Invalid when it is no number."""
        text = self.text(name, limit=20)
        if not text:
            return None
        number = whole_number(text)
        if number is None:
            raise Invalid("form.no-number", "表单里的编号不对，没有执行。请刷新页面后再试。", field=name)
        return number

    def numbers(self, name: str) -> list[int] | None:
        """Return the field `name`, written 3,4,5, as numbers; none when it was not sent."""
        parts = self.text(name, limit=LONGEST_LIST)
        return [whole_number(part) or 0 for part in parts.split(",")] if parts else None

    def ids(self, name: str) -> list[int]:
        """Return the fields called `name` as ids, each once, in their order; what is no id is left out."""
        sent = (whole_number(one) for one in self._data.getlist(name) if isinstance(one, str))
        return list(dict.fromkeys(number for number in sent if number is not None))

    def flag(self, name: str) -> bool:
        """Say whether the tick box `name` was ticked."""
        return self.text(name, limit=20) not in ("", "0", "false")

    def group(self, prefix: str, *, limit: int = 2000) -> dict[str, str]:
        """Return the fields whose names begin with `prefix`, by the rest of the name."""
        names = [key for key in self._data if key.startswith(prefix)]
        return {key[len(prefix) :]: self.text(key, limit=limit) for key in dict.fromkeys(names)}

    def files(self, name: str) -> list[UploadFile]:
        """Return the files sent as `name`, in their order; an empty choice is no file."""
        return [file for file in self._data.getlist(name) if isinstance(file, UploadFile) and file.filename]


async def sent_form(visit: AnySignedIn) -> AsyncIterator[Form]:
    """Parse the form of a signed-in person; files go to disk as they arrive."""
    async with parsed(visit.request, max_files=_FILES, max_fields=_FIELDS) as data:
        check_token(visit, str(data.get("token", "")))
        yield Form(data)


async def sent_board(visit: AnySignedIn) -> AsyncIterator[Form]:
    """Parse the board of pages, a form that grows with the scan."""
    async with parsed(visit.request, max_files=_FILES, max_fields=_FIELDS_OF_BOARD) as data:
        check_token(visit, str(data.get("token", "")))
        yield Form(data)


@asynccontextmanager
async def parsed(request: Request, *, max_files: int, max_fields: int) -> AsyncIterator[FormData]:
    """Parse the form of a request. Raises Invalid, naming the limit, when more files come than one form takes."""
    try:
        data = await request.form(max_files=max_files, max_fields=max_fields)
    except HTTPException as error:
        if "Too many files" in str(error.detail):
            raise Invalid(
                "form.too-many-files",
                f"一次提交最多 {max_files} 个文件，这次提交没有保存。请分几次上传，或打包成 ZIP。",
                most=max_files,
            ) from None
        raise
    try:
        yield data
    finally:
        await data.close()


def check_token(visit: Visit, token: str) -> None:
    """Raise NotPermitted unless `token`, or the header that scripts send, belongs to this session."""
    given = token or visit.request.headers.get("x-form-token", "")
    if not hmac.compare_digest(given.encode(), visit.token.encode()):
        raise NotPermitted("request.token", "页面停留太久或来自别处，没有执行。请刷新页面后再做一次。")


SentForm = Annotated[Form, Depends(sent_form)]
SentBoard = Annotated[Form, Depends(sent_board)]
