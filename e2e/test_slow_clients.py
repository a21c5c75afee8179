"""Clients that are slow, or stay for nothing, do not hold the server."""

from __future__ import annotations

import socket
import threading
import time
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


def test_a_head_that_is_too_large_is_refused(server):
    """A megabyte of headers is refused early, with an answer or without."""
    with connect(server) as connection:
        try:
            connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n" + b"X-Filler: " + b"a" * 1_000_000 + b"\r\n\r\n")
            told = connection.recv(65536)
        except (ConnectionResetError, BrokenPipeError):
            told = b""
        assert told == b"" or told.startswith((b"HTTP/1.1 4", b"HTTP/1.0 4"))
    assert server.http.get("/healthz").status_code == 200


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
