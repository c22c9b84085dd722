"""Entry of the zygote process: `python -m ingest.sandbox STEPS_MODULE`, its socket on standard input."""

from __future__ import annotations

import sys

from ingest.sandbox.zygote import main

if __name__ == "__main__":
    main(sys.argv[1])
