"""Persons and numbers that a paper gives without a label: who is entrusted, and what check digits give away."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ingest.recognise import validators
from ingest.recognise.prose import Text
from ingest.recognise.values import FieldFound

_ENTRUSTED = re.compile(
    r"(?:委托|授权|委派|指派)(?:我(?:单位|公司|方)|本(?:单位|公司|人))?(?:员工|职工|同志|人员)?[::]?\s*([\u4e00-\u9fff·]{2,4}?)\s*"
    r"(?:同志|先生|女士|[(,]|身份证|公民身份|为(?:我|本|代)|代(?:表|为|理)|前往|前来|到|全权|办理)"
)
_CARD_NUMBER = {
    "A09": "agent_id_number",
    "A07": "legal_rep_id_number",
    "A08": "agent_id_number",
    "K06": "agent_id_number",
}


def sort_numbers(fields: dict[str, FieldFound]) -> None:
    """Put a credit code that stands under a general label such as 证件号码 where it belongs."""
    found = fields.get("id_number")
    if found and (validators.credit_code(found.value) or re.search("[A-WYZ]", found.value)):
        del fields["id_number"]
        fields.setdefault("credit_code", found)
    code = fields.get("credit_code")
    if code and validators.identity_number(code.value):
        del fields["credit_code"]
        fields.setdefault("id_number", code)


def entrusted(fields: dict[str, FieldFound], texts: Sequence[Text], code: str) -> None:
    """Read the agent out of the sentence of a power of attorney."""
    if code not in ("A08", "K06"):
        return
    for number, text in enumerate(texts, 1):
        hit = _ENTRUSTED.search(text.text)
        held = fields.get("agent_name")
        if hit and (held is None or held.confidence < 0.9):
            start, end = hit.span(1)
            confidence = round(text.confidence(start, end) * 0.92, 4)
            fields["agent_name"] = FieldFound(hit[1], None, confidence, number, text.box(start, end))
        if hit:
            _number_of_agent(fields, text, number, hit.end())
            return


def _number_of_agent(fields: dict[str, FieldFound], text: Text, page: int, start: int) -> None:
    """Read the identity number that follows the agent's name, and take it from the account holder."""
    near = re.search(r"(?<![0-9A-Za-z*])\d{17}[0-9Xx](?![0-9A-Za-z*])", text.text[start : start + 45])
    if near is None:
        return
    begin, end = start + near.start(), start + near.end()
    value = near[0].upper()
    if fields.get("id_number") and fields["id_number"].value == value:
        del fields["id_number"]
    valid = validators.identity_number(value)
    confidence = round(text.confidence(begin, end) * (0.95 if valid else 0.6), 4)
    fields["agent_id_number"] = FieldFound(value, None, confidence, page, text.box(begin, end), valid)


def free_numbers(fields: dict[str, FieldFound], texts: Sequence[Text], code: str) -> None:
    """Find identity numbers and credit codes without a label by their check digit, also broken over two lines."""
    held = {found.value for found in fields.values()}
    target = _CARD_NUMBER.get(code, "id_number")
    for number, text in enumerate(texts, 1):
        for hit in re.finditer(r"(?<![0-9A-Za-z*])[0-9A-Za-z]{18}(?![0-9A-Za-z*])", text.text):
            value = hit[0].upper()
            identity = validators.identity_number(value)
            if not identity and not validators.credit_code(value):
                continue
            name = target if identity else "credit_code"
            if value not in held and (name not in fields or fields[name].checked is False):
                confidence = round(text.confidence(*hit.span()) * 0.88, 4)
                fields[name] = FieldFound(value, None, confidence, number, text.box(*hit.span()), True)
                held.add(value)
