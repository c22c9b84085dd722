"""The line to the mail server: opened for a number of mails, over TLS unless the settings say otherwise."""

from __future__ import annotations

import base64
import contextlib
import smtplib
import ssl
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from archive_service.settings import Settings

_PORTS = {"smtp": 25, "smtps": 465}
#: The server says that it goes away (RFC 5321, 3.8).
_GOING = 421
#: What it says to the right password (RFC 4954, 6).
_SIGNED_IN = 235


@dataclass(frozen=True)
class Outcome:
    """What became of one try; no code means that the server took the mail."""

    error_code: str | None = None
    #: What the server answered last.
    status: int | None = None
    #: The server takes nothing at all at the moment: the other mails need not be tried.
    away: bool = False
    #: The server has refused this mail for good.
    final: bool = False
    #: The mail was under way when the line broke: the server may have it.
    doubtful: bool = False


class Away(Exception):
    """The server cannot be reached, or takes nothing from this program."""

    def __init__(self, code: str, status: int | None = None) -> None:
        super().__init__(code)
        self.code, self.status = code, status


def is_configured(settings: Settings) -> bool:
    """Say whether mails can be sent at all."""
    return bool(settings.smtp_url and settings.mail_from)


@dataclass
class Line:
    """A connection to the mail server, opened at the first mail and closed at the end."""

    settings: Settings
    _client: smtplib.SMTP | None = field(default=None, init=False)

    def send(self, to: str, message: bytes) -> Outcome:
        """Hand a message over for one address; a broken line is opened anew for the next."""
        try:
            client = self._client = self._client or self._open()
        except Away as away:
            return Outcome(away.code, away.status, away=True)
        # Before the message itself goes out, a broken line means that the server does not have it.
        under_way = False
        try:
            status, _ = client.mail(self.settings.mail_from)
            if status != 250:
                return self._not_taken("mail.sender-refused", status, away=True)
            status, _ = client.rcpt(to)
            if status not in (250, 251):
                return self._not_taken("mail.refused", status)
            under_way = True
            status, _ = client.data(message)
            return Outcome(status=status) if status == 250 else self._not_taken("mail.refused", status)
        except smtplib.SMTPDataError as error:
            return self._not_taken("mail.refused", error.smtp_code)
        except (OSError, smtplib.SMTPException):
            self.close()
            return Outcome("mail.broken-off", away=not under_way, doubtful=under_way)

    def close(self) -> None:
        """End the connection."""
        client, self._client = self._client, None
        if client is not None:
            # It may be gone already.
            with contextlib.suppress(OSError, smtplib.SMTPException):
                client.quit()
            client.close()

    def _not_taken(self, code: str, status: int, *, away: bool = False) -> Outcome:
        if status == _GOING or away:
            self.close()
            return Outcome(code, status, away=True)
        assert self._client is not None
        try:
            self._client.rset()
        except (OSError, smtplib.SMTPException):
            self.close()
        if 500 <= status < 600:
            return Outcome(code, status, final=True)
        return Outcome("mail.put-off", status)

    def _open(self) -> smtplib.SMTP:
        parts, settings = urlsplit(self.settings.smtp_url), self.settings
        host, port, context = parts.hostname or "", parts.port or _PORTS[parts.scheme], _context(settings)
        # The name of the own machine may have to be asked for over the network, and says nothing that helps.
        name, wait = settings.mail_from.rpartition("@")[2], settings.smtp_timeout_s
        try:
            client: smtplib.SMTP = (
                smtplib.SMTP_SSL(host, port, local_hostname=name, timeout=wait, context=context)
                if parts.scheme == "smtps"
                else smtplib.SMTP(host, port, local_hostname=name, timeout=wait)
            )
        except ssl.SSLError as error:
            raise Away("mail.no-tls") from error
        except smtplib.SMTPResponseException as error:
            raise Away("mail.unreachable", error.smtp_code) from error
        except (OSError, smtplib.SMTPException) as error:
            raise Away("mail.unreachable") from error
        try:
            self._greet(client, context, starttls=parts.scheme == "smtp" and settings.smtp_starttls)
        except BaseException:
            client.close()
            raise
        return client

    def _greet(self, client: smtplib.SMTP, context: ssl.SSLContext, *, starttls: bool) -> None:
        try:
            client.ehlo_or_helo_if_needed()
            if starttls:
                # A server, or somebody on the way, that offers no TLS gets neither password nor mail.
                if not client.has_extn("starttls"):
                    raise Away("mail.no-tls")
                client.starttls(context=context)
                client.ehlo_or_helo_if_needed()
        except ssl.SSLError as error:
            raise Away("mail.no-tls") from error
        except smtplib.SMTPResponseException as error:
            raise Away("mail.unreachable", error.smtp_code) from error
        except (OSError, smtplib.SMTPException) as error:
            raise Away("mail.unreachable") from error
        if self.settings.smtp_user:
            self._sign_in(client, self.settings.smtp_user, self.settings.smtp_password.get_secret_value())

    def _sign_in(self, client: smtplib.SMTP, user: str, password: str) -> None:
        try:
            if "PLAIN" not in client.esmtp_features.get("auth", "").upper().split():
                client.login(user, password)
                return
            # The library takes ASCII alone; a password is UTF-8 (RFC 4616).
            said = base64.b64encode(f"\0{user}\0{password}".encode()).decode()
            status, _ = client.docmd("AUTH", f"PLAIN {said}")
        except smtplib.SMTPResponseException as error:
            raise Away("mail.sign-in", error.smtp_code) from error
        except (OSError, smtplib.SMTPException, UnicodeError) as error:
            raise Away("mail.sign-in") from error
        if status != _SIGNED_IN:
            raise Away("mail.sign-in", status)


def _context(settings: Settings) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=settings.smtp_ca_file or None)
    except (OSError, ssl.SSLError) as error:
        raise Away("mail.no-tls") from error
