"""`catalogue`: the editions of the standard catalogue; check an edited one; how archive codes are written."""

from __future__ import annotations

from pathlib import Path

import click

from archive_service import clock
from archive_service.catalogue import load
from archive_service.catalogue.schema import Edition
from archive_service.cli import output
from archive_service.cli.services import Services
from archive_service.errors import NotFound
from archive_service.lifecycle import actions


@click.group()
def catalogue() -> None:
    """What papers each kind of case has to hold."""


@catalogue.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def check(file: Path, as_json: bool) -> int:
    """Check an edited edition and say line and reason of every fault."""
    found = load.check_text(file.read_text(encoding="utf-8", errors="replace"))
    if as_json:
        output.emit({"file": file.name, "valid": not found, "findings": found})
    elif found:
        for finding in found:
            output.say(f"第 {finding.line} 行第 {finding.column} 列 {finding.path}：{finding.message}")
    else:
        output.say("目录有效。")
    return 3 if found else 0


@catalogue.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, one edition a line.")
def list_(as_json: bool) -> None:
    """List the editions."""
    rows = [_row(edition) for edition in load.editions()]
    if as_json:
        for row in rows:
            output.emit(row)
    else:
        output.table(("版本", "名称", "施行", "停用", "文件类型"), [tuple(row.values()) for row in rows])


@catalogue.command("code-pattern")
@click.argument("unit")
@click.argument("pattern")
@click.pass_obj
def code_pattern(services: Services, unit: str, pattern: str) -> None:
    """Let a unit write archive codes by a pattern from now on, such as '{fonds}-KH·{category}-{year}-{serial:5}'."""
    with services.writing() as (session, viewer):
        actions.set_pattern(session, unit, pattern, by=viewer, now=clock.now())
    output.say(f"已设定单位 {unit} 的档号格式。已给出的档号不变。")


def _row(edition: Edition) -> dict[str, object]:
    return {
        "code": edition.code,
        "title": edition.title_zh,
        "effective_from": edition.effective_from,
        "effective_until": edition.effective_until,
        "document_types": len(edition.document_types),
    }


@catalogue.command()
@click.argument("document_type")
@click.option("--edition", "code", help="Edition; the newest if not given.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def show(document_type: str, code: str | None, as_json: bool) -> None:
    """Show one document type with its source."""
    edition = load.edition_by_code(code) if code else load.editions()[-1]
    found = edition.document_types.get(document_type) if edition else None
    if found is None:
        raise NotFound("catalogue.not-found", "目录中没有这个版本或文件类型。请用 catalogue list 查看。")
    if as_json:
        output.emit(found.model_dump(mode="json"))
        return
    output.say(f"{found.code} {found.name_zh}（{found.name_en}）")
    output.say(f"环节 {found.stage} · 介质 {found.medium_rule} · 份数 {found.count_min} · 密级 {found.sensitivity}")
    output.say(f"来源：{found.source}{'（可编辑的默认值）' if found.is_default else ''}")
