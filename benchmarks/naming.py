"""How papers are named under titles that nothing was made to know: rules alone, model alone, both together.

    python -m benchmarks.naming [--rounds 1] [--seed 1] [--misread 0.01] [--leave-out]

The model of the package has seen none of the held-back titles. `--leave-out` also trains anew without one in five of
the titles of the training text (about a minute) and names papers under those; the peer in both is the rules alone.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from archive_service.catalogue import load
from archive_service.catalogue.schema import Edition
from archive_service.samples import PAPERS
from benchmarks import naming_papers
from benchmarks.naming_papers import HeldBack
from ingest.recognise import classify, group, pages, phrases
from ingest.recognise.naming import generate, learn, shipped
from ingest.recognise.naming.examples import generated
from ingest.recognise.naming.model import Model
from ingest.recognise.naming.vote import vote
from ingest.recognise.naming.words import words_of
from ingest.recognise.phrases import Phrases
from ingest.recognise.values import OTHER, Candidate

#: The setting file_type_threshold as it comes.
FILED = 0.85


@dataclass(frozen=True)
class Named:
    """A paper and what rules, model and both take it for."""

    paper: HeldBack
    ruled: Candidate
    modelled: str
    together: Candidate


def name(papers: Iterable[HeldBack], model: Model, known: Phrases) -> list[Named]:
    """Return what each paper is taken for."""
    found = []
    for paper in papers:
        facts = [group.look_at(page, known, lambda one: None) for page in pages.prepare(paper.pages)]
        document = group.Grouped([one for one in facts if not one.page.blank] or facts)
        ruled = classify.classify(document, known, paper.hints)
        modelled = model.name(words_of([one.page for one in document.pages])).code
        found.append(Named(paper, ruled[0], modelled, vote(document, ruled, model, known, paper.hints)[0][0]))
    return found


def left_out(edition: Edition, *, seed: int, misread: float) -> tuple[Model, list[HeldBack]]:
    """Return a model trained without one in five of its titles, and papers under those."""
    held = naming_papers.all_titles()
    data = generate.corpus()
    out = {
        title: code
        for code, entry in data["types"].items()
        for title in entry["titles"]
        if learn.held_back(f"left out/{title}")
    }
    model = learn.train(list(generated(edition, seed=seed, without=held | frozenset(out))), seed=seed)
    rng = random.Random(f"left out/{seed}")
    made = [
        naming_papers.sample(code, rng, edition, title=title, misread=misread)
        for title, code in out.items()
        if code in PAPERS
    ]
    return model, made


def report(what: str, found: Sequence[Named]) -> None:
    """Print one line for rules, model and both."""
    count = len(found)
    for who, codes, sure in (
        ("rules alone", [one.ruled.code for one in found], [one.ruled for one in found]),
        ("model alone", [one.modelled for one in found], []),
        ("together", [one.together.code for one in found], [one.together for one in found]),
    ):
        right = sum(code == one.paper.code for code, one in zip(codes, found, strict=True))
        line = f"{what:28} {count:5} papers  {who:12} right {right / count:6.1%}"
        if sure:
            pairs = list(zip(sure, found, strict=True))
            filed = [(one, found) for one, found in pairs if one.code != OTHER and one.confidence >= FILED]
            wrong = sum(one.code != found.paper.code for one, found in filed)
            line += f"  filed {len(filed) / count:6.1%}  wrongly {wrong} ({wrong / count:.2%})"
        print(line)


def calibration(found: Sequence[Named]) -> None:
    """Print for each range of confidence how many of its papers are right."""
    for low, high in ((0.0, 0.6), (0.6, 0.85), (0.85, 0.95), (0.95, 1.01)):
        here = [one for one in found if one.together.code != OTHER and low <= one.together.confidence < high]
        if here:
            said = sum(one.together.confidence for one in here) / len(here)
            right = sum(one.together.code == one.paper.code for one in here) / len(here)
            print(
                f"confidence {low:.2f} to {min(high, 1):.2f}: {len(here):5} papers, said {said:.3f}, right {right:.3f}"
            )


def main() -> None:
    """Name the papers and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=1, help="Papers under every held-back title.")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--misread", type=float, default=0.01, help="Share of signs misread.")
    parser.add_argument("--leave-out", action="store_true", help="Also train without a fifth of the titles.")
    given = parser.parse_args()
    edition = load.edition_for(None)
    known, model = phrases.for_edition(edition), shipped.model()
    how = {"rounds": given.rounds, "seed": given.seed, "misread": given.misread}
    unseen = name(naming_papers.unseen(edition, **how), model, known)
    seen = name(naming_papers.known(edition, **how), model, known)
    report("titles held back", [one for one in unseen if one.paper.code != OTHER])
    report("papers of no type", [one for one in (*unseen, *seen) if one.paper.code == OTHER])
    report("titles of the samples", [one for one in seen if one.paper.code != OTHER])
    calibration([*unseen, *seen])
    if given.leave_out:
        trained, papers = left_out(edition, seed=given.seed, misread=given.misread)
        report("titles left out of training", name(papers, trained, known))


if __name__ == "__main__":
    main()
