"""Requests that come several times: from impatient fingers, from clients that retry, from proxies."""

from __future__ import annotations

from functools import partial

import pytest

from jari import PASSWORD, at_once, in_seconds, new_key, wait_until

COPIES = 5


@pytest.fixture(scope="module")
def date(server, staff):
    return server.date(staff, rows=30, seats_per_row=30)["id"]


@pytest.fixture
def fan(server, date):
    fan = server.fan(points=1_000_000)
    server.enter(fan, date)
    return fan


def copies(send) -> list:
    return at_once([send] * COPIES)


def check_one_effect(responses, status: int = 201):
    """All have the first answer, byte for byte, and all but the first say that they repeat it."""
    assert [response.status_code for response in responses] == [status] * COPIES, [r.text for r in responses]
    assert len({response.content for response in responses}) == 1
    replayed = [response.headers.get("Idempotency-Replayed") for response in responses]
    assert sorted(replayed, key=str) == [None] + ["true"] * (COPIES - 1)


class Mutation:
    """One call with an Idempotency-Key: how to send it, another body for it, and what shows how often it took effect.

    `effect` gives a number that is larger by one after each effect.
    """

    def __init__(self, by, path, body, other_body, effect, *, status=201, queue=None):
        self.by, self.path, self.body, self.other_body = by, path, body, other_body
        self.effect, self.status, self.queue = effect, status, queue

    def send(self, server, key, body=None):
        body = self.body if body is None else body
        return server.call("POST", self.path, body, by=self.by, key=key, queue=self.queue)


def charge(server, staff, date, fan):
    return Mutation(fan, "/users/points", {"amount": 1000}, {"amount": 2000}, lambda: server.balance(fan) // 1000)


def reservations(server, fan):
    return len(server.ok("GET", "/reservations", by=fan, params={"limit": 100})["items"])


def hold(server, staff, date, fan):
    seats = server.seats(date)
    return Mutation(
        fan, "/reservations", {"dateId": date, "seatIds": seats[:2]}, {"dateId": date, "seatIds": seats[2:4]},
        lambda: reservations(server, fan), queue=fan.queue[date])


def best_available(server, staff, date, fan):
    wish = {"dateId": date, "bestAvailable": {"grade": "R", "count": 2}}
    other = {"dateId": date, "bestAvailable": {"grade": "R", "count": 3}}
    return Mutation(
        fan, "/reservations", wish, other, lambda: reservations(server, fan), queue=fan.queue[date])


def pay(server, staff, date, fan):
    held = server.hold(fan, date, 1).json()
    return Mutation(
        fan, f"/reservations/{held['id']}/payments", {"method": "POINTS"}, {"method": "POINTS", "points": 1000},
        lambda: -server.balance(fan) // 1000)


def refund(server, staff, date, fan):
    paid = server.buy(fan, date, 2)
    return Mutation(
        fan, f"/payments/{paid['id']}/refunds", {"ticketIds": paid["tickets"][:1]}, {"reason": "other"},
        lambda: server.balance(fan) // 1000)


def check_in(server, staff, date, fan):
    ticket = server.buy(fan, date, 1)["tickets"][0]
    code = server.ok("GET", f"/tickets/{ticket}", by=fan)["code"]

    def used():
        return int(server.ok("GET", f"/tickets/{ticket}", by=fan)["status"] == "USED")

    return Mutation(staff, "/checkins", {"code": code, "gate": "1"}, {"code": code, "gate": "2"}, used)


def create_concert(server, staff, date, fan):
    title = {"ko": f"공연 {new_key()}", "en": "Concert"}
    body = {"title": title, "artist": title, "venue": title, "description": title}

    def found():
        return len(server.ok("GET", "/concerts", params={"q": title["ko"].split()[1]})["items"])

    return Mutation(staff, "/admin/concerts", body, body | {"status": "DRAFT"}, found)


def create_date(server, staff, date, fan):
    concert = server.concert(staff)["id"]
    times = {"startsAt": in_seconds(7200), "saleOpensAt": in_seconds(60), "saleClosesAt": in_seconds(3600)}

    def dates():
        return len(server.ok("GET", f"/concerts/{concert}/dates")["items"])

    return Mutation(
        staff, f"/admin/concerts/{concert}/dates", times, times | {"saleOpensAt": in_seconds(120)}, dates)


KEYED = [charge, hold, best_available, pay, refund, check_in, create_concert, create_date]


@pytest.mark.parametrize("make", KEYED, ids=lambda make: make.__name__)
def test_five_copies_at_once_have_one_effect_and_one_answer(server, staff, date, fan, make):
    """Five concurrent copies with one key are done once and answered alike, byte for byte."""
    mutation = make(server, staff, date, fan)
    before, key = mutation.effect(), new_key()
    check_one_effect(copies(lambda: mutation.send(server, key)), mutation.status)
    assert mutation.effect() == before + 1


@pytest.mark.parametrize("make", KEYED, ids=lambda make: make.__name__)
def test_a_key_with_another_body_is_refused(server, staff, date, fan, make):
    """The same key with another body is 422 idempotencyKeyReused and does nothing."""
    mutation = make(server, staff, date, fan)
    key = new_key()
    first = mutation.send(server, key)
    assert first.status_code == mutation.status, first.text
    before = mutation.effect()
    other = mutation.send(server, key, mutation.other_body)
    assert (other.status_code, other.json()["code"]) == (422, "idempotencyKeyReused")
    again = mutation.send(server, key)
    assert (again.content, again.headers["Idempotency-Replayed"]) == (first.content, "true")
    assert mutation.effect() == before


@pytest.mark.parametrize("make", KEYED, ids=lambda make: make.__name__)
@pytest.mark.parametrize("key", [None, "", "x" * 256, "two words", "열쇠"], ids=["none", "empty", "long", "space", "ko"])
def test_a_call_without_a_good_key_does_nothing(server, staff, date, fan, make, key):
    """A missing, empty, over-long or unprintable Idempotency-Key is 400 idempotencyKeyMissing."""
    mutation = make(server, staff, date, fan)
    before = mutation.effect()
    headers = {} if key is None else {"Idempotency-Key": key.encode()}
    response = server.call(
        "POST", mutation.path, mutation.body, by=mutation.by, queue=mutation.queue, headers=headers)
    assert (response.status_code, response.json()["code"]) == (400, "idempotencyKeyMissing")
    assert mutation.effect() == before


@pytest.mark.parametrize("key", ["x", "x" * 255, "!~"], ids=["short", "long", "signs"])
def test_a_key_may_be_1_to_255_visible_characters(server, key):
    """The documented bounds of a key are taken."""
    assert server.call("POST", "/users/points", {"amount": 1}, by=server.fan(), key=key).status_code == 201


def test_a_key_counts_for_one_user_and_one_route(server, date):
    """Two fans may use one key, and one fan may use one key for a charge and for a hold."""
    key = new_key()
    for fan in server.fans(2):
        server.enter(fan, date)
        charged = server.call("POST", "/users/points", {"amount": 5000}, by=fan, key=key)
        held = server.hold(fan, date, 1, key=key)
        paid = server.pay(fan, held.json()["id"], key=key)
        assert [r.status_code for r in (charged, held, paid)] == [201] * 3
        assert not any("Idempotency-Replayed" in r.headers for r in (charged, held, paid))


def test_a_refusal_leaves_no_record(server, date):
    """A payment refused for want of points succeeds with the same key once there are points."""
    fan = server.fan()
    server.enter(fan, date)
    reservation, key = server.hold(fan, date, 1).json()["id"], new_key()
    refused = server.pay(fan, reservation, key)
    assert (refused.status_code, refused.json()["code"]) == (402, "notEnoughPoints")
    assert (refused.json()["balance"], refused.json()["needed"]) == (0, 1000)
    server.ok("POST", "/users/points", {"amount": 1000}, by=fan, key=True)
    paid = server.pay(fan, reservation, key)
    assert paid.status_code == 201 and "Idempotency-Replayed" not in paid.headers


def test_a_refused_hold_leaves_no_record(server, date, fan):
    """A hold refused since the seat was taken succeeds with the same key once the seat is free again."""
    rival = server.fan()
    server.enter(rival, date)
    seat = server.seats(date)[-1:]
    taken = server.hold(rival, date, seat).json()["id"]
    key = new_key()
    refused = server.hold(fan, date, seat, key)
    assert (refused.status_code, refused.json()["seatIds"]) == (409, seat)
    server.ok("DELETE", f"/reservations/{taken}", by=rival)
    held = server.hold(fan, date, seat, key)
    assert held.status_code == 201 and "Idempotency-Replayed" not in held.headers


def test_five_copies_of_a_release_free_the_seats_once(server, date, fan):
    """Releasing needs no key: all copies get the same answer, and the seats are free once."""
    reservation = server.hold(fan, date, 2).json()
    responses = copies(partial(server.call, "DELETE", f"/reservations/{reservation['id']}", by=fan))
    assert [r.status_code for r in responses] == [200] * 5
    assert len({r.content for r in responses}) == 1
    free = server.seats(date)
    assert all(seat["id"] in free for seat in reservation["seats"])


def test_two_payments_with_two_keys_take_the_money_once(server, date, fan):
    """Five concurrent payments of one reservation, each with a key of its own: one is paid, four are wrongState."""
    reservation = server.hold(fan, date, 1).json()["id"]
    before = server.balance(fan)
    responses = copies(lambda: server.pay(fan, reservation))
    assert sorted(r.status_code for r in responses) == [201] + [409] * 4
    assert before - server.balance(fan) == 1000


def test_five_refunds_with_five_keys_give_the_money_back_once(server, date, fan):
    """Five concurrent refunds of everything, each with a key of its own: the price comes back once."""
    payment = server.buy(fan, date, 2)
    before = server.balance(fan)
    responses = copies(partial(server.call, "POST", f"/payments/{payment['id']}/refunds", {}, by=fan, key=True))
    assert [r.status_code for r in responses].count(201) == 1
    assert {r.json()["code"] for r in responses if r.status_code != 201} <= {"wrongState", "ticketVoid"}
    assert server.balance(fan) - before == 2000


def test_five_scanners_let_one_holder_in(server, staff, date, fan):
    """Five concurrent check-ins of one ticket with five keys: one opens, four say when and where it was used."""
    ticket = server.buy(fan, date, 1)["tickets"][0]
    code = server.ok("GET", f"/tickets/{ticket}", by=fan)["code"]
    responses = at_once([
        partial(server.call, "POST", "/checkins", {"code": code, "gate": f"Gate {n}"}, by=staff, key=True)
        for n in range(COPIES)])
    assert sorted(r.status_code for r in responses) == [201] + [409] * 4
    opened = next(r.json() for r in responses if r.status_code == 201)
    for refused in (r.json() for r in responses if r.status_code == 409):
        assert refused["code"] == "ticketUsed"
        assert (refused["usedAt"], refused["gate"]) == (opened["usedAt"], opened["usedGate"])


def test_five_copies_of_a_registration_make_one_account(server):
    """Registering is safe to repeat: five copies are 201 with one id; another password is emailTaken."""
    body = {"email": f"{new_key()}@example.com", "password": PASSWORD, "name": "민지"}
    responses = copies(partial(server.call, "POST", "/users", body))
    assert [r.status_code for r in responses] == [201] * COPIES
    assert len({r.content for r in responses}) == 1
    other = server.call("POST", "/users", body | {"password": "another password"})
    assert (other.status_code, other.json()["code"]) == (409, "emailTaken")
    shouted = server.call("POST", "/users", body | {"email": body["email"].upper()})
    assert shouted.status_code == 201 and shouted.json()["id"] == responses[0].json()["id"]


def test_five_logins_are_five_sessions(server):
    """Logging in is safe to repeat: each login is a session of its own, and ending one leaves the others."""
    fan = server.fan()
    responses = copies(partial(server.call, "POST", "/sessions", {"email": fan.email, "password": PASSWORD}))
    assert [r.status_code for r in responses] == [201] * COPIES
    assert len({r.json()["refreshToken"] for r in responses}) == COPIES
    bearer = [{"Authorization": f"Bearer {r.json()['accessToken']}"} for r in responses]
    assert server.call("DELETE", "/sessions", headers=bearer[0]).status_code == 204
    seen = [server.call("GET", "/users/me", headers=headers).status_code for headers in bearer]
    assert seen == [401, 200, 200, 200, 200]
    refreshed = server.call("POST", "/sessions/refresh", {"refreshToken": responses[0].json()["refreshToken"]})
    assert refreshed.status_code == 401


def test_of_five_rotations_one_wins_and_the_family_ends(server):
    """A refresh token is good once. Copies cannot be told from a theft, so they end the session: at most one copy is
    200, all others are 401, and afterwards neither the winner's tokens nor the old access token are good."""
    fan = server.fan()
    responses = copies(partial(server.call, "POST", "/sessions/refresh", {"refreshToken": fan.refresh}))
    assert sorted(r.status_code for r in responses) == [200] + [401] * 4
    won = next(r.json() for r in responses if r.status_code == 200)
    assert server.call("POST", "/sessions/refresh", {"refreshToken": won["refreshToken"]}).status_code == 401
    for token in (won["accessToken"], fan.access):
        headers = {"Authorization": f"Bearer {token}"}
        assert server.call("GET", "/users/me", headers=headers).status_code == 401


def test_a_rotation_in_peace_gives_new_tokens(server):
    """Rotating again and again works, each time with the newest token."""
    fan = server.fan()
    token = fan.refresh
    for _ in range(3):
        tokens = server.ok("POST", "/sessions/refresh", {"refreshToken": token})
        assert tokens["refreshToken"] != token and tokens["expiresIn"] == 900 and tokens["tokenType"] == "Bearer"
        token = tokens["refreshToken"]
        assert server.call(
            "GET", "/users/me", headers={"Authorization": f"Bearer {tokens['accessToken']}"}).status_code == 200


def test_five_copies_of_joining_the_queue_are_one_place(server, staff):
    """Joining is safe to repeat, from several devices at once: one place, one number."""
    date = server.date(staff, maxActive=1)["id"]
    server.enter(server.fan(), date)
    fan = server.fan()
    responses = copies(partial(server.call, "POST", "/queue/token", {"dateId": date}, by=fan))
    assert [(r.status_code, r.json()["status"], r.json()["ahead"]) for r in responses] == [(200, "WAITING", 0)] * COPIES
    assert server.ok("GET", f"/dates/{date}/queue")["waiting"] == 1


@pytest.mark.parametrize("act,paused", [("pause", True), ("resume", False)])
def test_five_copies_of_pause_and_resume_are_one(server, staff, act, paused):
    """Pausing five times at once pauses; the answers are equal."""
    date = server.date(staff)["id"]
    if not paused:
        server.ok("POST", f"/admin/dates/{date}/queue/pause", by=staff, key=True)
    key = new_key()
    responses = copies(partial(server.call, "POST", f"/admin/dates/{date}/queue/{act}", by=staff, key=key))
    assert [(r.status_code, r.json()["paused"]) for r in responses] == [(200, paused)] * COPIES
    assert len({r.content for r in responses}) == 1
    assert server.ok("GET", f"/dates/{date}/queue")["paused"] is paused
    missing = server.call("POST", f"/admin/dates/{date}/queue/{act}", by=staff)
    assert (missing.status_code, missing.json()["code"]) == (400, "idempotencyKeyMissing")


def test_a_late_copy_of_pause_does_not_pause_again(server, staff):
    """A copy of a pause that a slow network delivers after the resume repeats the first answer and changes nothing."""
    date = server.date(staff)["id"]
    key = new_key()
    first = server.call("POST", f"/admin/dates/{date}/queue/pause", by=staff, key=key)
    server.ok("POST", f"/admin/dates/{date}/queue/resume", by=staff, key=True)
    late = server.call("POST", f"/admin/dates/{date}/queue/pause", by=staff, key=key)
    assert (late.status_code, late.content) == (200, first.content)
    assert late.headers.get("Idempotency-Replayed") == "true"
    assert server.ok("GET", f"/dates/{date}/queue")["paused"] is False


def test_a_replay_after_the_hold_has_ended_gives_the_first_answer(fresh):
    """The copy of a hold that arrives after the deadline, when another fan has the seats and the place in the queue
    is given up, is still the first answer, byte for byte."""
    server = fresh(JARI_HOLD_SECONDS="10")
    date = server.date(server.admin())["id"]
    fan, rival = server.fans(2)
    for each in (fan, rival):
        server.enter(each, date)
    seats, key = server.seats(date)[:2], new_key()
    first = server.hold(fan, date, seats, key)
    assert first.status_code == 201
    reservation = first.json()["id"]

    def taken():
        return server.hold(rival, date, seats).status_code == 201

    assert not taken()
    wait_until(taken, seconds=20, what="the end of the hold", every=0.2)
    assert server.ok("GET", f"/reservations/{reservation}", by=fan)["status"] == "EXPIRED"
    for prepare in (lambda: None, lambda: server.ok("DELETE", "/queue/token", queue=fan.queue[date])):
        prepare()
        replay = server.hold(fan, date, seats, key)
        assert (replay.status_code, replay.content) == (201, first.content)
        assert replay.headers["Idempotency-Replayed"] == "true"
    late = server.pay(fan, reservation)
    assert (late.status_code, late.json()["code"]) == (409, "holdExpired")
    released = server.call("DELETE", f"/reservations/{reservation}", by=fan)
    assert (released.status_code, released.json()["code"]) == (409, "holdExpired")
    server.audit()


def test_replays_survive_a_restart(fresh):
    """The record commits with the effect: after kill -9 and a restart the first answer is still given."""
    server = fresh()
    fan = server.fan()
    key = new_key()
    first = server.call("POST", "/users/points", {"amount": 7}, by=fan, key=key)
    server.kill()
    server.start()
    again = server.call("POST", "/users/points", {"amount": 7}, by=fan, key=key)
    assert (again.content, again.headers["Idempotency-Replayed"]) == (first.content, "true")
    assert server.balance(fan) == 7
