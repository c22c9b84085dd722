"""The list of commands is told without loading them, and is what they say of themselves."""

from __future__ import annotations

import subprocess
import sys

import click

from archive_service.cli.main import COMMANDS, cli

#: What a line of help is cut off at does not matter here; the program is asked for lines that hold the longest.
WIDE = {"terminal_width": 1000, "max_content_width": 1000}


def test_each_command_has_the_line_that_it_says_of_itself() -> None:
    context = click.Context(cli, info_name="archive-service", **WIDE)  # type: ignore[arg-type]
    lines = dict(line.split(None, 1) for line in cli.get_help(context).split("Commands:\n")[1].splitlines())
    commands = {name: cli.get_command(context, name) for name in COMMANDS}
    assert lines == {name: command.get_short_help_str(900) for name, command in commands.items() if command}


def test_the_list_loads_no_command() -> None:
    told = "import sys; from archive_service.cli.main import run; run(['--help']); print(*sys.modules, file=sys.stderr)"
    loaded = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True).stderr.split()
    assert "archive_service.cli.commands" in loaded
    assert not [name for name in loaded if name.startswith("archive_service.cli.commands.")]
