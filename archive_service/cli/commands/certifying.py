"""`copies ...`: issuing certified copies, their register, how a code stands, taking a copy back."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from pathlib import Path

import click

from archive_service import clock
from archive_service.cli import output
from archive_service.cli.asking import asking
from archive_service.cli.rows import ROW_ID
from archive_service.cli.services import Services
from archive_service.copies import actions, queries, rules
from archive_service.copies.making import Asked
from archive_service.errors import Invalid, NotFound, Unavailable
from archive_service.households import queries as households
from archive_service.web import copying
from archive_service.zone import local

_STATE = {"valid": "有效", "withdrawn": "已撤回", "unknown": "查无此件"}


@click.group()
def copies() -> None:
    """Certified copies: chosen pages under stamp, number and verification code."""


@copies.command("list")
@click.option("--state", type=click.Choice(["valid", "withdrawn"]), help="Only these.")
@click.option("--text", default="", help="Number or receiver contains it, or it is the account number.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True, help="So many at most.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, one copy a line.")
@click.pass_obj
def list_(services: Services, state: str | None, text: str, limit: int, as_json: bool) -> None:
    """List the register, newest first."""
    with services.reading() as (session, viewer):
        found = queries.copies(session, viewer, state=state or "", text=text, limit=limit).rows
    if as_json:
        for one in found:
            output.emit({**output.plain(one), "id": str(one.id), "state": one.state})
        return
    output.table(
        ("序号", "编号", "户号", "用途", "领取人", "页数", "出具", "状态"),
        [
            (one.id, one.number, one.account_no, one.purpose, one.receiver, one.page_count,
             local(one.issued_at).date(), _STATE[one.state])
            for one in found
        ],
    )  # fmt: skip


@copies.command()
@click.argument("account_no")
@click.argument("pages", nargs=-1, required=True, metavar="ITEM:PAGE...")
@click.option("--purpose", type=click.Choice(rules.PURPOSES), required=True, help="What it is for.")
@click.option("--note", default="", help="More of the purpose, in words.")
@click.option("--receiver", required=True, help="Whom it is given to.")
@click.option("--unmask", "unmask_reason", help="Leave personal numbers readable, for this reason.")
@click.option("--request", "request_key", help="The same twice issues one copy; 32 to 64 characters.")
@click.option("--language", type=click.Choice(["zh", "en"]), help="Language of the copy; that of the settings.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help="PDF to be written.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def issue(
    services: Services,
    account_no: str,
    pages: tuple[str, ...],
    purpose: str,
    note: str,
    receiver: str,
    unmask_reason: str | None,
    request_key: str | None,
    language: str | None,
    out: Path,
    as_json: bool,
) -> None:
    """Issue a copy of pages of the household ACCOUNT_NO: each as number of the item in the file and page, as 3:1."""
    if request_key is not None and not 32 <= len(request_key) <= 64:
        raise Invalid("copy.request", "--request 要有 32 到 64 个字符。请换一个，或不写。")
    by = asking(services, language)
    with services.reading() as (session, viewer):
        file = households.household(session, viewer, account_no, fields=False)
    numbered = {item.item_no: item.id for item in file.items}
    wanted = [_page(numbered, one) for one in pages]
    key = request_key or secrets.token_hex(16)
    row = copying.made(by, file, Asked(wanted, purpose, note, receiver, unmask_reason, key))
    with services.writing() as (session, viewer):
        actions.hand_over(session, viewer, row.id, now=clock.now())
    try:
        services.store.fetch(row.digest, out)
    except OSError as e:
        raise Unavailable("sheet.unwritable", "文件写不进去。请检查文件夹是否存在、有无权限和磁盘空间后重试。") from e
    if as_json:
        output.emit({"id": str(row.id), "number": row.number, "pages": row.page_count, "sha256": row.digest})
    else:
        output.say(f"已出具 {row.number}（{row.page_count} 页）：{out}")


def _page(numbered: Mapping[int, int], text: str) -> tuple[int, int]:
    item, _, page = text.partition(":")
    if not (item.isascii() and item.isdigit() and page.isascii() and page.isdigit()):
        raise Invalid("copy.pages", "页要写成“件号:页号”，例如 3:1。请核对后再试。", given=text[:40])
    if int(item) not in numbered:
        raise NotFound("item.not-found", "这一户没有这个件号的资料，或者您无权查看。请核对后再试。", given=text[:40])
    return numbered[int(item)], int(page)


@copies.command()
@click.argument("code")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def check(services: Services, code: str, as_json: bool) -> None:
    """Say how the CODE that stands on a copy stands: valid, withdrawn or unknown, and the digest of the file.

    Who asks for unknown codes again and again has to wait, as on the page for strangers.
    """
    told = services.settings
    with services.writing() as (session, viewer):
        found = actions.check_code(
            session, viewer, code, failures=told.sign_in_address_attempts, minutes=told.sign_in_lock_minutes,
            now=clock.now(),
        )  # fmt: skip
    if as_json:
        output.emit({"state": found.state, "sha256": found.digest})
    else:
        output.say(f"{_STATE[found.state]}{'，文件摘要 ' + found.digest if found.digest else ''}")


@copies.command()
@click.argument("copy_id", metavar="ID", type=ROW_ID)
@click.option("--reason", required=True, help="Why.")
@click.pass_obj
def withdraw(services: Services, copy_id: int, reason: str) -> None:
    """Take a copy back: from now on its code is answered with withdrawn."""
    with services.writing() as (session, viewer):
        number = actions.withdraw(session, viewer, copy_id, reason=reason, now=clock.now()).number
    output.say(f"已撤回 {number}。")
