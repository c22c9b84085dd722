"""Search latency through our engine layer, against raw Tantivy asking the very same clauses of the same index.

    python benchmarks/search.py [--quick] [--documents N ...] [--engine tantivy|whoosh]

Papers are made from standing clauses with 1-5 % wrong characters, so that common phrases stand in most of them: harsh
on purpose. Questions are drawn from the papers. Ours parses what a person types, builds the query, limits it to the
permitted units, counts and ranks, and returns ids; raw is the same written out by hand, as someone would who uses
Tantivy directly. Both take turns, question by question; each time is the best of three, in milliseconds.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import tantivy
from tantivy import Occur, Query

from indexing import text
from indexing.document import SearchDocument
from indexing.engine import SearchEngine
from indexing.engines import tantivy_query
from indexing.index import ENGINES
from indexing.query import EngineQuery, least_matching, parse

UNITS = 40
PERMITTED = frozenset(range(1, 11))
GOAL = 2.0
CLAUSES = (
    "甲方按照国家规定向乙方提供合格的电能", "乙方应当按照合同约定的时间交付电费", "用电计量装置安装在产权分界处",
    "供电人应当按照国家规定的供电质量标准安全供电", "用电人应当安全用电不得擅自转供电能",
    "本合同自双方签字盖章之日起生效",
    "受电设备总容量为千伏安变压器一台", "因供电设施计划检修需要停电时应当提前通知", "客户提交的身份证明与申请表一致",
    "现场勘查意见为符合接入条件同意供电", "竣工检验合格具备送电条件予以送电", "计量方式为高供高计电压等级为千伏",
    "违约责任按照供电营业规则有关规定执行", "电价按照国家批准的分类电价执行", "客户自愿委托经办人办理用电业务",
    "本协议一式两份双方各执一份具有同等效力", "发生争议时双方协商解决协商不成依法起诉",
    "施工单位资质证书在有效期内经核验无误",
)  # fmt: skip
SURNAMES, GIVEN = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗", "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉萍红"
ROADS = ("长江", "黄山", "解放", "人民", "建设", "和平", "新华", "中山", "文化", "工业")


def papers(count: int, *, seed: int) -> Iterator[SearchDocument]:
    """Make `count` papers, the same for the same seed."""
    chance = random.Random(seed)
    noise = [chr(c) for c in range(0x4E00, 0x4E00 + 3000)]
    for number in range(1, count + 1):
        account = f"{3_400_000_000 + number * 7}"
        name = chance.choice(SURNAMES) + "".join(chance.choices(GIVEN, k=2))
        address = (
            f"{chance.choice(ROADS)}路{chance.randint(1, 999)}号{chance.randint(1, 30)}幢{chance.randint(101, 2805)}室"
        )
        pole = f"{chance.choice(ROADS)}开闭所出线{chance.randint(1, 99)}号杆"
        clauses = [*chance.sample(CLAUSES, k=15), pole]
        said = (
            f"户号{account}户名{name}用电地址{address}。"
            + "，".join(clauses)
            + "。"
            + "；".join(chance.sample(CLAUSES, k=10))
        )
        share = chance.uniform(0.01, 0.05)
        page = "".join(chance.choice(noise) if c not in "，。；" and chance.random() < share else c for c in said)
        yield SearchDocument(
            item_id=number, household_id=number, unit_id=number % UNITS + 1, document_type=f"A{number % 60:02d}",
            category=("HV", "LN", "LR", "LB")[number % 4], business_type="NEW",
            on=date(2015, 1, 1) + timedelta(days=number % 4000), account_no=account, account_name=name, address=address,
            title="供用电合同", pages=(page,),
        )  # fmt: skip


@dataclass(frozen=True)
class Class:
    """A kind of question: what is typed, and the same by hand."""

    name: str
    typed: Sequence[str]
    by_hand: Callable[[Any, str], Any]
    units: frozenset[int]
    facets: bool = False


class Raw:
    """Tantivy used directly on the index that our engine has made."""

    def __init__(self, folder: Path) -> None:
        index = tantivy.Index.open(str(folder))
        self._searcher = index.searcher()
        self.schema = index.schema

    def ask(self, asked: Any, *, facets: bool) -> tuple[int, list[Any]]:
        """Return how many there are and the ids of the first ten; facets are counted and thrown away."""
        found: Any = self._searcher.search(asked, 10)
        ids = self._searcher.fast_field_values("id", [address for _, address in found.hits])
        if facets:
            sizes = {"document_type": 500, "centre": 5000, "category": 50, "year": 300}
            self._searcher.aggregate(asked, {f: {"terms": {"field": f, "size": n}} for f, n in sizes.items()})
        return found.count, ids


def permitted(schema: Any, units: frozenset[int], *clauses: Any) -> Any:
    """Return the clauses within the units."""
    centres = Query.const_score_query(Query.term_set_query(schema, "centre", [str(u) for u in sorted(units)]), 0.0)
    return Query.boolean_query([(Occur.Must, centres), *clauses])


def account(schema: Any, number: str) -> Any:
    """A number: a code, or the beginning of a code or account; the account itself first."""
    ways = [
        Query.term_query(schema, "codes", number),
        Query.term_query(schema, "account", number),
        Query.regex_query(schema, "account", number + ".*"),
        Query.regex_query(schema, "codes", number + ".*"),
    ]
    any_way = Query.const_score_query(Query.boolean_query([(Occur.Should, way) for way in ways]), 1.0)
    first = [Query.const_score_query(Query.term_query(schema, f, number), 5.0) for f in ("account", "codes")]
    return Query.boolean_query([(Occur.Must, any_way), *((Occur.Should, one) for one in first)])


def phrase(schema: Any, words: str, field: str = "body") -> Any:
    """A phrase by every second bigram."""
    last = len(words) - 2
    pairs: list[Any] = [(at, words[at : at + 2]) for at in dict.fromkeys([*range(0, last + 1, 2), last])]
    return Query.term_query(schema, field, words) if len(pairs) == 1 else Query.phrase_query(schema, field, pairs)


def favoured(schema: Any, words: str) -> list[Any]:
    """Name and title weigh more."""
    return [(Occur.Should, Query.const_score_query(phrase(schema, words, field), 5.0)) for field in ("name", "title")]


def quoted(schema: Any, typed: str) -> Any:
    """A quoted phrase."""
    words = typed.strip('"')
    return Query.boolean_query([(Occur.Must, phrase(schema, words)), *favoured(schema, words)])


def tolerant(schema: Any, words: str) -> Any:
    """A phrase with a wrong character: most of the bigrams, the whole phrase lifted."""
    grams = [(Occur.Should, Query.term_query(schema, "body", words[at : at + 2])) for at in range(len(words) - 1)]
    least = min(least_matching(words, loose=False), len({words[at : at + 2] for at in range(len(words) - 1)}))
    near = Query.boolean_query(grams, minimum_number_should_match=least)
    lifted = Query.const_score_query(phrase(schema, words), tantivy_query.EXACT)
    return Query.boolean_query([(Occur.Must, near), (Occur.Should, lifted), *favoured(schema, words)])


def classes(made: Sequence[SearchDocument], *, questions: int) -> list[Class]:
    """Draw the questions from the papers."""
    chance = random.Random(7)
    everywhere = frozenset(range(1, UNITS + 1))

    def drawn(length: int) -> str:
        while True:
            run = chance.choice([r for r in chance.choice(made).body_stream.split() if len(r) > length])
            at = chance.randrange(len(run) - length + 1)
            if not text.has_digit(run[at : at + length]):
                return run[at : at + length]

    def misread(words: str) -> str:
        at = chance.randrange(len(words))
        return words[:at] + "囗" + words[at + 1 :]

    phrases = [f'"{drawn(chance.randint(4, 8))}"' for _ in range(questions)]
    return [
        Class("account", [chance.choice(made).account_no for _ in range(questions)], account, everywhere),
        Class(
            "beginning of an account",
            [chance.choice(made).account_no[:7] for _ in range(questions)],
            account,
            everywhere,
        ),
        Class("phrase", phrases, quoted, everywhere),
        Class("phrase, 10 of 40 units, 4 facets", phrases, quoted, PERMITTED, facets=True),
        Class("8 characters, 1 wrong", [misread(drawn(8)) for _ in range(questions)], tolerant, everywhere),
    ]


def best_of_three(call: Callable[[], Any]) -> tuple[float, Any]:
    """Return the shortest of three times in milliseconds, and the answer."""
    times, answer = [], None
    for _ in range(3):
        began = time.perf_counter()
        answer = call()
        times.append((time.perf_counter() - began) * 1000)
    return min(times), answer


def measure(engine: SearchEngine, raw: Raw | None, kind: Class) -> tuple[list[float], list[float]]:
    """Return the times of ours and of raw; both have to count the same hits."""
    ours, theirs = [], []
    for typed in kind.typed:

        def ask(typed: str = typed) -> Any:
            return engine.search(EngineQuery(kind.units, wanted=parse(typed), limit=10, facets=kind.facets))

        def ask_raw(typed: str = typed) -> Any:
            assert raw is not None
            asked = permitted(raw.schema, kind.units, (Occur.Must, kind.by_hand(raw.schema, typed)))
            return raw.ask(asked, facets=kind.facets)

        took, answer = best_of_three(ask)
        ours.append(took)
        if raw is not None:
            took, (count, _) = best_of_three(ask_raw)
            theirs.append(took)
            if count != answer.total:
                sys.exit(f"{kind.name}: {typed!r} found {answer.total} by ours and {count} by hand")
    return ours, theirs


def percentile(times: Sequence[float], share: float) -> float:
    """Return the time that `share` of all do not pass."""
    return sorted(times)[min(len(times) - 1, int(len(times) * share))]


def fill(engine: SearchEngine, count: int) -> tuple[float, list[SearchDocument]]:
    """Index `count` papers; return seconds without the making of them, and a sample to ask about."""
    sample, seconds, batch = [], 0.0, []
    with engine.writer(bulk=True) as writer:
        for made in papers(count, seed=1):
            batch.append(made)
            if made.item_id % max(1, count // 1000) == 0:
                sample.append(made)
            if len(batch) == 1000 or made.item_id == count:
                began = time.perf_counter()
                writer.add(batch)
                batch = []
                seconds += time.perf_counter() - began
        began = time.perf_counter()
        writer.commit()
    engine.reload()
    return seconds + time.perf_counter() - began, sample


def bench(engine_name: str, count: int, *, questions: int) -> bool:
    """Print the rows of one size; return whether the goal is kept."""
    kept = True
    with tempfile.TemporaryDirectory() as folder:
        engine = ENGINES[engine_name](Path(folder) / "index", create=True)
        seconds, sample = fill(engine, count)
        raw = Raw(Path(folder) / "index") if engine_name == "tantivy" else None
        size = engine.stats().size_bytes / 1e6
        print(
            f"\n{engine_name}, {count:,} papers: {count / seconds:,.0f} indexed a second, {size:,.0f} MB\n", flush=True
        )
        print("| question | ours p50 / p95 ms | raw p50 / p95 ms | p95 ratio |\n|---|---|---|---|")
        for kind in classes(sample, questions=questions):
            ours, theirs = measure(engine, raw, kind)
            p50, p95 = percentile(ours, 0.5), percentile(ours, 0.95)
            row = f"| {kind.name} | {p50:.2f} / {p95:.2f} |"
            if theirs:
                ratio = p95 / percentile(theirs, 0.95)
                kept = kept and ratio <= GOAL
                row += f" {percentile(theirs, 0.5):.2f} / {percentile(theirs, 0.95):.2f} | {ratio:.2f} |"
            print(row if theirs else row + " | |", flush=True)
        engine.close()
    return kept


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="5,000 papers and fewer questions")
    parser.add_argument("--documents", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--engine", choices=sorted(ENGINES), default="tantivy")
    told = parser.parse_args()
    sizes = [5_000] if told.quick else told.documents
    kept = [bench(told.engine, size, questions=60 if told.quick else 200) for size in sizes]
    if told.engine == "tantivy":
        print(f"\nGoal, p95 within {GOAL:g} times raw Tantivy: {'kept' if all(kept) else 'NOT kept'}")


if __name__ == "__main__":
    main()
