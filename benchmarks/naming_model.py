"""Build the model of the package, without any title that is held back for measuring it.

    python -m benchmarks.naming_model

Run it when `corpus.yaml`, the catalogue or the way of training changed; the two files it writes are then committed.
Numbers of different processors differ in their last digits, so a build elsewhere may have another digest.
"""

from __future__ import annotations

from pathlib import Path

from archive_service.catalogue import load
from benchmarks import naming_papers
from ingest.recognise.naming import learn, shipped
from ingest.recognise.naming.examples import generated

SEED = 20


def main() -> None:
    """Write the model and its digest into the package."""
    papers = list(generated(load.edition_for(None), seed=SEED, without=naming_papers.all_titles()))
    facts = {"origin": "package", "generated": len(papers), "confirmed": 0}
    built = learn.train(papers, seed=SEED, facts=facts)
    folder = Path(str(shipped.__file__)).parent
    (folder / shipped.FILE).write_bytes(built.data)
    (folder / shipped.DIGEST).write_text(built.digest + "\n", encoding="ascii")
    print(f"{len(papers)} papers, {len(built.codes)} types, {len(built.data)} bytes, {built.digest}")


if __name__ == "__main__":
    main()
