"""`python -m archive_service` is the command line."""

from archive_service.cli.main import main

if __name__ == "__main__":
    main()
