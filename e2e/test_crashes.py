"""What is left after the program was killed in the middle of a sale."""

from __future__ import annotations

import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor

import httpx

from jari import new_key, wait_until

BUYERS = 16
ROUNDS = 4


class Load:
    """Fans who buy one seat after the other until the server is gone, and write down what they were promised."""

    def __init__(self, server, fans, date, per_fan: int):
        self.server, self.fans, self.date, self.per_fan = server, fans, date, per_fan
        self.held, self.paid, self.refunded, self.charged = [], [], [], []
        #: Payments whose request was sent but not answered: (fan, reservation, key).
        self.unanswered = []
        self.stopped = threading.Event()

    def __enter__(self):
        self.pool = ThreadPoolExecutor(len(self.fans))
        self.works = [self.pool.submit(self.shop, index) for index in range(len(self.fans))]
        return self

    def __exit__(self, *_):
        self.stopped.set()
        self.pool.shutdown()
        for work in self.works:
            work.result()

    def shop(self, index: int):
        fan, server = self.fans[index], self.server
        for turn in range(self.per_fan):
            if self.stopped.is_set():
                return
            try:
                charge = server.call("POST", "/users/points", {"amount": 1000}, by=fan, key=True)
                assert charge.status_code == 201, charge.text
                self.charged.append((fan, charge.json()["transactionId"]))
                held = server.hold(fan, self.date, 1)
                assert held.status_code == 201, held.text
                reservation, key = held.json()["id"], new_key()
                self.held.append((fan, reservation))
                attempt = (fan, reservation, key)
                self.unanswered.append(attempt)
                paid = server.pay(fan, reservation, key)
                assert paid.status_code == 201, paid.text
                self.unanswered.remove(attempt)
                self.paid.append((fan, paid.json(), paid.content, key))
                if turn % 4 == 3:
                    path = f"/payments/{paid.json()['id']}/refunds"
                    refund = server.call("POST", path, {}, by=fan, key=True)
                    assert refund.status_code == 201, refund.text
                    self.refunded.append((fan, refund.json()["id"]))
            except httpx.TransportError:
                return


def open_sale(server, fans):
    date = server.date(server.admin(), rows=100, seats_per_row=100)["id"]
    for fan in fans:
        server.enter(fan, date)
    return date


def check_promises(server, load):
    """All that was acknowledged is there, and what was not is there whole or not at all."""
    refunded = {payment for _, payment in load.refunded}
    for fan, payment, body, key in load.paid:
        found = server.ok("GET", f"/payments/{payment['id']}", by=fan)
        # A refund may have been committed without its answer having arrived.
        assert found["status"] in ({"REFUNDED"} if payment["id"] in refunded else {"CAPTURED", "REFUNDED"})
        reservation = server.ok("GET", f"/reservations/{payment['reservationId']}", by=fan)
        assert reservation["status"] == ("PAID" if found["status"] == "CAPTURED" else "REFUNDED")
        ticket = server.ok("GET", f"/tickets/{payment['tickets'][0]}", by=fan)
        assert ticket["status"] == ("VALID" if found["status"] == "CAPTURED" else "VOID")
        again = server.pay(fan, payment["reservationId"], key)
        assert (again.status_code, again.content) == (201, body)
    for fan, reservation in load.held:
        assert server.call("GET", f"/reservations/{reservation}", by=fan).status_code == 200
    for fan, reservation, key in load.unanswered:
        # The client sends the same request again and has its ticket, whatever had become of the first.
        paid = server.pay(fan, reservation, key)
        assert paid.status_code == 201, paid.text
    charges = {}
    for fan in load.fans:
        entries = server.ok("GET", "/users/points/history", by=fan, params={"limit": 100})["items"]
        charges[fan.id] = {entry["id"] for entry in entries if entry["kind"] == "CHARGE"}
        assert server.balance(fan) == sum(entry["amount"] for entry in entries)
    for fan, transaction in load.charged:
        assert transaction in charges[fan.id]


def test_a_kill_in_the_middle_of_purchases_loses_and_breaks_nothing(fresh):
    """Kill -9 while fans hold, pay and refund, again and again: after each restart the audit finds nothing, every
    acknowledged purchase is there, and whoever had no answer gets it by sending the request again."""
    server = fresh()
    fans = server.fans(BUYERS)
    date = open_sale(server, fans)
    acknowledged = 0
    for round in range(ROUNDS):
        with Load(server, fans, date, per_fan=8) as load:
            wait_until(lambda: len(load.paid) >= 20 + 12 * round, what="some purchases")
            assert not all(work.done() for work in load.works), "the load ended before the kill"
            server.kill_process()
        server.restart()
        server.audit()
        for fan in fans:
            server.enter(fan, date)
        check_promises(server, load)
        server.audit()
        acknowledged += len(load.paid)
    assert acknowledged >= 20 * ROUNDS


def test_the_audit_is_clean_beside_a_live_server(fresh):
    """`jari audit` reads one state of the store, so it finds nothing also while fans buy."""
    server = fresh()
    fans = server.fans(8)
    date = open_sale(server, fans)
    with Load(server, fans, date, per_fan=20) as load:
        wait_until(lambda: len(load.paid) >= 5, what="some purchases")
        audits = 0
        while not all(work.done() for work in load.works):
            server.audit()
            audits += 1
    assert audits >= 2, "the load ended before the audit had looked at it"
    assert len(load.paid) == 8 * 20


def test_the_audit_finds_what_is_broken(fresh):
    """An audit that cannot fail says nothing: a seat freed behind the store's back is found, with exit code 2."""
    server = fresh()
    fan = server.fan(points=1000)
    server.buy(fan, server.date(server.admin())["id"], 1)
    server.stop()
    with sqlite3.connect(server.store) as database:
        database.execute("UPDATE wallets SET balance = balance + 1")
    result = server.run("audit")
    assert result.returncode == 2
    assert "VIOLATED" in result.stdout and "I3" in result.stdout


def test_a_restart_keeps_places_logins_and_holds(fresh):
    """After kill -9 the same logins, queue tokens and holds are good, so that a fan only sees a pause."""
    server = fresh()
    date = server.date(server.admin())["id"]
    fan = server.fan(points=1000)
    server.enter(fan, date)
    reservation = server.hold(fan, date, 1).json()
    server.kill()
    server.start()
    wait_until(
        lambda: server.ok("GET", "/queue/token", queue=fan.queue[date])["status"] == "ACTIVE", what="the fan's place")
    assert reservation["seats"][0]["id"] not in server.seats(date)
    assert server.pay(fan, reservation["id"]).status_code == 201
    server.audit()
