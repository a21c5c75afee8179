"""Clients that are slow, or stay for nothing, do not hold the server."""

from __future__ import annotations

import json
import os
import socket
import threading
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from jari import API, new_key, wait_until


def connect(server) -> socket.socket:
    address = urlsplit(server.url)
    connection = socket.create_connection((address.hostname, address.port), timeout=30)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def drip(connection: socket.socket, data: bytes, every: float, stop: threading.Event):
    """Sends a byte now and then until told to stop, or until nobody takes it."""
    for byte in data:
        if stop.wait(every):
            return
        try:
            connection.send(bytes([byte]))
        except OSError:
            return


def seconds_until_cut_off(server, head: bytes, drops: bytes, every: float, limit: float,
                          until_closed: bool = False) -> tuple[float, bytes]:
    """How long a connection that drips lives, or until it is answered, and what it was told."""
    with connect(server) as connection:
        # Counts from the last bytes that came: an answer, and then silence for that long, fails.
        connection.settimeout(limit)
        stop = threading.Event()
        started = time.monotonic()
        connection.sendall(head)
        dripping = threading.Thread(target=drip, args=(connection, drops, every, stop))
        dripping.start()
        told = b""
        try:
            while chunk := connection.recv(65536):
                told += chunk
                if not until_closed:
                    break
        except ConnectionResetError:
            pass
        except TimeoutError:
            pytest.fail(f"it was still open after {limit} s, and told {told[:40]}")
        finally:
            stop.set()
            dripping.join()
        return time.monotonic() - started, told


def test_a_body_that_drips_is_cut_off(server):
    """A byte every 200 ms never ends a body of 64 KiB: after some ten seconds it is 408 or closed."""
    fan = server.fan()
    head = (
        f"POST {API}/users/points HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {fan.access}\r\n"
        f"Idempotency-Key: {new_key()}\r\nContent-Type: application/json\r\nContent-Length: 60000\r\n\r\n").encode()
    seconds, told = seconds_until_cut_off(server, head, b'{"amount": 1000' + b" " * 1000, 0.2, limit=18)
    assert 5 <= seconds <= 15
    assert told == b"" or told.startswith(b"HTTP/1.1 408")
    if told:
        assert b'"code":"requestTimeout"' in told
    assert server.balance(fan) == 0


def test_a_connection_that_was_cut_off_is_closed(server):
    """After the 408 the rest of the body is not waited for: a client that goes on dripping keeps no connection."""
    fan = server.fan()
    head = (
        f"POST {API}/users/points HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {fan.access}\r\n"
        f"Idempotency-Key: {new_key()}\r\nContent-Type: application/json\r\nContent-Length: 60000\r\n\r\n").encode()
    seconds, _ = seconds_until_cut_off(server, head, b" " * 1000, 0.2, limit=12, until_closed=True)
    assert seconds <= 18


def test_chunks_that_drip_are_cut_off(server):
    """The same without a length, in chunks of one byte."""
    fan = server.fan()
    head = (
        f"POST {API}/users/points HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {fan.access}\r\n"
        f"Idempotency-Key: {new_key()}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    ).encode()
    seconds, told = seconds_until_cut_off(server, head, b"1\r\n \r\n" * 300, 0.03, limit=18)
    assert 5 <= seconds <= 15
    assert told == b"" or told.startswith(b"HTTP/1.1 408")


def test_a_head_that_drips_is_cut_off(server):
    """Slowloris: a head that never ends, a byte every 200 ms, is closed as well."""
    head = b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Slow: "
    seconds, told = seconds_until_cut_off(server, head, b"a" * 1000, 0.2, limit=19)
    assert seconds <= 18
    assert told == b"" or told.startswith(b"HTTP/1.1 4")


def told_by(server, *sent: bytes) -> bytes:
    """All that a connection is told until it is closed."""
    told = b""
    with connect(server) as connection:
        connection.settimeout(5)
        try:
            for part in sent:
                connection.sendall(part)
            while chunk := connection.recv(65536):
                told += chunk
        except (ConnectionResetError, BrokenPipeError):
            pass
    return told


def check_malformed(told: bytes, status: int, code: str):
    """One answer, the last on its connection: a problem document with this code."""
    head, _, body = told.partition(b"\r\n\r\n")
    assert head.startswith(f"HTTP/1.1 {status} ".encode()), told
    fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
    assert fields[b"content-type"] == b"application/problem+json" and fields[b"connection"] == b"close"
    assert fields[b"x-request-id"] and int(fields[b"content-length"]) == len(body)
    problem = json.loads(body)
    assert (problem["code"], problem["status"]) == (code, status) and problem["type"].endswith(code)
    assert problem["title"] and problem["detail"]


@pytest.mark.parametrize("head", [
    b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Filler: " + b"a" * 20_000 + b"\r\n\r\n",
    b"GET /healthz HTTP/1.1\r\nHost: x\r\n" + b"X-Filler: a\r\n" * 200 + b"\r\n",
    b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
], ids=["a field", "many fields", "the target"])
def test_a_head_that_is_too_large_is_refused(server, head):
    """Too long a field, too many fields, too long a target: 431, before all of it has come."""
    check_malformed(told_by(server, head), 431, "headersTooLarge")
    assert server.http.get("/healthz").status_code == 200


@pytest.mark.parametrize("nonsense", [
    b"\x00" * 100, b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"GET /healthz HTTP/1.1\r\nBad Name: x\r\n\r\n",
    b"POST /api/v1/users HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
    b"POST /api/v1/sessions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\nzz\r\n",
], ids=["zeros", "no target", "another version", "a name with a space", "a negative length", "a bad chunk"])
def test_what_is_not_http_is_told_so(server, nonsense):
    """Bytes that are no request are answered with a problem document, and the connection is closed."""
    check_malformed(told_by(server, nonsense), 400, "invalidRequest")


def test_nonsense_behind_a_request_is_answered_after_it(server):
    """Of two requests on one connection the first has its answer, and what follows gets one of its own."""
    told = told_by(server, b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\nnonsense\r\n\r\n")
    assert told.startswith(b"HTTP/1.1 200 ") and told.count(b"HTTP/1.1 4") == 1
    check_malformed(told[told.index(b"HTTP/1.1 4"):], 400, "invalidRequest")


def test_a_body_that_nobody_reads_breaks_in_silence(server):
    """A request that was answered is not answered again because its body broke later."""
    told = told_by(server, b"GET /healthz HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n")
    assert told.count(b"HTTP/1.1 ") == 1


def sockets_of(server) -> int:
    folder = Path(f"/proc/{server.process.pid}/fd")
    return sum(os.readlink(entry).startswith("socket:") for entry in folder.iterdir())


def connect_narrowly(server) -> socket.socket:
    """A connection of which hardly anything lies in this machine's buffers."""
    address = urlsplit(server.url)
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.connect((address.hostname, address.port))
    return connection


def test_clients_that_do_not_read_are_cut_off(fresh):
    """Neither an answer nor a stream waits for ever: without progress for half a minute its connection is closed. Who
    reads slowly, but reads, stays."""
    server = fresh(JARI_DEMO="true")
    staff = server.admin()
    concerts = server.ok("GET", "/concerts")["items"]
    dates = [date for c in concerts for date in server.ok("GET", f"/concerts/{c['id']}/dates")["items"]]
    arena = max(dates, key=lambda date: date["seatsTotal"])["id"]
    date, fan = server.date(staff)["id"], server.fan()
    server.enter(fan, date)
    seats = server.seats(date)[:50]
    wait_until(lambda: server.http.get("/healthz").status_code == 200, what="the server")
    before = sockets_of(server)
    list_of_seats = f"GET {API}/dates/{arena}/seats HTTP/1.1\r\nHost: x\r\n\r\n".encode()
    with connect_narrowly(server) as deaf, connect_narrowly(server) as listener, connect_narrowly(server) as slow:
        deaf.sendall(list_of_seats)
        slow.sendall(list_of_seats)
        listener.sendall(f"GET {API}/dates/{date}/events HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        assert listener.recv(16).startswith(b"HTTP/1.1 200")
        for _ in range(150):
            held = server.hold(fan, date, seats).json()
            server.ok("DELETE", f"/reservations/{held['id']}", by=fan)
        assert sockets_of(server) == before + 3
        started, read = time.monotonic(), 0

        def only_the_slow_one_is_left() -> bool:
            nonlocal read
            read += len(slow.recv(2048))
            return sockets_of(server) == before + 1

        wait_until(only_the_slow_one_is_left, seconds=60, every=0.1, what="the end of those who do not read")
        assert time.monotonic() - started > 10
        # It has been here for longer than the limit, and goes on.
        wait_until(lambda: len(slow.recv(2048)) and time.monotonic() - started > 45, seconds=60, every=0.1,
                   what="a while of slow reading")
        assert sockets_of(server) == before + 1 and read < 1_000_000


@pytest.mark.parametrize("nonsense", [
    b"\x00" * 100, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" * 20, b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n",
    b"POST /api/v1/users HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
    b"POST /api/v1/users HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    b"POST /api/v1/users HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef",
    b"POST /api/v1/users HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    b"GET /healthz\x01 HTTP/1.1\r\nHost: x\r\n\r\n", b"GET /\xff\xfe HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET http://other/healthz HTTP/1.1\r\nHost: x\r\n\r\n", b"GET /healthz?%zz=%&&=;# HTTP/1.1\r\nHost: x\r\n\r\n",
], ids=range(12))
def test_what_is_not_http_harms_nobody(server, nonsense):
    """Bytes that are no request get a 4xx or a closed connection, and the server goes on."""
    with connect(server) as connection:
        connection.settimeout(3)
        try:
            connection.sendall(nonsense)
            connection.shutdown(socket.SHUT_WR)
            told = connection.recv(65536)
        except (ConnectionResetError, BrokenPipeError):
            told = b""
        assert told == b"" or told[:9] in (b"HTTP/1.1 ", b"HTTP/1.0 ")
        assert not told.startswith(b"HTTP/1.1 5")
    assert server.http.get("/healthz").status_code == 200


def test_many_clients_that_say_nothing_do_not_stop_the_others(server):
    """Five hundred connections that only stand there leave the server to those who ask."""
    silent = [connect(server) for _ in range(500)]
    try:
        assert all(server.http.get("/healthz").status_code == 200 for _ in range(20))
    finally:
        for connection in silent:
            connection.close()


def test_connections_past_the_limit_wait_their_turn(fresh):
    """With a limit of some connections further ones are taken when others leave, and none is lost."""
    server = fresh(JARI_CONNECTION_COUNT_MAX="4")
    server.http.close()
    standing = [connect(server) for _ in range(8)]
    request = b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    try:
        for connection in standing:
            connection.sendall(request)
        for connection in standing:
            assert connection.recv(65536).startswith(b"HTTP/1.1 200")
            connection.close()
    finally:
        for connection in standing:
            connection.close()
    wait_until(lambda: server.process.poll() is None, what="the server to live on")
