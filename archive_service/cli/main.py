"""The command line: `archive-service`, one file per group of commands.

Exit codes: 0 done · 1 unexpected fault · 2 wrong use · 3 refused by a rule · 4 not found · 5 damage found · 6 a
component is unreachable.
"""

from __future__ import annotations

import ast
import secrets
import sys
import traceback
from importlib import import_module
from pathlib import Path

import click
from sqlalchemy.exc import OperationalError

from archive_service import __version__, logs, settings
from archive_service.cli import commands, output, traces
from archive_service.cli.services import Services
from archive_service.errors import ArchiveError, Unavailable

#: Each command and the module and name that it stands in, in the order of a working day.
COMMANDS = {
    "init": "setting_up:init",
    "db": "setting_up:db",
    "demo": "demo:demo",
    "serve": "serving:serve",
    "worker": "serving:worker",
    "cases": "cases:cases",
    "sheets": "sheets:sheets",
    "papers": "printing:papers",
    "ingest": "ingesting:ingest",
    "watch": "watching:watch",
    "scans": "ingesting:scans",
    "scan": "ingesting:scan",
    "text": "ingesting:text",
    "reread": "rereading:reread",
    "batch": "batches:batch",
    "jobs": "jobs:jobs",
    "review": "reviewing:review_group",
    "recognise": "recognising:recognise",
    "household": "households:household",
    "completeness": "households:completeness",
    "item": "items:item",
    "search": "searching:search_command",
    "loans": "lending:loans",
    "rooms": "rooming:rooms",
    "copies": "certifying:copies",
    "subjects": "subjects:subjects",
    "notices": "noticing:notices",
    "catalogue": "catalogue:catalogue",
    "people": "people:people",
    "audit": "audit:audit",
    "inspection": "inspecting:inspection",
    "retention": "retaining:retention",
    "properties": "checking:properties",
    "export": "exchanging:export_command",
    "import": "exchanging:import_command",
    "packages": "packaging:packages",
    "verify": "upkeep:verify",
    "doctor": "upkeep:doctor",
    "reindex": "upkeep:reindex",
    "keys": "keys:keys",
    "fixity": "fixity:fixity",
    "storage": "storing:storage",
    "backup": "backing_up:backup",
    "restore": "backing_up:restore",
}


_WORDS = "archive_service.words"


class LazyGroup(click.Group):
    """Loads a command when it is asked for, so that a short one does not wait for the libraries of the others."""

    def list_commands(self, context: click.Context) -> list[str]:
        """Return the names of all commands."""
        return list(COMMANDS)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        """Return the command of that name, or none."""
        place = COMMANDS.get(name)
        if place is None:
            return None
        module, _, attribute = place.partition(":")
        command = getattr(import_module(f"archive_service.cli.commands.{module}"), attribute)
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that the words name, and remember the words for what is put on record."""
        ctx.meta[_WORDS] = list(args)
        return super().resolve_command(ctx, args)

    def format_commands(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        """Write a line for each command without loading any: all of them together take seconds to load."""
        space = formatter.width - 6 - max(map(len, COMMANDS))
        with formatter.section("Commands"):
            formatter.write_dl(
                [
                    (name, click.Command(name, help=_docstring(place)).get_short_help_str(space))
                    for name, place in COMMANDS.items()
                ]
            )


def _docstring(place: str) -> str | None:
    """Return the docstring of a command ("module:name") as its source has it."""
    module, _, name = place.partition(":")
    source = Path(commands.__path__[0], f"{module}.py").read_text(encoding="utf-8")
    return next(
        ast.get_docstring(node)
        for node in ast.parse(source).body
        if isinstance(node, ast.FunctionDef) and node.name == name
    )


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="archive-service")
@click.option("--as", "login", metavar="LOGIN", help="Act in the name of this person, with this person's rights.")
@click.pass_context
def cli(context: click.Context, login: str | None) -> None:
    """一户一档：the records archive of an electricity utility's customer service centres."""
    loaded = settings.load()
    logs.configure(loaded)
    context.obj = Services(loaded, login)
    context.with_resource(traces.traced(context.obj, context.meta[_WORDS]))


def main() -> None:
    """Run the command line and leave with the exit code that fits what happened."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run one command and return its exit code; a failure is one sentence on standard error."""
    try:
        code = cli.main(arguments, prog_name="archive-service", standalone_mode=False)
    except click.exceptions.Abort:
        output.stderr.print("已中断。已提交的工作没有丢失，再次运行即可继续。")
        return 1
    except click.ClickException as e:
        e.show(file=sys.stderr)
        return 2
    except ArchiveError as e:
        return _report(e)
    except OperationalError as e:
        # SQLite says in the same words that a file cannot be opened and that a column does not exist.
        return _fault() if str(e.orig).startswith("no such") else _report(_out_of_reach())
    except BrokenPipeError:
        return 0
    except Exception:  # noqa: BLE001 - the last line of defence of a program: a number to report instead of a traceback
        return _fault()
    return code if isinstance(code, int) else 0


def _out_of_reach() -> Unavailable:
    return Unavailable("database.unavailable", "数据库无法访问。请检查数据库服务、磁盘空间和地址后重试。")


def _report(error: ArchiveError) -> int:
    output.stderr.print(f"{error.message}（{error.code}）", markup=False, highlight=False, soft_wrap=True)
    return error.exit_code


def _fault() -> int:
    number = secrets.token_hex(3).upper()
    folder = settings.load().home / "faults"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{number}.txt").write_text(traceback.format_exc(), encoding="utf-8")
    output.stderr.print(
        f"程序出现意外故障，已提交的工作没有丢失。请把参考号 {number} 告诉管理员。", highlight=False, soft_wrap=True
    )
    return 1
