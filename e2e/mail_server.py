"""A real mail server that the tests can make refuse, postpone and go away."""

from __future__ import annotations

import asyncio
import email
import email.policy
import socket
import ssl
import subprocess
import threading
from email.message import EmailMessage
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

USER, PASSWORD = "jari@example.com", "s3cret /:@ é"


def parse(data: bytes) -> EmailMessage:
    """A mail as Python reads it, which must find nothing odd in it."""
    message = email.message_from_bytes(data, policy=email.policy.default)
    for part in message.walk():
        assert not part.defects, (part.get_content_type(), part.defects)
    return message


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 that nobody but its own file vouches for."""
    folder.mkdir(exist_ok=True)
    cert, key = folder / "cert.pem", folder / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1",
         "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", cert],
        check=True, capture_output=True, timeout=60)
    return cert, key


class MailServer:
    """Takes mails on a port of its own, which stays the same when it is stopped and started again."""

    def __init__(self, *, tls: tuple[Path, Path] | None = None, asks_for_login: bool = False):
        self.port = free_port()
        self.tls, self.asks_for_login = tls, asks_for_login
        self.mails: list[tuple[str, list[str], EmailMessage]] = []
        self.logins: list[tuple[str, str]] = []
        self.connections = 0
        # What to answer to an address, and to a mail, in turn; then all is taken.
        self.answers_to_address: dict[str, list[str]] = {}
        self.answers_to_mail: list[str] = []
        # How many seconds to think about a mail, in turn; then no more than it takes.
        self.thinks_about_mail: list[float] = []
        self.asked: dict[str, int] = {}
        # How often a whole mail came, whatever the answer.
        self.handed_over = 0
        self.lock = threading.Lock()
        self.controller: Controller | None = None

    def start(self) -> MailServer:
        options = {}
        if self.tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*map(str, self.tls))
            options |= {"tls_context": context}
        if self.asks_for_login:
            options |= {
                "auth_required": True, "auth_require_tls": bool(self.tls), "authenticator": self.log_in,
                "require_starttls": bool(self.tls)}
        outer = self

        class Counting(SMTP):
            def connection_made(self, transport):
                # Called again when STARTTLS has begun.
                if not transport.get_extra_info("sslcontext"):
                    outer.connections += 1
                super().connection_made(transport)

        class Listening(Controller):
            def factory(self):
                return Counting(self.handler, **self.SMTP_kwargs)

        self.controller = Listening(self, hostname="127.0.0.1", port=self.port, ready_timeout=20, **options)
        self.controller.start()
        return self

    def stop(self):
        if self.controller:
            self.controller.stop()
        self.controller = None

    def __enter__(self) -> MailServer:
        return self.start()

    def __exit__(self, *_):
        self.stop()

    # What aiosmtpd calls, on a thread of its own

    def log_in(self, server, session, envelope, mechanism, data):
        good = isinstance(data, LoginPassword) and (data.login.decode(), data.password.decode()) == (USER, PASSWORD)
        with self.lock:
            self.logins.append((data.login.decode(), data.password.decode()))
        return AuthResult(success=good, handled=good)

    async def handle_RCPT(self, server, session, envelope, address, options):
        with self.lock:
            self.asked[address] = self.asked.get(address, 0) + 1
            answers = self.answers_to_address.get(address)
            if answers:
                return answers.pop(0) if len(answers) > 1 or not answers[0].startswith("5") else answers[0]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        with self.lock:
            seconds = self.thinks_about_mail.pop(0) if self.thinks_about_mail else 0
            self.handed_over += 1
        if seconds:
            await asyncio.sleep(seconds)
        with self.lock:
            if self.answers_to_mail:
                return self.answers_to_mail.pop(0)
            self.mails.append((envelope.mail_from, list(envelope.rcpt_tos), parse(envelope.content)))
        return "250 OK"

    # What the tests ask

    def to(self, address: str) -> list[EmailMessage]:
        with self.lock:
            return [mail for _, recipients, mail in self.mails if address in recipients]
