"""One connection carries requests one after the other, in whatever pieces they come; its answers keep their order."""

from __future__ import annotations

import json
import random
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import pytest

from jari import API, PASSWORD, wait_until


def connect(server) -> socket.socket:
    address = urlsplit(server.url)
    connection = socket.create_connection((address.hostname, address.port), timeout=30)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def request(method: str, path: str, body: dict | None = None, **headers: str) -> bytes:
    payload = b"" if body is None else json.dumps(body).encode()
    lines = [f"{method} {path} HTTP/1.1", "Host: jari"]
    if body is not None:
        lines += ["Content-Type: application/json", f"Content-Length: {len(payload)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + payload


def answers(connection: socket.socket, count: int) -> list[tuple[int, bytes]]:
    """The next answers on a connection: status and body of each."""
    found, stream = [], connection.makefile("rb")
    for _ in range(count):
        status = int(stream.readline().split()[1])
        length = 0
        while (line := stream.readline().strip()):
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        found.append((status, stream.read(length)))
    return found


def login(email: str) -> bytes:
    """A request whose answer takes its time: a password is hashed for it."""
    return request("POST", f"{API}/sessions", {"email": email, "password": PASSWORD})


def test_answers_come_in_the_order_of_their_requests(server):
    """A quick answer waits for the slow one before it, whatever way each of them takes."""
    fan = server.fan()
    with connect(server) as connection:
        connection.sendall(
            login(fan.email) + request("GET", "/healthz") + request("GET", "/nowhere") + login(fan.email)
            + request("GET", "/healthz", Connection="keep-alive") + request("HEAD", "/healthz"))
        # The head of a HEAD's answer tells a length and has no body: read it last, and no further.
        assert [status for status, _ in answers(connection, 5)] == [201, 200, 404, 201, 200]


def test_many_requests_in_one_piece_are_all_answered(server):
    """A thousand requests at once, and a thousand answers."""
    with connect(server) as connection, ThreadPoolExecutor(1) as sender:
        sending = sender.submit(connection.sendall, request("GET", "/healthz") * 1000)
        assert {status for status, _ in answers(connection, 1000)} == {200}
        sending.result()


def test_requests_may_be_cut_anywhere(server):
    """However a request is cut into pieces, its answer is the same; also between requests that came whole."""
    fan = server.fan()
    body = {"amount": 1000}
    whole = request("GET", "/healthz")
    chance = random.Random(7)
    with connect(server) as connection:
        stream = b""
        for number in range(12):
            stream += request(
                "POST", f"{API}/users/points", body, Authorization=f"Bearer {fan.access}",
                Idempotency_Key=f"cut-{number}") + whole
        rest = stream
        while rest:
            piece, rest = rest[:(size := chance.randrange(1, 700))], rest[size:]
            connection.sendall(piece)
            time.sleep(0.002)
        found = answers(connection, 24)
    assert [status for status, _ in found] == [201, 200] * 12
    assert server.ok("GET", "/users/points", by=fan)["balance"] == 12_000


def test_a_body_in_chunks_is_taken(server):
    """Chunked bodies come without a length, in one piece or in several."""
    fan = server.fan()
    head = request("POST", f"{API}/users/points", Authorization=f"Bearer {fan.access}", Content_Type="application/json",
                   Transfer_Encoding="chunked", Idempotency_Key="chunks")
    pieces = [head, b"8\r\n{\"amount\r\n", b"6\r\n\": 500\r\n", b"1\r\n}\r\n", b"0\r\n\r\n"]
    for way in (lambda c: c.sendall(b"".join(pieces)), lambda c: [(c.sendall(p), time.sleep(0.05)) for p in pieces]):
        with connect(server) as connection:
            way(connection)
            (status, text), = answers(connection, 1)
            assert status == 201 and json.loads(text)["balance"] == 500


@pytest.mark.parametrize("last", ["GET", "POST"])
def test_a_client_that_has_said_all_still_gets_its_answer(server, last):
    """Closing one's own side of the connection after the request is no reason not to be answered."""
    fan = server.fan()
    with connect(server) as connection:
        connection.sendall(login(fan.email) if last == "POST" else request("GET", "/healthz"))
        connection.shutdown(socket.SHUT_WR)
        (status, _), = answers(connection, 1)
        assert status == (201 if last == "POST" else 200)
        assert connection.recv(1) == b""


def test_a_connection_that_is_to_close_closes(server):
    """`Connection: close` is answered, and then the connection ends."""
    with connect(server) as connection:
        connection.sendall(request("GET", "/healthz", Connection="close"))
        assert answers(connection, 1)[0][0] == 200
        assert connection.recv(1) == b""


def test_what_is_under_way_at_a_shutdown_is_answered(fresh):
    """Whoever waits for an answer when the server is told to stop gets it; then it ends."""
    server = fresh()
    fans = server.fans(6)
    connections = [connect(server) for _ in fans]
    for connection, fan in zip(connections, fans):
        connection.sendall(login(fan.email))
    time.sleep(0.02)
    with ThreadPoolExecutor(1) as pool:
        stopping = pool.submit(server.stop)
        for connection in connections:
            (status, _), = answers(connection, 1)
            # Told to stop, it takes nothing that it had not begun; what it says then is that it is not ready.
            assert status in (201, 503)
            connection.close()
        assert stopping.result() == 0


def arena(server) -> str:
    """The path of a large answer: all seats of the demo arena, some megabytes."""
    concerts = server.ok("GET", "/concerts")["items"]
    dates = [date for concert in concerts for date in server.ok("GET", f"/concerts/{concert['id']}/dates")["items"]]
    return f"{API}/dates/{max(dates, key=lambda date: date['seatsTotal'])['id']}/seats"


def read_slowly(connection: socket.socket) -> tuple[int, bytes]:
    time.sleep(1)
    (answer,) = answers(connection, 1)
    return answer


@pytest.mark.parametrize("ending", ["half-close", "shutdown"])
def test_a_large_answer_arrives_whole(fresh, ending):
    """Neither a client that has said all, nor the server's end, cuts off what is on its way."""
    server = fresh(JARI_DEMO="true")
    path = arena(server)
    expected = len(server.http.get(path).content)
    assert expected > 2_000_000
    with connect(server) as connection, ThreadPoolExecutor(1) as pool:
        connection.sendall(request("GET", path))
        if ending == "half-close":
            connection.shutdown(socket.SHUT_WR)
            status, body = read_slowly(connection)
        else:
            time.sleep(0.3)
            stopping = pool.submit(server.stop)
            status, body = read_slowly(connection)
            assert stopping.result() == 0
        assert status == 200 and len(body) == expected


def test_whoever_reads_no_answers_is_made_none(fresh):
    """A client that asks for large answers and reads none does not fill the server's memory."""
    server = fresh(JARI_DEMO="true")
    # Made anew for each who asks.
    path = arena(server) + "?status=AVAILABLE"

    def resident() -> int:
        status = open(f"/proc/{server.process.pid}/status").read()
        return int(status.split("VmRSS:")[1].split()[0]) // 1024

    for _ in range(5):
        server.http.get(path)
    before = resident()
    with connect(server) as connection:
        connection.sendall(request("GET", path) * 300)
        time.sleep(6)
        assert resident() < before + 25
        assert server.call("GET", "/concerts").status_code == 200


def test_clients_that_leave_before_their_answer_leave_nothing_behind(server):
    """A hundred clients go away while their password is hashed: the server has as many connections as before."""
    fan = server.fan()

    def count() -> int:
        return len([line for line in open(f"/proc/{server.process.pid}/net/tcp") if f":{port:04X} " in line.split()[1] + " "
                    and line.split()[3] == "01"])

    port = urlsplit(server.url).port
    before = count()
    for _ in range(100):
        connection = connect(server)
        connection.sendall(login(fan.email))
        connection.close()
    wait_until(lambda: count() <= before, seconds=30, what="the connections to be gone")
    assert server.call("GET", "/concerts").status_code == 200
