"""`review`: the queue of doubtful documents."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from archive_service import clock
from archive_service.cli import output
from archive_service.cli.rows import ROW_ID
from archive_service.cli.services import Services
from archive_service.errors import Invalid
from ingest import queries, review
from ingest.review import Decision, Wanted


@click.group("review")
def review_group() -> None:
    """Documents that wait for a person."""


@review_group.command("list")
@click.option("--after", type=ROW_ID, help="Continue above this document.")
@click.option("--limit", default=50, show_default=True, help="Most documents to list.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, one document a line.")
@click.pass_obj
def list_(services: Services, after: int | None, limit: int, as_json: bool) -> None:
    """List the doubtful documents, oldest first."""
    with services.reading() as (session, viewer):
        listing = queries.review_queue(session, viewer, after=after, limit=limit)
    if as_json:
        for document in listing.documents:
            output.emit({**output.plain(document), "id": str(document.id), "scan_id": str(document.scan_id)})
        return
    output.table(
        ("编号", "扫描件", "页", "类型", "户号", "存疑"),
        [
            (d.id, d.scan_id, ",".join(map(str, d.pages)), d.document_type, d.account_no, "；".join(d.doubts))
            for d in listing.documents
        ],
    )
    output.say(f"共 {listing.total} 份待校核。")


@review_group.command()
@click.argument("document_id", metavar="ID", type=ROW_ID)
@click.option("--type", "document_type", help="Catalogue code; what was proposed if not given.")
@click.option("--account", help="Account number; what was proposed if not given.")
@click.option("--application", help="Application number.")
@click.option("--field", "fields", multiple=True, metavar="NAME=VALUE", help="A corrected value; may be given often.")
@click.option(
    "--mark",
    "marks",
    multiple=True,
    metavar="MARK=WORD",
    help="What you see of a signature or seal, such as seal:customer=not_seen; seen, not_seen or doubtful.",
)
@click.option("--reject", metavar="REASON", help="Send it back instead of filing it, for this reason.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def decide(
    services: Services,
    document_id: int,
    document_type: str | None,
    account: str | None,
    application: str | None,
    fields: tuple[str, ...],
    marks: tuple[str, ...],
    reject: str | None,
    as_json: bool,
) -> None:
    """File a doubtful document as you say, or send it back."""
    with services.writing() as (session, viewer):
        if reject is not None:
            review.reject(session, viewer, document_id, reason=reject, now=clock.now())
            result: dict[str, object] = {"document": str(document_id), "state": "rejected", "item": None}
        else:
            proposed = queries.document(session, viewer, document_id)
            decision = Decision(
                document_type or proposed.document_type,
                account or proposed.account_no or "",
                application or (proposed.application_no if account in (None, proposed.account_no) else None),
                _fields(fields),
                marks=_fields(marks),
            )
            item = review.confirm(session, viewer, document_id, decision, now=clock.now(), today=clock.today())
            result = {"document": str(document_id), "state": "filed", "item": str(item.id)}
    if as_json:
        output.emit(result)
    else:
        output.say("已退回。" if reject is not None else f"已归入，件 {result['item']}。")


@review_group.command()
@click.argument("document_id", metavar="ID", type=ROW_ID)
@click.option(
    "--before", "before_page", type=int, required=True, metavar="PAGE", help="First page of the new document."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def split(services: Services, document_id: int, before_page: int, as_json: bool) -> None:
    """Cut a document in two before a page of its scan; both parts are recognised again and wait for a person."""
    with services.reading() as (session, viewer):
        ahead = review.before_split(session, viewer, document_id, before_page=before_page, tools=_tools(services))
    with services.writing() as (session, viewer):
        parts = review.split(session, viewer, ahead, now=clock.now())
        told = [{"document": str(part.id), "pages": list(part.pages)} for part in parts]
    if as_json:
        output.emit({"documents": told})
    else:
        output.say("已分件：" + "；".join(_place(one) for one in told) + "。")


@review_group.command()
@click.argument("document_id", metavar="ID", type=ROW_ID)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def join(services: Services, document_id: int, as_json: bool) -> None:
    """Join a document with the undecided one before it; the whole is recognised again and waits for a person."""
    with services.reading() as (session, viewer):
        ahead = review.before_join(session, viewer, document_id, tools=_tools(services))
    with services.writing() as (session, viewer):
        whole = review.join(session, viewer, ahead, now=clock.now())
        told = {"document": str(whole.id), "pages": list(whole.pages)}
    if as_json:
        output.emit(told)
    else:
        output.say(f"已并件：{_place(told)}。")


@review_group.command()
@click.argument("document_id", metavar="ID", type=ROW_ID)
@click.option("--page", "page_no", type=int, required=True, metavar="PAGE", help="Page of the scan to turn.")
@click.option("--by", "degrees", type=click.Choice(["90", "180", "270"]), default="90", help="Degrees clockwise.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def turn(services: Services, document_id: int, page_no: int, degrees: str, as_json: bool) -> None:
    """Turn a page of a document; it is then read anew that way up."""
    with services.reading() as (session, viewer):
        document = queries.document(session, viewer, document_id)
        wanted = Wanted({document_id: document.pages}, [(document_id, document.pages)], {page_no: int(degrees)})
        ahead = review.before_arrange(session, viewer, document.scan_id, wanted, tools=_tools(services))
    with services.writing() as (session, viewer):
        review.arrange(session, viewer, ahead, tools=_tools(services), now=clock.now())
    if as_json:
        output.emit({"document": str(document_id), "page": page_no, "turned": int(degrees)})
    else:
        output.say(f"第 {page_no} 页已转 {degrees} 度，正在重新识读。")


@review_group.command("undo-pages")
@click.argument("scan_id", metavar="SCAN", type=ROW_ID)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def undo_pages(services: Services, scan_id: int, as_json: bool) -> None:
    """Undo the last split, join, drop, turn or arrangement of the pages of a scan."""
    with services.reading() as (session, viewer):
        step = review.last_step(session, viewer, scan_id)
        ahead = review.before_undo(session, viewer, scan_id, tools=_tools(services))
    with services.writing() as (session, viewer):
        review.arrange(session, viewer, ahead, tools=_tools(services), now=clock.now())
    if as_json:
        output.emit({"scan": str(scan_id), "undone": step.name if step else None})
    else:
        output.say(f"已撤销：{step.name if step else ''}。")


def _tools(services: Services) -> review.Tools:
    return review.Tools(services.settings, services.store, clock.today())


def _place(told: Mapping[str, Any]) -> str:
    return f"{told['document']}（第 {'、'.join(map(str, told['pages']))} 页）"


def _fields(given: tuple[str, ...]) -> dict[str, str]:
    pairs = [text.partition("=") for text in given]
    if any(not mark for _, mark, _ in pairs):
        raise Invalid("review.field", "字段须写成 名称=值，例如 --field capacity=630。")
    return {name.strip(): value for name, _, value in pairs}
