"""What happens on a date, as it happens."""

from __future__ import annotations

import json
import queue
import signal
import socket
import threading
import time
from functools import partial
from urllib.parse import urlsplit

import httpx
import pytest

from jari import API, at_once, new_key, wait_until


class Stream:
    """Listens to a date in a thread of its own."""

    def __init__(self, server, date: str, since: int | None = None, header: bool = True, query: str = ""):
        self.frames: queue.Queue = queue.Queue()
        self.comments = 0
        self.ended = threading.Event()
        headers = {"Last-Event-ID": str(since)} if since is not None and header else {}
        params = {"since": since} if since is not None and not header else {}
        self.client = httpx.Client(base_url=server.url, timeout=60)
        request = self.client.build_request("GET", f"{API}/dates/{date}/events", headers=headers, params=params)
        self.response = self.client.send(request, stream=True)
        assert self.response.status_code == 200
        assert self.response.headers["Content-Type"].startswith("text/event-stream")
        self.thread = threading.Thread(target=self._listen, daemon=True)
        self.thread.start()

    def _listen(self):
        frame = {}
        try:
            for line in self.response.iter_lines():
                if not line:
                    if frame:
                        self.frames.put(frame)
                    frame = {}
                elif line.startswith(":"):
                    self.comments += 1
                else:
                    name, _, value = line.partition(":")
                    frame[name] = value.removeprefix(" ")
        except (httpx.TransportError, httpx.StreamClosed):
            self.cut = True
        self.ended.set()

    def next(self, *events: str, seconds: float = 10) -> dict:
        """The next frame of one of these events, with its data read."""
        deadline = time.monotonic() + seconds
        while True:
            frame = self.frames.get(timeout=max(0.01, deadline - time.monotonic()))
            if frame["event"] in events:
                return frame | {"data": json.loads(frame["data"])}

    def close(self):
        """The thread ends with its connection."""
        stream = self.response.extensions["network_stream"]
        stream.get_extra_info("socket").shutdown(socket.SHUT_RDWR)
        self.thread.join(5)
        self.client.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if not self.ended.is_set():
            self.close()


@pytest.fixture
def sale(server, staff):
    date = server.date(staff, rows=20, seats_per_row=50)["id"]
    fan = server.fan(points=100_000)
    server.enter(fan, date)
    return date, fan


def ordinals(server, date):
    seats = server.ok("GET", f"/dates/{date}/seats")["seats"]
    return {seat["id"]: n for n, seat in enumerate(seats)}


def test_changes_come_in_order_with_their_versions(server, sale):
    """A new listener is told the version, then each change: held, free again, held, sold; each follows the one before."""
    date, fan = sale
    place = ordinals(server, date)
    with Stream(server, date) as stream:
        reset = stream.next("reset", "seats")
        version = reset["data"]["version"]
        assert reset["event"] == "reset" and reset["id"] == str(version)
        assert version == server.ok("GET", f"/dates/{date}/seats/status")["version"]
        held = server.hold(fan, date, 2).json()
        server.ok("DELETE", f"/reservations/{held['id']}", by=fan)
        paid = server.hold(fan, date, 1).json()
        assert server.pay(fan, paid["id"]).status_code == 201
        two = sorted(place[seat["id"]] for seat in held["seats"])
        one = [place[seat["id"]] for seat in paid["seats"]]
        expected = [[[n, 1] for n in two], [[n, 0] for n in two], [[n, 1] for n in one], [[n, 2] for n in one]]
        for changes in expected:
            frame = stream.next("seats", "reset")
            assert frame["event"] == "seats" and frame["id"] == str(frame["data"]["version"])
            assert frame["data"]["previous"] == version < frame["data"]["version"]
            assert sorted(frame["data"]["changes"]) == changes
            version = frame["data"]["version"]
        assert version == server.ok("GET", f"/dates/{date}/seats/status")["version"]


@pytest.mark.parametrize("header", [True, False], ids=["Last-Event-ID", "since"])
def test_a_listener_that_comes_back_gets_what_it_missed(server, sale, header):
    """Last-Event-ID, or `since`, brings the changes after that version, and no others."""
    date, fan = sale
    version = server.ok("GET", f"/dates/{date}/seats/status")["version"]
    for _ in range(5):
        assert server.hold(fan, date, 1).status_code == 201
    with Stream(server, date, since=version + 2, header=header) as stream:
        assert [stream.next("seats", "reset")["id"] for _ in range(3)] == [str(version + n) for n in (3, 4, 5)]
        assert server.hold(fan, date, 1).status_code == 201
        assert stream.next("seats", "reset")["id"] == str(version + 6)


def test_a_listener_that_missed_nothing_gets_only_what_is_new(server, sale):
    """Coming back with the present version brings no reset."""
    date, fan = sale
    assert server.hold(fan, date, 1).status_code == 201
    version = server.ok("GET", f"/dates/{date}/seats/status")["version"]
    with Stream(server, date, since=version) as stream:
        assert server.hold(fan, date, 1).status_code == 201
        frame = stream.next("seats", "reset")
        assert (frame["event"], frame["id"]) == ("seats", str(version + 1))


@pytest.mark.parametrize("offset", [-(10**15), +1000], ids=["long ago", "the future"])
def test_an_unknown_version_is_told_to_start_again(server, sale, offset):
    """A version that is too old, or was never given, is answered with reset."""
    date, fan = sale
    version = server.ok("GET", f"/dates/{date}/seats/status")["version"]
    with Stream(server, date, since=max(0, version + offset)) as stream:
        frame = stream.next("seats", "reset")
        assert (frame["event"], frame["data"]["version"]) == ("reset", version)


def test_a_restart_does_not_trouble_who_missed_nothing(fresh):
    """The version of before a restart is the version of after it; who missed something is told to fetch the map."""
    server = fresh()
    date = server.date(server.admin())["id"]
    fan = server.fan()
    server.enter(fan, date)
    assert server.hold(fan, date, 1).status_code == 201
    version = server.ok("GET", f"/dates/{date}/seats/status")["version"]
    server.kill()
    server.start()
    assert server.ok("GET", f"/dates/{date}/seats/status")["version"] == version
    server.enter(fan, date)
    with Stream(server, date, since=version) as stream:
        assert server.hold(fan, date, 1).status_code == 201
        assert stream.next("seats", "reset")["event"] == "seats"
    with Stream(server, date, since=version - 1) as stream:
        frame = stream.next("seats", "reset")
        assert frame["event"] == "reset" and frame["data"]["version"] > version


def test_a_new_layout_resets_the_listeners(server, staff):
    """When staff replace the seats every listener is told to fetch them again."""
    date = server.date(staff, rows=1, seats_per_row=2)["id"]
    layout = server.ok("GET", f"/admin/dates/{date}/layout", by=staff)
    with Stream(server, date) as stream:
        first = stream.next("reset")
        server.ok("PUT", f"/admin/dates/{date}/layout", layout, by=staff)
        second = stream.next("reset")
        assert second["data"]["version"] > first["data"]["version"]
        # The stream goes on with the new map: a change comes, or the word to fetch it.
        fan = server.fan()
        server.enter(fan, date)
        held = server.hold(fan, date, 1)
        assert held.status_code == 201, held.text
        assert stream.next("seats", "reset")["data"]["version"] > second["data"]["version"]


def test_the_queue_and_the_end_of_it_are_told(server, staff):
    """`queue` events carry how the queue moves, as GET /dates/{id}/queue does; `soldOut` comes within a second of the last seat."""
    date = server.date(staff, rows=1, seats_per_row=2)["id"]
    fan = server.fan(points=2000)
    with Stream(server, date) as stream:
        server.buy(fan, date, 1)
        told = stream.next("queue")["data"]
        body = server.ok("GET", f"/dates/{date}/queue")
        assert set(told) == set(body) - {"dateId", "opensAt", "drawCommitment", "drawSeed"}
        server.buy(fan, date, 1)
        assert stream.next("soldOut", seconds=1.5)["data"] == {}


def test_a_quiet_stream_has_a_heartbeat(server, staff):
    """A comment comes at least every 15 seconds, so that nothing between closes the connection."""
    with Stream(server, server.date(staff)["id"]) as stream:
        wait_until(lambda: stream.comments >= 1, seconds=17, what="a heartbeat", every=0.2)


def unchunked(response):
    """The body of a response that came in chunks, as far as its chunks are whole."""
    body, rest = b"", response.partition(b"\r\n\r\n")[2]
    while True:
        size, _, rest = rest.partition(b"\r\n")
        if not size or len(rest) < int(size, 16):
            return body
        body, rest = body + rest[:int(size, 16)], rest[int(size, 16) + 2:]


def test_a_slow_listener_misses_nothing_in_silence(server, staff):
    """A listener that does not read while thousands of changes happen gets either all of them or a reset: in what it
    reads later each change follows the one before, unless a reset says otherwise."""
    date = server.date(staff, rows=20, seats_per_row=50)["id"]
    fans = server.fans(8)
    for fan in fans:
        server.enter(fan, date)

    def hold_and_release(fan):
        for _ in range(500):
            held = server.hold(fan, date, 50).json()
            server.ok("DELETE", f"/reservations/{held['id']}", by=fan)

    address = urlsplit(server.url)
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        listener.connect((address.hostname, address.port))
        listener.sendall(f"GET {API}/dates/{date}/events HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        listener.settimeout(5)
        assert b"200 OK" in listener.recv(15)
        at_once([partial(hold_and_release, fan) for fan in fans])
        last = server.ok("GET", f"/dates/{date}/seats/status")["version"]
        received = b""
        while f'"version":{last}'.encode() not in received[-4000:]:
            chunk = listener.recv(65536)
            assert chunk, "the stream ended"
            received += chunk
    frames = [part.split(b"\n") for part in unchunked(received).split(b"\n\n")]
    told = [(lines[0], json.loads(lines[1].removeprefix(b"data: "))) for lines in
            ([line for line in frame if line.startswith((b"event: seats", b"event: reset", b"data: {"))]
             for frame in frames) if len(lines) == 2]
    assert len(told) > 100
    for (_, before), (event, data) in zip(told, told[1:]):
        assert event == b"event: reset" or data["previous"] == before["version"], f"{data} follows {before}"


def test_shutdown_ends_streams_and_finishes_requests(fresh):
    """SIGTERM: requests in flight are answered, streams end, the exit code is 0, all within seconds."""
    server = fresh()
    date = server.date(server.admin(), rows=100, seats_per_row=100)["id"]
    fan = server.fan(points=0)
    streams = [Stream(server, date) for _ in range(5)]
    for stream in streams:
        stream.next("reset")
    address = urlsplit(server.url)
    body = b'{"amount": 7}'
    key = new_key()
    with socket.create_connection((address.hostname, address.port), timeout=10) as connection:
        connection.sendall(
            f"POST {API}/users/points HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {fan.access}\r\n"
            f"Idempotency-Key: {key}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
            .encode() + body[:5])
        # The head has been taken once another request of the same kind is answered.
        assert server.balance(fan) == 0
        server.process.send_signal(signal.SIGTERM)
        wait_until(lambda: all(stream.ended.is_set() for stream in streams), seconds=5, what="the end of the streams")
        connection.sendall(body[5:])
        answer = connection.recv(65536)
        assert answer.startswith(b"HTTP/1.1 201"), answer
        started = time.monotonic()
        assert server.process.wait(10) == 0, server.stderr()
        assert time.monotonic() - started < 5
    server.restart()
    assert server.balance(fan) == 7
    server.audit()


def test_shutdown_does_not_wait_for_idle_connections(fresh):
    """Browsers keep connections open; they do not hold a shutdown up."""
    server = fresh()
    clients = [httpx.Client(base_url=server.url) for _ in range(20)]
    for client in clients:
        assert client.get("/healthz").status_code == 200
    started = time.monotonic()
    assert server.stop() == 0
    assert time.monotonic() - started < 5
    for client in clients:
        client.close()
