"""What an auditor looks for beside the cross-checks."""

from __future__ import annotations

from datetime import date

import pytest

from archive_service.completeness import anomalies
from archive_service.completeness.observations import CaseFacts
from archive_service.completeness.rules import HeldItem

ACCEPTED, ENERGISED = date(2026, 3, 10), date(2026, 3, 30)


def found(document_type: str, **fields: str) -> list[str]:
    case = CaseFacts(
        account_no="1", account_name="汪雪梅", application_no="2", service_address="", category="LR",
        business_type="NEW", accepted_on=ACCEPTED, energised_on=ENERGISED,
        stage_dates={"ACCEPT": ACCEPTED, "SURVEY": date(2026, 3, 15), "ENERGISE": ENERGISED},
    )  # fmt: skip
    item = HeldItem(7, document_type, fields=fields, pages=dict.fromkeys(fields, 2))
    hits = anomalies.check(case, [item])
    assert all((seen.item, seen.page) == (7, 2) for hit in hits for seen in hit.evidence)
    return [hit.rule for hit in hits]


@pytest.mark.parametrize(
    ("document_type", "fields", "rules"),
    [
        ("K01R", {"document_date": "2026-03-30"}, []),
        ("K01R", {"document_date": "2026-03-31"}, [anomalies.AFTER_ENERGISATION]),
        ("V01", {"document_date": "2026-04-05"}, []),
        ("S01", {"document_date": "2026-03-12"}, []),
        ("S01", {"document_date": "2026-03-11"}, [anomalies.DATED_BACK]),
        ("A05", {"valid_to": "2026-03-10"}, []),
        ("A05", {"valid_to": "2026-03-09"}, [anomalies.EXPIRED]),
        ("K01R", {"valid_to": "2026-03-09"}, []),
        ("A10", {"document_date": "1901-01-01"}, [anomalies.NO_SUCH_DAY]),
        ("A05", {"valid_to": "长期"}, []),
        ("A10", {}, []),
    ],
)
def test_a_paper_is_named_exactly_when_its_date_breaks_the_rule(
    document_type: str, fields: dict[str, str], rules: list[str]
) -> None:
    assert found(document_type, **fields) == rules
