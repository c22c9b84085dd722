"""A mail in words: plain text in the reader's language, with headers that no name can break."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP

from archive_service import masking
from archive_service.notices import rules
from archive_service.notices.kinds import FRAMES, KINDS, Frame, filled

_LONGEST_SUBJECT = 150


@dataclass(frozen=True)
class Told:
    """What one notice in a mail is about."""

    kind: str
    address: str
    values: Mapping[str, str]


def compose(
    notices: Sequence[Told],
    *,
    mail_id: int,
    made_at: datetime,
    digest_on: date | None,
    sender: str,
    to_name: str,
    to_address: str,
    language: str,
    public_address: str,
    now: datetime,
) -> EmailMessage:
    """Return the mail that tells a person these notices.

    Its Message-ID hangs on the mail alone: a second try is the same message, and programs that know it keep one.
    """
    frame = FRAMES.get(language, FRAMES["zh"])
    name = masking.without_identities(rules.clean(to_name))
    parts = [filled(frame.greeting, {"name": name})]
    if digest_on is None:
        subject = _subject(notices[0], language)
    else:
        of_day = {"day": digest_on.isoformat(), "n": str(len(notices))}
        subject = filled(frame.digest_subject, of_day)
        parts.append(filled(frame.digest_head, of_day))
    parts += [_said(one, frame, language, public_address) for one in notices]
    if not public_address:
        parts.append(frame.sign_in)
    parts += ["-- ", frame.foot]
    message = EmailMessage(policy=SMTP)
    message["From"] = Address(addr_spec=sender)
    message["To"] = Address(display_name=name, addr_spec=to_address)
    message["Subject"] = rules.clean(masking.without_identities(subject), _LONGEST_SUBJECT)
    message["Date"] = now
    message["Message-ID"] = f"<notice-{mail_id}-{int(made_at.timestamp())}@{sender.rpartition('@')[2]}>"
    # No machine answers it, and none tells that somebody is away.
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    message.set_content(masking.without_identities("\n\n".join(parts)) + "\n", charset="utf-8", cte="base64")
    return message


def _subject(one: Told, language: str) -> str:
    return filled(KINDS[one.kind].text(language).subject, one.values)


def _said(one: Told, frame: Frame, language: str, public_address: str) -> str:
    text = KINDS[one.kind].text(language)
    lines = [filled(text.subject, one.values), filled(text.body, one.values)]
    if public_address:
        lines.append(filled(frame.see, {"address": public_address.rstrip("/") + one.address}))
    return "\n".join(lines)
