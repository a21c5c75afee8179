"""Wrong requests: each gets its code and a message that says what to do, in both languages, and changes nothing."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import socket
import time
from urllib.parse import urlsplit

import jwt
import pytest

import contract
from jari import API, PASSWORD, in_seconds, new_key, wait_until

UNKNOWN = "01a20810-1750-7000-9133-de061600a35a"
HANGUL = re.compile("[가-힣]")


class Shop:
    """A sale with a fan inside, two seats held by a rival, and what must stay as it is."""

    def __init__(self, server, staff):
        self.server, self.staff = server, staff
        self.date = server.date(staff, rows=10, seats_per_row=10, seatsPerFanMax=4)["id"]
        self.other_date = server.date(staff, rows=1, seats_per_row=4)["id"]
        self.closed = server.date(staff, opens=-100, closes=-50)["id"]
        self.coming = server.date(staff, opens=3000)["id"]
        self.fan, self.rival = server.fans(2, points=5000)
        for each in (self.fan, self.rival):
            server.enter(each, self.date)
        self.taken = [seat["id"] for seat in server.hold(self.rival, self.date, 2).json()["seats"]]
        self.rivals_reservation = server.ok("GET", "/reservations", by=self.rival)["items"][0]["id"]
        self.seats = server.seats(self.date)
        self.other_seats = server.seats(self.other_date)

    def state(self):
        """All that a wrong request could have changed."""
        server = self.server
        mine = [server.ok("GET", path, by=self.fan) for path in ("/users/points", "/users/points/history",
                                                                 "/reservations", "/tickets", "/users/me")]
        seats = [server.ok("GET", f"/dates/{date}/seats/status") for date in (self.date, self.other_date)]
        return mine, seats


@pytest.fixture(scope="module")
def shop(server, staff):
    return Shop(server, staff)


@pytest.fixture
def unchanged(shop):
    """Fails a test whose requests changed something."""
    before = shop.state()
    yield
    assert shop.state() == before


def check_problem(response, status: int, code: str, language: str = "ko"):
    """The response is the problem of the code, as RFC 9457 and the contract say."""
    assert response.status_code == status, response.text
    assert response.headers["Content-Type"] == "application/problem+json"
    assert response.headers["Content-Language"] == language
    problem = response.json()
    assert (problem["status"], problem["code"], problem["type"]) == (status, code, f"urn:jari:problem:{code}")
    for words in (problem["title"], problem["detail"]):
        assert words and bool(HANGUL.search(words)) == (language == "ko"), words
    return problem


def check_both_languages(send, status: int, code: str) -> dict:
    """Sends it in Korean, in English and without a language, which is Korean; gives the English problem."""
    check_problem(send(language="ko-KR,ko;q=0.9,en;q=0.8"), status, code, "ko")
    check_problem(send(language=None), status, code, "ko")
    return check_problem(send(language="en-US,en;q=0.9,ko;q=0.1"), status, code, "en")


# Holds

def hold(shop, body, *, queue="own", **options):
    queue = shop.fan.queue[shop.date] if queue == "own" else queue
    return shop.server.call("POST", "/reservations", body, by=shop.fan, key=True, queue=queue, **options)


WRONG_HOLDS = {
    "no seats": (lambda s: {"dateId": s.date, "seatIds": []}, 400, "invalidRequest", {"field": "seatIds"}),
    "51 seats": (
        lambda s: {"dateId": s.date, "seatIds": s.seats[:51]}, 400, "invalidRequest", {"field": "seatIds"}),
    "5 of 4 seats": (lambda s: {"dateId": s.date, "seatIds": s.seats[:5]}, 422, "tooManySeats", {"max": 4}),
    "5 of 4 best": (
        lambda s: {"dateId": s.date, "bestAvailable": {"grade": "R", "count": 5}}, 422, "tooManySeats", {"max": 4}),
    "0 best": (lambda s: {"dateId": s.date, "bestAvailable": {"grade": "R", "count": 0}}, 400, "invalidRequest",
               {"field": "bestAvailable.count"}),
    "51 best": (lambda s: {"dateId": s.date, "bestAvailable": {"grade": "R", "count": 51}}, 400, "invalidRequest",
                {"field": "bestAvailable.count"}),
    "the same seat twice": (
        lambda s: {"dateId": s.date, "seatIds": s.seats[:1] * 2}, 400, "invalidRequest", {"field": "seatIds[1]"}),
    "the same seat twice in capitals": (
        lambda s: {"dateId": s.date, "seatIds": [s.seats[0], s.seats[0].upper()]}, 400, "invalidRequest",
        {"field": "seatIds[1]"}),
    "seats of two dates": (
        lambda s: {"dateId": s.date, "seatIds": [s.seats[0], s.other_seats[0]]}, 404, "notFound",
        lambda s: {"seatIds": s.other_seats[:1]}),
    "unknown seats": (
        lambda s: {"dateId": s.date, "seatIds": [UNKNOWN, s.seats[0]]}, 404, "notFound", {"seatIds": [UNKNOWN]}),
    "taken seats": (
        lambda s: {"dateId": s.date, "seatIds": [s.seats[0], *s.taken]}, 409, "seatTaken",
        lambda s: {"seatIds": s.taken}),
    "both choices": (
        lambda s: {"dateId": s.date, "seatIds": s.seats[:1], "bestAvailable": {"grade": "R", "count": 1}}, 400,
        "invalidRequest", {}),
    "no choice": (lambda s: {"dateId": s.date}, 400, "invalidRequest", {}),
    "no date": (lambda s: {"seatIds": s.seats[:1]}, 400, "invalidRequest", {"field": "dateId"}),
    "an unknown field": (
        lambda s: {"dateId": s.date, "seatIds": s.seats[:1], "price": 1}, 400, "invalidRequest", {"field": "price"}),
    "an unknown field inside": (
        lambda s: {"dateId": s.date, "bestAvailable": {"grade": "R", "count": 1, "row": 2}}, 400, "invalidRequest",
        {"field": "bestAvailable.row"}),
    "a malformed UUID": (
        lambda s: {"dateId": s.date, "seatIds": ["not-a-uuid"]}, 400, "invalidRequest", {"field": "seatIds[0]"}),
    "a UUID with a digit too many": (
        lambda s: {"dateId": s.date + "0", "seatIds": s.seats[:1]}, 400, "invalidRequest", {"field": "dateId"}),
    "a number for a UUID": (
        lambda s: {"dateId": 7, "seatIds": s.seats[:1]}, 400, "invalidRequest", {"field": "dateId"}),
    "null for a UUID": (
        lambda s: {"dateId": None, "seatIds": s.seats[:1]}, 400, "invalidRequest", {"field": "dateId"}),
    "an over-long grade": (
        lambda s: {"dateId": s.date, "bestAvailable": {"grade": "R" * 41, "count": 1}}, 400, "invalidRequest",
        {"field": "bestAvailable.grade"}),
    "an unknown grade": (
        lambda s: {"dateId": s.date, "bestAvailable": {"grade": "Royal", "count": 1}}, 409, "noSeatsLeft", {}),
    "a count as text": (
        lambda s: {"dateId": s.date, "bestAvailable": {"grade": "R", "count": "2"}}, 400, "invalidRequest",
        {"field": "bestAvailable.count"}),
    "half a seat": (
        lambda s: {"dateId": s.date, "bestAvailable": {"grade": "R", "count": 1.5}}, 400, "invalidRequest",
        {"field": "bestAvailable.count"}),
}


@pytest.mark.parametrize("name", WRONG_HOLDS)
def test_a_wrong_hold_is_refused_and_holds_nothing(shop, unchanged, name):
    """Each wrong hold gets its status, code and members, in both languages, and no seat moves."""
    make, status, code, members = WRONG_HOLDS[name]
    members = members(shop) if callable(members) else members
    problem = check_both_languages(lambda **o: hold(shop, make(shop), **o), status, code)
    for member, value in members.items():
        found = problem[member]
        assert sorted(found) == sorted(value) if isinstance(value, list) else found == value
    if "field" in members:
        assert problem["field"] in problem["detail"]


def test_a_hold_of_another_dates_token_is_refused(shop, unchanged):
    """A queue token counts for its date only."""
    shop.server.enter(shop.fan, shop.other_date)
    check_both_languages(
        lambda **o: hold(shop, {"dateId": shop.date, "seatIds": shop.seats[:1]},
                         queue=shop.fan.queue[shop.other_date], **o), 401, "queueTokenInvalid")


def flipped(token: str, index: int) -> str:
    return token[:index] + ("A" if token[index] != "A" else "B") + token[index + 1:]


WRONG_QUEUE_TOKENS = {
    "none": lambda s: None,
    "empty": lambda s: "",
    "nonsense": lambda s: "nonsense",
    "the rival's": lambda s: s.rival.queue[s.date],
    "cut": lambda s: s.fan.queue[s.date][:-1],
    "longer": lambda s: s.fan.queue[s.date] + "A",
    "another version": lambda s: flipped(s.fan.queue[s.date], 0),
    "another date": lambda s: flipped(s.fan.queue[s.date], 10),
    "another fan": lambda s: flipped(s.fan.queue[s.date], 30),
    "another number": lambda s: flipped(s.fan.queue[s.date], 52),
    "another signature": lambda s: flipped(s.fan.queue[s.date], 75),
    "an access token": lambda s: s.fan.access,
}


@pytest.mark.parametrize("name", WRONG_QUEUE_TOKENS)
def test_a_wrong_queue_token_opens_nothing(shop, unchanged, name):
    """Missing, forged and foreign queue tokens are 401 queueTokenInvalid for holding, asking and leaving."""
    token = WRONG_QUEUE_TOKENS[name](shop)
    body = {"dateId": shop.date, "seatIds": shop.seats[:1]}
    check_both_languages(lambda **o: hold(shop, body, queue=token, **o), 401, "queueTokenInvalid")
    for method in ("GET", "DELETE"):
        response = shop.server.call(method, "/queue/token", by=shop.fan, queue=token)
        check_problem(response, 401, "queueTokenInvalid")
    place = shop.server.ok("GET", "/queue/token", queue=shop.fan.queue[shop.date])
    assert place["status"] == "ACTIVE"


def test_an_expired_stay_ends_the_right_to_hold(server, staff):
    """When activeSeconds are over the queue token holds nothing: 401 or 403, until the fan is called again."""
    date = server.date(staff)["id"]
    fan = server.fan()
    place = server.ok("POST", "/queue/token", {"dateId": date}, by=fan)
    assert place["status"] == "ACTIVE"
    server.ok("DELETE", "/queue/token", queue=place["token"])
    server.ok("POST", f"/admin/dates/{date}/queue/pause", by=staff, key=True)
    fan.queue[date] = place["token"]
    response = server.hold(fan, date, 1)
    assert response.status_code in (401, 403)
    assert response.json()["code"] in ("queueTokenInvalid", "notAdmitted")
    assert server.ok("GET", "/reservations", by=fan)["items"] == []


def test_who_waits_cannot_hold(server, staff):
    """A fan who is still waiting is 403 notAdmitted."""
    date = server.date(staff, maxActive=1)["id"]
    server.enter(server.fan(), date)
    fan = server.fan()
    fan.queue[date] = server.ok("POST", "/queue/token", {"dateId": date}, by=fan)["token"]
    check_problem(server.hold(fan, date, 1), 403, "notAdmitted")


def test_a_sale_that_is_not_open_sells_nothing(shop, unchanged):
    """Before opening nobody is admitted; after closing the queue itself is saleClosed."""
    server = shop.server
    check_both_languages(
        lambda **o: server.call("POST", "/queue/token", {"dateId": shop.closed}, by=shop.fan, **o), 409, "saleClosed")
    place = server.ok("POST", "/queue/token", {"dateId": shop.coming}, by=shop.fan)
    assert (place["status"], place["position"], place["ahead"]) == ("WAITING", None, None)
    response = hold(shop, {"dateId": shop.coming, "bestAvailable": {"grade": "R", "count": 1}}, queue=place["token"])
    check_problem(response, 403, "notAdmitted")


def test_a_sale_that_closes_takes_no_more_holds(server, staff):
    """A fan who is inside when staff close the sale is told saleClosed."""
    made = server.date(staff)
    fan = server.fan()
    server.enter(fan, made["id"])
    times = {name: made[name] for name in ("startsAt", "saleOpensAt")} | {"saleClosesAt": in_seconds(-1)}
    server.ok("PUT", f"/admin/dates/{made['id']}", times, by=staff)
    check_problem(server.hold(fan, made["id"], 1), 409, "saleClosed")


def test_unknown_and_foreign_ids_are_not_found(shop, unchanged):
    """What is not there, what is somebody else's, and what is no id at all look the same: 404."""
    server, fan = shop.server, shop.fan
    for id in (UNKNOWN, shop.rivals_reservation, "nonsense", "0", "%00", "..%2f..%2fetc%2fpasswd"):
        for method, path in (
            ("GET", f"/reservations/{id}"), ("DELETE", f"/reservations/{id}"), ("GET", f"/tickets/{id}"),
            ("GET", f"/tickets/{id}/qr.svg"), ("GET", f"/payments/{id}"),
        ):
            check_problem(server.call(method, path, by=fan), 404, "notFound")
        for path in (f"/dates/{id}", f"/dates/{id}/seats", f"/dates/{id}/seatmap", f"/dates/{id}/seats/status",
                     f"/dates/{id}/events", f"/dates/{id}/queue", f"/concerts/{id}", f"/concerts/{id}/dates"):
            check_problem(server.call("GET", path), 404, "notFound")
        check_problem(server.pay(fan, id), 404, "notFound")
        refund = server.call("POST", f"/payments/{id}/refunds", {}, by=fan, key=True)
        check_problem(refund, 404, "notFound")
    check_both_languages(
        lambda **o: server.call("POST", "/queue/token", {"dateId": UNKNOWN}, by=fan, **o), 404, "notFound")


# Money

@pytest.mark.parametrize("amount", [
    0, -1, -500_000, 10_000_001, 2**31, 2**53 + 1, 2**63 - 1, 2**63, -(2**63), -(2**63) - 1, 10**39, 1.5, 1e3, "1000",
    None, True, [1000], {"won": 1000},
], ids=str)
def test_a_wrong_amount_charges_nothing(shop, unchanged, amount):
    """Negative, huge, fractional and mistyped amounts are 400 naming the field."""
    problem = check_both_languages(
        lambda **o: shop.server.call("POST", "/users/points", {"amount": amount}, by=shop.fan, key=True, **o), 400,
        "invalidRequest")
    assert problem["field"] == "amount"


@pytest.mark.parametrize("text", ["1" * 41, "1" * 60_000, "1e400", "-0", "1E+2", "01", "+1", ".5", "1.", "0x10", "NaN",
                                  "Infinity", "--1", "１０００"])
def test_a_strange_number_charges_nothing(shop, unchanged, text):
    """Numbers that are no integers of JSON are 400."""
    response = raw_charge(shop, f'{{"amount": {text}}}'.encode())
    check_problem(response, 400, "invalidRequest")


def test_a_wallet_has_a_limit(shop, unchanged):
    """The contract's limits of a charge are those of the schema."""
    schema = contract.document()["components"]["schemas"]["Charge"]["properties"]["amount"]
    for amount in (schema["minimum"] - 1, schema["maximum"] + 1):
        response = shop.server.call("POST", "/users/points", {"amount": amount}, by=shop.fan, key=True)
        check_problem(response, 400, "invalidRequest")


def test_paying_without_enough_points_changes_nothing(server, staff):
    """notEnoughPoints says what there is and what is needed; the hold stays."""
    date = server.date(staff, price=3000)["id"]
    fan = server.fan(points=2999)
    server.enter(fan, date)
    reservation = server.hold(fan, date, 1).json()
    problem = check_both_languages(
        lambda language: server.call("POST", f"/reservations/{reservation['id']}/payments", {"method": "POINTS"},
                                     by=fan, key=True, language=language), 402, "notEnoughPoints")
    assert (problem["balance"], problem["needed"]) == (2999, 3000)
    assert server.balance(fan) == 2999
    assert server.ok("GET", f"/reservations/{reservation['id']}", by=fan)["status"] == "PENDING"


@pytest.mark.parametrize("body,status,code", [
    ({"method": "MIXED"}, 400, "invalidRequest"), ({"method": "CARD", "points": 1}, 400, "invalidRequest"),
    ({"method": "GOLD"}, 400, "invalidRequest"), ({"method": "points"}, 400, "invalidRequest"),
    ({"method": None}, 400, "invalidRequest"), ({}, 400, "invalidRequest"),
    ({"method": "POINTS", "points": -1}, 400, "invalidRequest"), ({"method": "POINTS", "amount": 1}, 400, "invalidRequest"),
    ({"method": "POINTS", "points": 0}, 400, "invalidRequest"),
])
def test_a_wrong_payment_takes_nothing(server, staff, body, status, code):
    """Unknown methods and fields leave the reservation pending and the wallet full."""
    date = server.date(staff)["id"]
    fan = server.fan(points=1000)
    server.enter(fan, date)
    reservation = server.hold(fan, date, 1).json()["id"]
    check_both_languages(
        lambda language: server.call("POST", f"/reservations/{reservation}/payments", body, by=fan, key=True,
                                     language=language), status, code)
    assert server.balance(fan) == 1000
    assert server.ok("GET", f"/reservations/{reservation}", by=fan)["status"] == "PENDING"


@pytest.mark.parametrize("change,status", [
    (lambda t: {"ticketIds": []}, 400), (lambda t: {"ticketIds": t * 2}, 400), (lambda t: {"ticketIds": [UNKNOWN]}, 404),
    (lambda t: {"ticketIds": t[0]}, 400), (lambda t: {"reason": "x" * 201}, 400), (lambda t: {"tickets": t}, 400),
    (lambda t: {"ticketIds": [UNKNOWN] * 51}, 400),
], ids=["none", "twice", "unknown", "text", "long reason", "unknown field", "51"])
def test_a_wrong_refund_gives_nothing(server, staff, change, status):
    """Refunds of no, repeated and unknown tickets, and over-long reasons, change nothing."""
    date = server.date(staff)["id"]
    fan = server.fan(points=2000)
    payment = server.buy(fan, date, 2)
    path = f"/payments/{payment['id']}/refunds"
    body = change(payment["tickets"])
    response = server.call("POST", path, body, by=fan, key=True)
    check_problem(response, status, "invalidRequest" if status == 400 else "notFound")
    assert server.balance(fan) == 0
    tickets = server.ok("GET", "/tickets", by=fan)["items"]
    assert [t["status"] for t in tickets] == ["VALID", "VALID"]


# Bodies

def raw_charge(shop, content, content_type="application/json", **options):
    headers = {"Idempotency-Key": new_key(), "Authorization": f"Bearer {shop.fan.access}"}
    if content_type:
        headers["Content-Type"] = content_type
    return shop.server.http.post(API + "/users/points", content=content, headers=headers | options.pop("headers", {}),
                                 **options)


MALFORMED = {
    "nothing": b"", "space": b"  \n", "null": b"null", "true": b"true", "a number": b"7", "a text": b'"amount"',
    "an array": b"[1000]", "half an object": b'{"amount": 1000', "half a name": b'{"amo', "a name only": b'{"amount"}',
    "no value": b'{"amount":}', "no colon": b'{"amount" 1000}', "no comma": b'{"amount": 1 "x": 2}',
    "a comma too many": b'{"amount": 1000,}', "a comma first": b'{,"amount": 1000}', "two objects": b'{"amount": 1}{}',
    "rubbish after": b'{"amount": 1000} x', "single quotes": b"{'amount': 1000}", "no quotes": b"{amount: 1000}",
    "a comment": b'{"amount": 1000 /* won */}', "a byte order mark": b'\xef\xbb\xbf{"amount": 1000}',
    "UTF-16": '{"amount": 1000}'.encode("utf-16"), "invalid UTF-8": b'{"amount\xff": 1000}',
    "overlong UTF-8": b'{"amount\xc0\xaf": 1000}', "surrogate in UTF-8": b'{"\xed\xa0\x80": 1}',
    "lonely surrogate": b'{"\\ud800": 1}', "reversed surrogates": b'{"\\udc00\\ud800": 1}',
    "a bad escape": b'{"\\x61mount": 1000}', "a short escape": b'{"\\u00": 1000}', "a signed escape": b'{"\\u-000": 1}',
    "a raw newline in a text": b'{"amo\nunt": 1000}', "a NUL in a text": b'{"amo\x00unt": 1000}',
    "deep arrays": b'{"amount": ' + b"[" * 10_000 + b"]" * 10_000 + b"}",
    "deep objects": b'{"amount":' * 5_000 + b"1" + b"}" * 5_000,
    "many fields": json.dumps({f"f{n}": n for n in range(2_000)}).encode(),
    "a duplicate": b'{"amount": 1000, "amount": 1000}',
    "an escaped duplicate": b'{"amount": 1000, "\\u0061mount": 1}',
    "an unknown field": b'{"amount": 1000, "currency": "KRW"}', "a form": b"amount=1000",
}


@pytest.mark.parametrize("name", MALFORMED)
def test_malformed_bodies_are_refused(shop, unchanged, name):
    """Whatever is not one JSON object of known fields, each once, is 400 invalidRequest in both languages."""
    check_both_languages(
        lambda language: raw_charge(
            shop, MALFORMED[name], headers={"Accept-Language": language} if language else {}), 400, "invalidRequest")


def test_duplicate_and_unknown_fields_are_named(shop):
    """The problem's `field` says which one."""
    assert raw_charge(shop, b'{"amount": 1, "amount": 1}').json()["field"] == "amount"
    assert raw_charge(shop, b'{"amount": 1, "note": 1}').json()["field"] == "note"


@pytest.mark.parametrize("content_type", [
    None, "", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/xml",
    "application/jsonp", "json",
])
def test_other_content_types_are_refused(shop, unchanged, content_type):
    """A body that is not called JSON is 415."""
    check_problem(raw_charge(shop, b'{"amount": 1000}', content_type), 415, "unsupportedMediaType")


@pytest.mark.parametrize("content_type", [
    "application/json", "application/json; charset=utf-8", "APPLICATION/JSON", "application/json ;charset=UTF-8"])
def test_json_is_called_json_in_many_ways(server, content_type):
    """Parameters and case of the content type do not matter."""
    fan = server.fan()
    response = server.http.post(
        API + "/users/points", content=b'{"amount": 1}',
        headers={"Content-Type": content_type, "Idempotency-Key": new_key(), "Authorization": f"Bearer {fan.access}"})
    assert response.status_code == 201


def test_too_large_bodies_are_refused(shop, unchanged):
    """More than 64 KiB is 413, announced or not, and the connection or the next one goes on working."""
    large = b'{"amount": 1000, "note": "' + b"x" * 70_000 + b'"}'
    check_problem(raw_charge(shop, large), 413, "bodyTooLarge")
    check_problem(raw_charge(shop, (large[n:n + 1000] for n in range(0, len(large), 1000))), 413, "bodyTooLarge")
    fitting = b'{"amount": -1' + b" " * (64 * 1024 - 14) + b"}"
    assert len(fitting) == 64 * 1024
    check_problem(raw_charge(shop, fitting), 400, "invalidRequest")
    check_problem(raw_charge(shop, fitting + b" "), 413, "bodyTooLarge")


def test_an_announced_flood_is_refused_before_it_comes(shop, unchanged):
    """A length of a terabyte is 413 at once, without waiting for the bytes."""
    address = urlsplit(shop.server.url)
    with socket.create_connection((address.hostname, address.port), timeout=10) as connection:
        connection.sendall(
            f"POST {API}/users/points HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {shop.fan.access}\r\n"
            f"Idempotency-Key: {new_key()}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {10**12}\r\n\r\n".encode())
        assert connection.recv(4096).startswith(b"HTTP/1.1 413")


def test_wrong_registrations_make_no_account(server):
    """Bad addresses, passwords and names are 400 naming the field; nobody can log in with them."""
    good = {"email": f"{new_key()}@example.com", "password": PASSWORD, "name": "민지"}
    wrong = {
        "email": ["", "a", "no at sign", "@example.com", "a@", "a@b", "a@@b.com", "a b@c.de", "a@b.com\n", "a@.com",
                  "a@b.", "x" * 250 + "@example.com", 7, None, [], "a\u0000@b.com"],
        "password": ["", "1234567", "x" * 129, 12345678, None],
        "name": ["", "x" * 81, None, {}, "before\u0000after"],
    }
    for field, values in wrong.items():
        for value in values:
            response = server.call("POST", "/users", good | {field: value})
            problem = check_problem(response, 400, "invalidRequest")
            assert problem["field"] == field, value
        missing = server.call("POST", "/users", {k: v for k, v in good.items() if k != field})
        assert check_problem(missing, 400, "invalidRequest")["field"] == field
    assert server.call("POST", "/users", good | {"role": "ADMIN"}).json()["field"] == "role"
    login = {"email": good["email"], "password": PASSWORD}
    check_both_languages(lambda **o: server.call("POST", "/sessions", login, **o), 401, "credentialsWrong")


@pytest.mark.parametrize("name", [
    "민지", "a" * 80, "🎫" * 80, "O'Brien; DROP TABLE users;--", '"quotes" \\ and / slashes', "tab\tand\nline",
    "\u0001\u001f", "right\u202eleft", "e\u0301", "<script>alert(1)</script>", "👩‍👩‍👧‍👦" * 5,
])
def test_any_name_comes_back_as_it_was(server, name):
    """Names are kept to the letter, whatever they are made of."""
    assert server.ok("GET", "/users/me", by=server.fan(name=name))["name"] == name


# Lists

@pytest.mark.parametrize("path", ["/concerts", "/users/points/history", "/reservations", "/tickets", "/admin/concerts",
                                  "/admin/audit-log", "/admin/webhooks"])
def test_bad_pages_are_refused(server, staff, path):
    """A limit that is not 1 to 100 and a cursor that no page gave are 400 naming the parameter."""
    for limit in ("0", "-1", "101", "x", "1.0", "", "99999999999999999999", "+5", " 5", "0x10"):
        response = server.call("GET", path, by=staff, params={"limit": limit})
        assert check_problem(response, 400, "invalidRequest")["field"] == "limit", limit
    for cursor in ("x", "", "p1", "p1" + "g" * 32, "p1" + "0" * 31, "p1" + "0" * 33, UNKNOWN, "p1+" + "0" * 31,
                   "p1" + "0" * 16 + "-" + "0" * 15, "%00", "x" * 10_000):
        response = server.call("GET", path, by=staff, params={"cursor": cursor})
        assert check_problem(response, 400, "invalidRequest")["field"] == "cursor", cursor
    check_both_languages(
        lambda **o: server.call("GET", path, by=staff, params={"limit": 0}, **o), 400, "invalidRequest")


def test_pages_follow_each_other(server):
    """The cursor of a page leads to the next, without gaps and doubles, the newest first; the last has none."""
    fan = server.fan()
    for amount in range(1, 8):
        server.ok("POST", "/users/points", {"amount": amount}, by=fan, key=True)
    seen, cursor = [], None
    for _ in range(10):
        page = server.ok("GET", "/users/points/history", by=fan,
                         params={"limit": 3} | ({"cursor": cursor} if cursor else {}))
        seen += [item["amount"] for item in page["items"]]
        cursor = page["nextCursor"]
        if not cursor:
            break
    assert seen == [7, 6, 5, 4, 3, 2, 1]


def test_bad_parameters_are_refused(shop):
    """An unknown seat state, an over-long search and a bad version are 400."""
    server = shop.server
    for params in ({"status": "FREE"}, {"status": "available"}, {"status": ""}):
        check_problem(server.call("GET", f"/dates/{shop.date}/seats", params=params), 400, "invalidRequest")
    check_problem(server.call("GET", "/concerts", params={"q": "x" * 101}), 400, "invalidRequest")
    check_problem(server.call("GET", "/concerts", params={"q": "a\u0000b"}), 400, "invalidRequest")
    for version in ("x", "1.5", "99999999999999999999"):
        check_problem(server.call("GET", f"/dates/{shop.date}/events", params={"since": version}), 400,
                      "invalidRequest")


@pytest.mark.parametrize("q", ["%", "_", "' OR 1=1 --", '"', "*", "\\", "AND", "NEAR(", "a" * 100, "공연 -시험", "\u0001"])
def test_a_search_may_be_anything(server, q):
    """Signs that mean something to a database are text in a search."""
    found = server.ok("GET", "/concerts", params={"q": q})
    assert all(concert["id"] for concert in found["items"])
    if q in ("%", "_", "*"):
        assert found["items"] == []


# Staff

def test_wrong_catalogue_bodies_are_refused(server, staff):
    """Titles, times and layouts that cannot be are 400 naming the field, and change nothing."""
    date = server.date(staff, rows=2, seats_per_row=2)
    text = {"ko": "공연", "en": "Concert"}
    concert = {"title": text, "artist": text, "venue": text, "description": text}
    section = {"name": "A", "grade": "R", "rows": 2, "seatsPerRow": 2}
    layout = {"grades": [{"name": "R", "price": 1}], "sections": [section]}
    times = {name: date[name] for name in ("startsAt", "saleOpensAt", "saleClosesAt")}
    queue = {"maxActive": 1, "admitPerSecond": 1, "activeSeconds": 30, "seatsPerFanMax": 1}
    cases = [
        ("POST", "/admin/concerts", concert | {"title": {"ko": "", "en": "x"}}, "title.ko"),
        ("POST", "/admin/concerts", concert | {"title": {"ko": "x" * 201, "en": "x"}}, "title.ko"),
        ("POST", "/admin/concerts", concert | {"title": {"ko": "x", "fr": "y"}}, "title.fr"),
        ("POST", "/admin/concerts", concert | {"status": "SECRET"}, "status"),
        ("POST", "/admin/concerts", {k: v for k, v in concert.items() if k != "title"}, "title"),
        ("POST", f"/admin/concerts/{date['concertId']}/dates", times | {"startsAt": "tomorrow"}, "startsAt"),
        ("POST", f"/admin/concerts/{date['concertId']}/dates", times | {"startsAt": "2027-02-30T00:00:00Z"}, "startsAt"),
        ("POST", f"/admin/concerts/{date['concertId']}/dates", times | {"startsAt": 1700000000}, "startsAt"),
        ("POST", f"/admin/concerts/{date['concertId']}/dates", times | {"saleClosesAt": times["saleOpensAt"]},
         "saleClosesAt"),
        ("PUT", f"/admin/dates/{date['id']}", times | {"cancelled": "yes"}, "cancelled"),
        ("PUT", f"/admin/dates/{date['id']}/layout", layout | {"grades": []}, "grades"),
        ("PUT", f"/admin/dates/{date['id']}/layout", layout | {"sections": []}, "sections"),
        ("PUT", f"/admin/dates/{date['id']}/layout", layout | {"grades": layout["grades"] * 2}, "grades[1].name"),
        ("PUT", f"/admin/dates/{date['id']}/layout", layout | {"sections": [section, section]}, "sections[1].name"),
        ("PUT", f"/admin/dates/{date['id']}/layout", layout | {"sections": [section | {"grade": "S"}]},
         "sections[0].grade"),
        ("PUT", f"/admin/dates/{date['id']}/layout", layout | {"sections": [section | {"rows": 0}]},
         "sections[0].rows"),
        ("PUT", f"/admin/dates/{date['id']}/layout", layout | {"sections": [section | {"rows": 201}]},
         "sections[0].rows"),
        ("PUT", f"/admin/dates/{date['id']}/layout", layout | {"grades": [{"name": "R", "price": -1}]},
         "grades[0].price"),
        ("PUT", f"/admin/dates/{date['id']}/queue", queue | {"maxActive": 0}, "maxActive"),
        ("PUT", f"/admin/dates/{date['id']}/queue", queue | {"admitPerSecond": 100_001}, "admitPerSecond"),
        ("PUT", f"/admin/dates/{date['id']}/queue", queue | {"activeSeconds": 29}, "activeSeconds"),
        ("PUT", f"/admin/dates/{date['id']}/queue", queue | {"seatsPerFanMax": 51}, "seatsPerFanMax"),
        ("PUT", f"/admin/users/{staff.id}/role", {"role": "KING"}, "role"),
    ]
    admin = server.admin()
    before = server.ok("GET", f"/admin/dates/{date['id']}", by=staff)
    for method, path, body, field in cases:
        response = server.call(method, path, body, by=admin, key=method == "POST")
        problem = check_problem(response, 400, "invalidRequest")
        assert problem["field"] == field, (path, body)
    assert server.ok("GET", f"/admin/dates/{date['id']}", by=staff) == before


def test_a_layout_that_is_too_large_is_refused(server, staff):
    """A date has at most as many seats as the contract says."""
    date = server.date(staff, rows=1, seats_per_row=1)["id"]
    section = {"grade": "R", "rows": 200, "seatsPerRow": 200}
    layout = {"grades": [{"name": "R", "price": 1}], "sections": [section | {"name": str(n)} for n in range(4)]}
    check_problem(server.call("PUT", f"/admin/dates/{date}/layout", layout, by=staff), 400, "invalidRequest")
    assert server.ok("GET", f"/dates/{date}")["seatsTotal"] == 1


def test_a_layout_with_holds_stays(server, staff):
    """Once a seat is held or sold the layout, the date and the concert are wrongState."""
    date = server.date(staff, rows=1, seats_per_row=2)
    fan = server.fan()
    server.enter(fan, date["id"])
    assert server.hold(fan, date["id"], 1).status_code == 201
    layout = server.ok("GET", f"/admin/dates/{date['id']}/layout", by=staff)
    for method, path, body in (("PUT", f"/admin/dates/{date['id']}/layout", layout),
                               ("DELETE", f"/admin/dates/{date['id']}", None),
                               ("DELETE", f"/admin/concerts/{date['concertId']}", None)):
        check_problem(server.call(method, path, body, by=staff), 409, "wrongState")
    assert server.ok("GET", f"/dates/{date['id']}")["seatsTotal"] == 2


def test_wrong_ticket_codes_open_no_door(server, staff):
    """Unknown, cut and forged codes are 404; a refunded ticket is ticketVoid; typing it by hand works."""
    date = server.date(staff)["id"]
    fan = server.fan(points=2000)
    payment = server.buy(fan, date, 2)
    tickets = {t["id"]: t["code"] for t in server.ok("GET", "/tickets", by=fan)["items"]}
    void, good = payment["tickets"]
    server.ok("POST", f"/payments/{payment['id']}/refunds", {"ticketIds": [void]}, by=fan, key=True)
    code = tickets[good]

    def check_in(code, **options):
        return server.call("POST", "/checkins", {"code": code}, by=staff, key=True, **options)

    last = "0" if code[-1] != "0" else "1"
    for wrong in ("x", code[:-1], code + "0", code[:-1] + last, "0" * 39, "U" * 39):
        check_problem(check_in(wrong), 404, "notFound")
    for wrong in ("", "x" * 257, 7, None):
        check_problem(check_in(wrong), 400, "invalidRequest")
    check_both_languages(lambda **o: check_in(tickets[void], **o), 409, "ticketVoid")
    by_hand = "-".join(code[n:n + 5].lower() for n in range(0, len(code), 5)) + " "
    assert check_in(by_hand).status_code == 201
    check_both_languages(lambda **o: check_in(code, **o), 409, "ticketUsed")
    refund = server.call("POST", f"/payments/{payment['id']}/refunds", {"ticketIds": [good]}, by=fan, key=True)
    check_problem(refund, 409, "ticketUsed")


# Routes

@pytest.mark.parametrize("path", ["/nowhere", "/api", "/api/v1", "/api/v2/users", "/api/v1/user",
                                  "/api/v1/concerts/x/y/z", "/docs/assets/../../Package.swift", "/.env", "/%2e%2e/etc",
                                  "/docs/assets/x.js", "/api/v1/dates"])
def test_unknown_routes_are_problems(server, path):
    """A path that the contract does not know is 404 notFound in both languages."""
    for method in ("GET", "POST", "PUT", "DELETE"):
        response = server.http.request(method, path, headers={"Accept-Language": "en"})
        assert response.status_code in (404, 405), response.text
        assert response.headers["Content-Type"] == "application/problem+json"
    check_problem(server.http.get(path), 404, "notFound")


@pytest.mark.parametrize("path", sorted(contract.document()["paths"]))
def test_a_wrong_method_is_told_the_right_ones(server, path):
    """A method that the path does not have is 405 with Allow, for every path of the contract."""
    known = {method.upper() for method in contract.METHODS if method in contract.document()["paths"][path]}
    real = re.sub(r"\{.*?\}", UNKNOWN, path)
    for method in {"GET", "POST", "PUT", "DELETE", "PATCH"} - known:
        response = server.http.request(method, real, headers={"Accept-Language": "en"})
        check_problem(response, 405, "methodNotAllowed", "en")
        assert {m.strip() for m in response.headers["Allow"].split(",")} - {"HEAD", "OPTIONS"} == known


def test_a_request_without_a_body_leaves_the_connection_usable(server):
    """HEAD and OPTIONS have an answer without confusing the next request of the connection."""
    for method in ("HEAD", "OPTIONS", "TRACE"):
        response = server.http.request(method, API + "/concerts")
        assert response.status_code in (200, 204, 405)
        assert server.http.get("/healthz").json() == {"status": "ok"}


# Logins

def forged(shop, *, key="x" * 32, algorithm="HS256", headers=None, **changes):
    """An access token like the fan's, changed."""
    good = jwt.decode(shop.fan.access, options={"verify_signature": False})
    kid = jwt.get_unverified_header(shop.fan.access).get("kid")
    return jwt.encode(good | changes, key, algorithm=algorithm, headers=headers or {"kid": kid})


def without_signature(shop, algorithm: str) -> str:
    def part(value):
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    payload = jwt.decode(shop.fan.access, options={"verify_signature": False})
    return f"{part({'alg': algorithm, 'typ': 'JWT'})}.{part(payload)}."


def with_other_payload(shop) -> str:
    head, payload, signature = shop.fan.access.split(".")
    claims = json.loads(base64.urlsafe_b64decode(payload + "=="))
    claims["role"] = "ADMIN"
    forged_payload = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
    return f"{head}.{forged_payload}.{signature}"


WRONG_LOGINS = {
    "no scheme": lambda s: s.fan.access,
    "another scheme": lambda s: f"Basic {s.fan.access}",
    "nothing": lambda s: "",
    "a scheme only": lambda s: "Bearer",
    "nonsense": lambda s: "Bearer nonsense",
    "dots": lambda s: "Bearer ..",
    "alg none": lambda s: f"Bearer {without_signature(s, 'none')}",
    "alg None": lambda s: f"Bearer {without_signature(s, 'None')}",
    "alg HS256 without a signature": lambda s: f"Bearer {without_signature(s, 'HS256')}",
    "another key": lambda s: f"Bearer {forged(s)}",
    "an empty key": lambda s: "Bearer " + hmac_signed(s, b""),
    "its key id as key": lambda s: "Bearer " + hmac_signed(
        s, jwt.get_unverified_header(s.fan.access).get("kid", "").encode()),
    "HS512": lambda s: f"Bearer {forged(s, algorithm='HS512', key='x' * 64)}",
    "an unknown key id": lambda s: f"Bearer {forged(s, headers={'kid': '../../dev/null'})}",
    "another payload": lambda s: f"Bearer {with_other_payload(s)}",
    "a cut signature": lambda s: f"Bearer {s.fan.access[:-4]}",
    "no signature": lambda s: "Bearer " + s.fan.access.rsplit(".", 1)[0] + ".",
    "huge": lambda s: "Bearer " + "x" * 10_000,
    "a refresh token": lambda s: f"Bearer {s.fan.refresh}",
    "a queue token": lambda s: f"Bearer {s.fan.queue[s.date]}",
}


def hmac_signed(shop, key: bytes) -> str:
    signed = shop.fan.access.rsplit(".", 1)[0]
    tag = base64.urlsafe_b64encode(hmac.new(key, signed.encode(), hashlib.sha256).digest()).rstrip(b"=").decode()
    return f"{signed}.{tag}"


@pytest.mark.parametrize("name", WRONG_LOGINS)
def test_a_forged_login_is_nobodys(shop, unchanged, name):
    """Forged, cut and misplaced access tokens are 401 notAuthenticated with WWW-Authenticate."""
    header = WRONG_LOGINS[name](shop)
    check_both_languages(
        lambda **o: shop.server.call("POST", "/users/points", {"amount": 1000}, key=True,
                                     headers={"Authorization": header}, **o), 401, "notAuthenticated")
    response = shop.server.call("GET", "/users/me", headers={"Authorization": header})
    assert response.headers["WWW-Authenticate"].startswith("Bearer")


def test_tokens_of_a_known_key_still_have_to_be_in_time(fresh):
    """With the key known to the test: an expired token, a foreign role and a token of no session's user fail; a good
    one of the older key of the ring passes."""
    new, old = "ab" * 32, "cd" * 32
    server = fresh(JARI_ACCESS_KEYS=f"{new},{old}")
    fan = server.fan()
    good = jwt.decode(fan.access, bytes.fromhex(new), algorithms=["HS256"], options={"verify_exp": False})

    def status(key=new, algorithm="HS256", **changes):
        kids = {new: kid_of(new), old: kid_of(old)}
        token = jwt.encode(good | changes, bytes.fromhex(key), algorithm=algorithm, headers={"kid": kids[key]})
        return server.call("GET", "/users/me", headers={"Authorization": f"Bearer {token}"}).status_code

    assert status() == 200
    assert status(key=old) == 200
    assert status(exp=int(time.time()) - 1) == 401
    assert status(role="GOD") == 401
    assert status(sub="nobody") == 401
    assert status(sub=UNKNOWN) == 401
    assert status(exp=2**62) == 401
    assert status(exp=-(2**62)) == 401
    assert server.http.get("/healthz").status_code == 200


def kid_of(secret: str) -> str:
    """A key's name, as the program makes it: the start of its SHA-256, each byte without leading zeros."""
    return "".join(f"{byte:x}" for byte in hashlib.sha256(bytes.fromhex(secret)).digest()[:6])


def test_wrong_refresh_tokens_are_refused(server):
    """Forged and malformed refresh tokens are 401 or 400, and nobody else's session ends."""
    fan, rival = server.fans(2)
    mixed = fan.refresh.split(".")[0] + "." + rival.refresh.split(".")[1]
    for token in ("", "x", "a.b", mixed, rival.refresh + "A", UNKNOWN + "." + "A" * 43):
        response = server.call("POST", "/sessions/refresh", {"refreshToken": token})
        assert response.status_code == 401, token
    assert server.call("POST", "/sessions/refresh", {"refreshToken": "x" * 201}).status_code == 400
    assert server.call("POST", "/sessions/refresh", {"refreshToken": 7}).status_code == 400
    # Knowing a session's id is not enough to end it; a token that was good once is.
    flipped = rival.refresh[:40] + ("A" if rival.refresh[40] != "A" else "B") + rival.refresh[41:]
    assert server.call("POST", "/sessions/refresh", {"refreshToken": flipped}).status_code == 401
    for account in (fan, rival):
        newest = server.ok("POST", "/sessions/refresh", {"refreshToken": account.refresh})["refreshToken"]
        assert server.call("POST", "/sessions/refresh", {"refreshToken": account.refresh}).status_code == 401
        assert server.call("POST", "/sessions/refresh", {"refreshToken": newest}).status_code == 401


@pytest.mark.parametrize("version", ["-1", "+1", "-9223372036854775808", "9" * 19, "1" * 500, "1.0", "", "x"])
@pytest.mark.parametrize("where", ["since", "Last-Event-ID"])
def test_a_version_that_never_was_is_refused(shop, where, version):
    """A stream resumes from a version that this server gave; anything else names what is to blame."""
    options = {"params": {"since": version}} if where == "since" else {"headers": {"Last-Event-ID": version}}
    response = shop.server.call("GET", f"/dates/{shop.date}/events", **options)
    assert check_problem(response, 400, "invalidRequest")["field"] == where


@pytest.mark.parametrize("path, name, length", [
    ("/dates/{date}/seats", "section", 40), ("/dates/{date}/seatmap", "v", 64), ("/concerts", "q", 100),
    ("/admin/concerts", "q", 100),
])
def test_parameters_that_are_too_long_are_refused(shop, path, name, length):
    """A parameter may be as long as openapi.yml says, and one character more names it."""
    url = path.format(date=shop.date)
    by = shop.staff if path.startswith("/admin") else None
    assert shop.server.call("GET", url, params={name: "가" * length}, by=by).status_code == 200
    response = shop.server.call("GET", url, params={name: "가" * (length + 1)}, by=by)
    assert check_problem(response, 400, "invalidRequest")["field"] == name


def test_too_many_requests_are_told_to_wait(fresh):
    """With small limits a burst gets 429 with Retry-After, and the wait is honoured."""
    server = fresh(JARI_RATE_LIMIT_FACTOR="0.1")
    fan = server.fan()
    answers = [server.call("GET", "/users/points", by=fan) for _ in range(60)]
    refused = [answer for answer in answers if answer.status_code == 429]
    assert refused and answers[0].status_code == 200
    check_problem(refused[0], 429, "tooManyRequests")
    wait = int(refused[-1].headers["Retry-After"])
    assert 1 <= wait <= 5
    wait_until(lambda: server.call("GET", "/users/points", by=fan).status_code == 200, seconds=wait + 1, every=0.25,
               what="the end of the wait")
