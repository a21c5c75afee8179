"""One address, one account, one client in a loop: what each may take of the server is bounded."""

from __future__ import annotations

import socket
from contextlib import ExitStack
from urllib.parse import urlsplit

import httpx
import pytest

from jari import API, PASSWORD, wait_until


def client(server, address: str) -> httpx.Client:
    """A client at another address of this machine."""
    return httpx.Client(base_url=server.url, timeout=30, transport=httpx.HTTPTransport(local_address=address))


def connect(server, address: str) -> socket.socket:
    to = urlsplit(server.url)
    return socket.create_connection((to.hostname, to.port), timeout=10, source_address=(address, 0))


def is_served(connection: socket.socket) -> bool:
    """Whether a connection is answered; false when it was closed instead."""
    try:
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        return connection.recv(65536).startswith(b"HTTP/1.1 200")
    except (ConnectionResetError, BrokenPipeError):
        return False


def test_one_address_has_so_many_connections(fresh):
    """Past its share an address' connections are closed at once; others come in, and so does it when one has left."""
    server = fresh(JARI_CONNECTIONS_PER_ADDRESS_MAX="4")
    with ExitStack() as stack:
        def come(address: str) -> socket.socket:
            return stack.enter_context(connect(server, address))

        standing = [come("127.0.0.9") for _ in range(4)]
        assert all(is_served(connection) for connection in standing)
        assert not any(is_served(come("127.0.0.9")) for _ in range(3))
        assert all(is_served(come("127.0.0.10")) for _ in range(4))
        standing.pop().close()
        wait_until(lambda: is_served(come("127.0.0.9")), what="a place for another connection")


def test_no_share_is_set_with_0(fresh):
    """0 sets no bound, for a server behind a proxy."""
    server = fresh(JARI_CONNECTIONS_PER_ADDRESS_MAX="0")
    with ExitStack() as stack:
        assert all(is_served(stack.enter_context(connect(server, "127.0.0.9"))) for _ in range(1_100))


def test_calls_of_one_address_are_bounded_whoever_asks(fresh):
    """Calls without a limit of their own are counted by address as well, over all its connections."""
    server = fresh(JARI_RATE_LIMIT_FACTOR="0.01")
    with client(server, "127.0.0.9") as flood:
        answers = [flood.get("/healthz") for _ in range(400)]
    refused = [answer for answer in answers if answer.status_code == 429]
    assert answers[0].status_code == 200 and len(refused) > 50
    assert refused[0].json()["code"] == "tooManyRequests" and int(refused[0].headers["Retry-After"]) >= 1
    with client(server, "127.0.0.9") as again, client(server, "127.0.0.10") as other:
        assert 429 in [again.get("/healthz").status_code for _ in range(60)]
        assert other.get("/healthz").status_code == 200


def test_behind_a_proxy_each_fan_is_counted_alone(fresh):
    """The proxy's word counts for who asks; anyone else's does not."""
    server = fresh(JARI_RATE_LIMIT_FACTOR="0.01", JARI_TRUSTED_PROXIES="127.0.0.9")

    def codes(through: httpx.Client, fan: str, count: int) -> list[int]:
        return [through.get("/healthz", headers={"X-Forwarded-For": fan}).status_code for _ in range(count)]

    with client(server, "127.0.0.9") as proxy, client(server, "127.0.0.10") as stranger:
        assert 429 in codes(proxy, "198.51.100.1", 200)
        assert 429 not in codes(proxy, "198.51.100.2", 60)
        assert 429 in codes(proxy, "198.51.100.2, 198.51.100.1", 10)
        refused = [codes(stranger, f"198.51.100.{n}", 1)[0] for n in range(200)]
        assert 429 in refused


def test_guessing_access_tokens_is_limited(fresh):
    """Wrong tokens use up what their address may try; tokens that were good before go on, there and elsewhere."""
    server = fresh(JARI_RATE_LIMIT_FACTOR="0.05")
    fan = server.fan()
    path = f"{API}/users/points"
    with client(server, "127.0.0.9") as guesser, client(server, "127.0.0.10") as other:
        good = {"Authorization": f"Bearer {fan.access}"}
        assert guesser.get(path, headers=good).status_code == 200
        answers = [guesser.get(path, headers={"Authorization": f"Bearer {n}"}) for n in range(250)]
        codes = [answer.status_code for answer in answers]
        assert codes[0] == 401 and codes.count(429) > 50 and set(codes) == {401, 429}
        assert "Retry-After" in answers[codes.index(429)].headers
        assert guesser.get(path, headers=good).status_code == 200
        assert other.get(path, headers={"Authorization": "Bearer x"}).status_code == 401


@pytest.mark.parametrize("path", ["/sessions", "/users"])
def test_guessing_a_password_is_limited_by_account(fresh, path):
    """From however many addresses, an account's password is tried some twenty times and then twice a minute. Who
    logged in before is not locked out at home, and nobody learns whether there is such an account."""
    server = fresh(JARI_RATE_LIMIT_FACTOR="1")
    fan, neighbour = server.fan(), server.fan()

    def guesses(email: str) -> list[int]:
        codes = []
        for n in range(30):
            body = {"email": email, "password": f"wrong guess {n}"} | ({"name": "x"} if path == "/users" else {})
            with client(server, f"127.0.1.{n + 1}") as guesser:
                codes.append(guesser.post(API + path, json=body).status_code)
        return codes

    wrong = 401 if path == "/sessions" else 409
    codes = guesses(fan.email)
    # Of the twenty the fan has used one, to log in.
    assert codes[:19] == [wrong] * 19 and codes[24:] == [429] * 6
    server.log_in(fan.email)
    with client(server, "127.0.2.1") as elsewhere:
        right = elsewhere.post(f"{API}/sessions", json={"email": neighbour.email, "password": PASSWORD})
        assert right.status_code == 201
        locked = elsewhere.post(f"{API}/sessions", json={"email": fan.email, "password": PASSWORD})
        assert locked.status_code == 429 and int(locked.headers["Retry-After"]) <= 30
    if path == "/sessions":
        codes = guesses("nobody@example.com")
        assert codes[:20] == [401] * 20 and codes[24:] == [429] * 6


def test_the_fifty_first_login_ends_the_oldest(server):
    """A user has fifty sessions; one more ends the one that was not used for longest, its access token included."""
    fan = server.fan()
    others = [server.log_in(fan.email) for _ in range(49)]
    assert server.call("GET", "/users/me", by=fan).status_code == 200
    newest = server.log_in(fan.email)
    assert server.call("GET", "/users/me", by=fan).status_code == 401
    assert server.call("POST", "/sessions/refresh", {"refreshToken": fan.refresh}).status_code == 401
    assert all(server.call("GET", "/users/me", by=one).status_code == 200 for one in (others[0], newest))
