"""A real mail server on this machine: it keeps what came, and refuses, hangs up or encrypts as it is told to."""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any, cast

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

USER, PASSWORD = "archive", "s3cret 邮件"


@dataclass
class MailServer:
    """Listens on a port of its own, which stays the same when it is stopped and started again."""

    tls: ssl.SSLContext | None = None
    #: TLS from the first byte on, instead of STARTTLS.
    at_once: bool = False
    sign_in: bool = False
    #: Answers to give instead of "250 OK", in their order, by the name of the command.
    answers: dict[str, list[str]] = field(default_factory=dict)
    #: Called when a message has come, before it is acknowledged; may end the line.
    at_data: Callable[[Any], None] | None = None
    #: Sender, receivers and the message of each that came, acknowledged or not.
    came: list[tuple[str, list[str], bytes]] = field(default_factory=list)
    #: How many lines were opened, and every command that was said.
    lines: int = 0
    said: list[str] = field(default_factory=list)
    port: int = 0

    def __post_init__(self) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]

    @property
    def messages(self) -> list[EmailMessage]:
        """What came, parsed."""
        return [cast(EmailMessage, message_from_bytes(body, policy=policy.default)) for _, _, body in self.came]

    def url(self, host: str = "localhost") -> str:
        """Where it is, as a setting says it."""
        return f"smtp{'s' if self.at_once else ''}://{host}:{self.port}"

    @contextlib.contextmanager
    def up(self) -> Iterator[MailServer]:
        """Take mails while the block runs."""
        loop, ready = asyncio.new_event_loop(), threading.Event()

        async def listen() -> asyncio.Server:
            inside = self.tls if self.at_once else None
            return await loop.create_server(lambda: _Talk(self, loop), "127.0.0.1", self.port, ssl=inside)

        def run() -> None:
            asyncio.set_event_loop(loop)
            listening.append(loop.run_until_complete(listen()))
            ready.set()
            loop.run_forever()

        listening: list[asyncio.Server] = []
        thread = threading.Thread(target=run)
        thread.start()
        ready.wait(10)
        try:
            yield self
        finally:
            loop.call_soon_threadsafe(listening[0].close)
            asyncio.run_coroutine_threadsafe(_end(), loop).result(10)
            loop.call_soon_threadsafe(loop.stop)
            thread.join(10)
            loop.close()

    def answer(self, command: str) -> str:
        """The next answer to a command."""
        waiting = self.answers.get(command)
        return waiting.pop(0) if waiting else "250 OK"

    async def handle_MAIL(self, _server: Any, _session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802
        answer = self.answer("MAIL")
        if answer.startswith("2"):
            envelope.mail_from = address
            envelope.mail_options.extend(options)
        return answer

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802
        answer = self.answer("RCPT")
        if answer.startswith("2"):
            envelope.rcpt_tos.append(address)
            envelope.rcpt_options.extend(options)
        return answer

    async def handle_DATA(self, server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        answer = self.answer("DATA")
        if answer.startswith("2"):
            self.came.append((envelope.mail_from, list(envelope.rcpt_tos), envelope.content))
        if self.at_data is not None:
            self.at_data(server)
        return answer


class _Talk(SMTP):
    """One line to the server."""

    def __init__(self, of: MailServer, loop: asyncio.AbstractEventLoop) -> None:
        known = {"authenticator": _right, "auth_required": True} if of.sign_in else {}
        starttls = None if of.at_once else of.tls
        super().__init__(
            of, hostname="mail.test", tls_context=starttls, require_starttls=starttls is not None,
            auth_require_tls=not of.at_once, loop=loop, **known,
        )  # fmt: skip
        of.lines += 1
        self._of = of

    async def _call_handler_hook(self, command: str, *args: Any) -> Any:
        self._of.said.append(command)
        return await super()._call_handler_hook(command, *args)


async def _end() -> None:
    """Let what is under way on the lines come to its end."""
    others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)


def _right(_server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
    right = isinstance(data, LoginPassword) and (data.login, data.password) == (USER.encode(), PASSWORD.encode())
    return AuthResult(success=right, handled=False)


def hang_up(server: Any) -> None:
    """End a line at once, without a word."""
    server.transport.abort()


def certificate(folder: Path, name: str = "localhost") -> tuple[ssl.SSLContext, Path]:
    """Return what a server of that name proves itself with, and the file that vouches for it."""
    secret = ec.generate_private_key(ec.SECP256R1())
    called = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    names = [x509.DNSName(name), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    made = (
        x509.CertificateBuilder()
        .subject_name(called)
        .issuer_name(called)
        .public_key(secret.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(secret, hashes.SHA256())
    )
    public, private = folder / f"{name}.pem", folder / f"{name}.key"
    public.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        secret.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(public, private)
    return context, public
