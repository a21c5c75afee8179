"""A server that webhooks are sent to: it checks each signature, writes down what came, and answers as it is told."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def is_signed(secret: str, headers, body: bytes, *, tolerance: float = 300) -> bool:
    """What docs/webhooks.md tells receivers to do."""
    seconds = headers["webhook-timestamp"]
    if abs(time.time() - int(seconds)) > tolerance:
        return False
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{headers['webhook-id']}.{seconds}.".encode() + body
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    given = [part.partition(",") for part in headers["webhook-signature"].split(" ")]
    return any(version == "v1" and hmac.compare_digest(code, expected) for version, _, code in given)


class Receiver:
    """Listens on a free port of its own. `answer` is given the event and gives a status."""

    def __init__(self, answer=lambda event: 204):
        self.answer = answer
        self.secret: str | None = None
        #: Whatever came, also what was answered with a failure: (webhook-id, event, whether it was signed).
        self.arrived: list[tuple[str, dict, bool]] = []
        #: What was answered with a 2xx.
        self.taken: list[dict] = []
        self.lock = threading.Lock()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                event = json.loads(body)
                signed = receiver.secret is not None and is_signed(receiver.secret, self.headers, body)
                with receiver.lock:
                    receiver.arrived.append((self.headers["webhook-id"], event, signed))
                    status = receiver.answer(event)
                    if 200 <= status < 300:
                        receiver.taken.append(event)
                text = b"" if status == 204 else b"because"
                self.send_response(status)
                if status == 302:
                    self.send_header("Location", f"{receiver.url}elsewhere")
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_):
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 64

            def handle_error(self, *_):
                """A sender that was killed: its connection is reset."""

        self.server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/"
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)

    def __enter__(self) -> Receiver:
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    def about(self, subject: str) -> list[str]:
        """The types of what was taken about a subject, each event once, in the order of arrival."""
        seen, types = set(), []
        with self.lock:
            for event in self.taken:
                if event["subject"] == subject and event["id"] not in seen:
                    seen.add(event["id"])
                    types.append(event["type"])
        return types
