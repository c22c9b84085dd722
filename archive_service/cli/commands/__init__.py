"""One file per group of commands; `archive_service.cli.main.COMMANDS` names them."""
