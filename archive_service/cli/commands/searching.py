"""`search`: full text."""

from __future__ import annotations

from datetime import date, datetime

import click

from archive_service import clock
from archive_service.cli import output
from archive_service.cli.services import Services
from archive_service.cli.units import unit_id
from archive_service.errors import Refused
from archive_service.people.roles import Right
from indexing.search import Filters, SearchPage, search
from indexing.sync import follow


@click.command("search")
@click.argument("query")
@click.option("--centre", help="Only this centre.")
@click.option("--type", "document_type", help="Only this document type.")
@click.option("--category", help="Only this customer category.")
@click.option("--business", help="Only this business type.")
@click.option("--from", "date_from", type=click.DateTime(["%Y-%m-%d"]), help="Only papers of this day or later.")
@click.option("--to", "date_to", type=click.DateTime(["%Y-%m-%d"]), help="Only papers of this day or earlier.")
@click.option("--limit", default=10, show_default=True, help="Most hits to list.")
@click.option("--offset", default=0, show_default=True, help="Hits to pass over.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def search_command(
    services: Services,
    query: str,
    centre: str | None,
    document_type: str | None,
    category: str | None,
    business: str | None,
    date_from: datetime | None,
    date_to: datetime | None,
    limit: int,
    offset: int,
    as_json: bool,
) -> None:
    """Find filed papers by any words in them, by number, name or address."""
    while follow(services.database, services.index, now=clock.now()):
        continue
    with services.reading() as (session, viewer):
        page = search(
            session,
            services.index,
            viewer_units=viewer.units(Right.RECORD_READ),
            may_read_personal_units=viewer.units(Right.RECORD_READ_PERSONAL),
            query=query,
            filters=Filters(
                centre=unit_id(session, centre) if centre else None,
                document_type=document_type,
                category=category,
                business_type=business,
                date_from=_day(date_from),
                date_to=_day(date_to),
            ),
            limit=limit,
            offset=offset,
        )
    if page.refused:
        raise Refused("search.identity", "证件号码不在全文检索中，没有查找。请在网页“按证件号码查户”中输入。")
    if as_json:
        output.emit(_json(page))
    else:
        _print(page)


def _day(moment: datetime | None) -> date | None:
    return moment.date() if moment else None


def _json(page: SearchPage) -> dict[str, object]:
    hits = [
        {
            "item": str(hit.item_id),
            "account_no": hit.account_no,
            "account_name": hit.account_name,
            "document_type": hit.document_type,
            "title": hit.title,
            "snippet": "".join(text for text, _ in hit.snippet),
            "marks": [text for text, marked in hit.snippet if marked],
            "page": hit.page,
            "exact": hit.exact,
        }
        for hit in page.hits
    ]
    return {"total": page.total, "took_ms": page.took_ms, "hits": hits, "facets": page.facets}


def _print(page: SearchPage) -> None:
    output.say(f"共 {page.total} 件，用时 {page.took_ms:.0f} 毫秒。")
    for hit in page.hits:
        near = "" if hit.exact else "（近似）"
        output.say(f"{hit.account_no} {hit.account_name} · {hit.title}（{hit.document_type}）第 {hit.page} 页{near}")
        output.say(
            "    " + "".join(f"【{text}】" if marked else text for text, marked in hit.snippet).replace("\n", " ")
        )
