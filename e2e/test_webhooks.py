"""Organisers are told what happens: signed, in order, until they have taken it."""

from __future__ import annotations

import pytest

from distributed import Processes
from jari import at_once, new_key, wait_until
from receiver import Receiver

PRIVATE = {"JARI_WEBHOOK_PRIVATE_TARGETS": "true"}
BOUGHT = ["jari.reservation.held", "jari.reservation.paid"]


def make(server, staff, receiver: Receiver, **changes) -> dict:
    """A webhook to the receiver, which knows its secret afterwards."""
    webhook = server.ok("POST", "/admin/webhooks", {"url": receiver.url} | changes, by=staff, key=True)
    receiver.secret = webhook["secret"]
    return webhook


def buy(server, fan, date) -> str:
    """One seat; gives the reservation."""
    return server.buy(fan, date, 1)["reservationId"]


def deliveries(server, staff, webhook, **params) -> list[dict]:
    found = server.ok("GET", f"/admin/webhooks/{webhook['id']}/deliveries", by=staff, params={"limit": 100} | params)
    return found["items"]


@pytest.fixture
def sale(fresh):
    """A server on which webhooks may go to this machine, with a date on sale, staff, and a fan who is inside."""
    server = fresh(**PRIVATE)
    staff = server.staff()
    date = server.date(staff)["id"]
    fan = server.fan(points=1_000_000)
    server.enter(fan, date)
    return server, staff, date, fan


def test_purchases_arrive_signed_and_in_order(sale):
    """Of every reservation its events in order, each signed with the secret that was shown once."""
    server, staff, date, fan = sale
    with Receiver() as receiver:
        webhook = make(server, staff, receiver)
        reservations = [buy(server, fan, date) for _ in range(10)]
        wait_until(lambda: all(receiver.about(one)[-1:] == BOUGHT[-1:] for one in reservations), what="the purchases")
        for one in reservations:
            types = receiver.about(one)
            assert [name for name in types if name in BOUGHT] == BOUGHT
        assert all(signed for _, _, signed in receiver.arrived)
        assert all(id == event["id"] for id, event, _ in receiver.arrived)
        paid = next(event for _, event, _ in receiver.arrived if event["type"] == BOUGHT[1])
        assert paid["specversion"] == "1.0" and paid["data"]["amount"] == 1000 and paid["data"]["dateId"] == date
        wait_until(lambda: not deliveries(server, staff, webhook, status="PENDING"), what="all to be recorded")
        assert "secret" not in server.ok("GET", f"/admin/webhooks/{webhook['id']}", by=staff)


def test_a_receiver_that_fails_for_a_while_gets_everything_in_order(sale):
    """While it answers 500 nothing later about the same reservation comes; then all of it does, and the log tells."""
    server, staff, date, fan = sale
    broken = True
    with Receiver(lambda event: 500 if broken else 200) as receiver:
        webhook = make(server, staff, receiver, events=BOUGHT)
        reservation = buy(server, fan, date)
        wait_until(lambda: receiver.arrived, what="a first try")
        broken = False
        wait_until(lambda: receiver.about(reservation) == BOUGHT, seconds=30, what="what was missed")
        assert [event["type"] for _, event, _ in receiver.arrived if event["subject"] == reservation][0] == BOUGHT[0]
        wait_until(lambda: len(deliveries(server, staff, webhook, status="DELIVERED")) == 2, what="the log")
        held = next(one for one in deliveries(server, staff, webhook) if one["type"] == BOUGHT[0])
        log = server.ok("GET", f"/admin/webhook-deliveries/{held['id']}", by=staff)
        assert [one["statusCode"] for one in log["log"]] == [500, 200]
        assert log["log"][0]["answer"] == "because" and log["attempts"] == 2 and log["status"] == "DELIVERED"
        assert '"type":"jari.reservation.held"' in log["payload"]
        assert server.ok("GET", f"/admin/webhooks/{webhook['id']}", by=staff)["failingSince"] is None


def test_nothing_is_lost_when_the_server_is_killed(sale):
    """Kill -9 with deliveries under way: after the restart every event has come at least once, and in order."""
    server, staff, date, fan = sale
    broken = True
    with Receiver(lambda event: 503 if broken else 204) as receiver:
        make(server, staff, receiver, events=BOUGHT)
        reservations = [buy(server, fan, date) for _ in range(8)]
        wait_until(lambda: receiver.arrived, what="a first try")
        server.kill_process()
        broken = False
        server.restart()
        # Whoever was tried twice before the kill waits for half a minute.
        wait_until(lambda: all(receiver.about(one) == BOUGHT for one in reservations), seconds=90, what="every event")
        assert all(signed for _, _, signed in receiver.arrived)
        server.audit()


def test_a_delivery_can_be_sent_again(sale):
    """The same bytes with the same id, once for each Idempotency-Key; not while it is under way."""
    server, staff, date, fan = sale
    refuse = False
    with Receiver(lambda event: 500 if refuse else 204) as receiver:
        webhook = make(server, staff, receiver)
        tried = server.call("POST", f"/admin/webhooks/{webhook['id']}/test", by=staff, key=True)
        assert tried.status_code == 202 and tried.json()["type"] == "jari.webhook.test"
        path = f"/admin/webhook-deliveries/{tried.json()['id']}"
        wait_until(lambda: server.ok("GET", path, by=staff)["status"] == "DELIVERED", what="the test event")
        key = new_key()
        first = server.call("POST", f"{path}/replay", by=staff, key=key)
        again = server.call("POST", f"{path}/replay", by=staff, key=key)
        assert (first.status_code, first.content) == (202, again.content)
        wait_until(lambda: len(receiver.arrived) == 2, what="the test event again")
        assert receiver.arrived[0] == receiver.arrived[1] and receiver.arrived[0][2]
        wait_until(lambda: server.ok("GET", path, by=staff)["status"] == "DELIVERED", what="the end of it")
        refuse = True
        server.ok("POST", f"{path}/replay", by=staff, key=True)
        wait_until(lambda: len(receiver.arrived) == 3, what="a third try")
        problem = server.call("POST", f"{path}/replay", by=staff, key=True)
        assert (problem.status_code, problem.json()["code"]) == (409, "wrongState")


def test_one_that_is_switched_off_gets_nothing(sale):
    """After 410 the program does it and says why, in the list of what staff did too; on again, it goes on."""
    server, staff, date, fan = sale
    gone = True
    with Receiver(lambda event: 410 if gone else 204) as receiver:
        webhook = make(server, staff, receiver)
        path = f"/admin/webhooks/{webhook['id']}"
        server.ok("POST", f"{path}/test", by=staff, key=True)
        wait_until(lambda: not server.ok("GET", path, by=staff)["isEnabled"], what="the end of the webhook")
        found = server.ok("GET", path, by=staff)
        assert "410" in found["disabledReason"] and found["failingSince"]
        entry = server.ok("GET", "/admin/audit-log", by=staff)["items"][0]
        assert (entry["kind"], entry["subjectId"], entry["staffId"]) == ("webhook.disabled", webhook["id"], staff.id)
        assert server.call("POST", f"{path}/test", by=staff, key=True).json()["code"] == "wrongState"
        arrived = len(receiver.arrived)
        with Receiver() as other:
            make(server, staff, other)
            reservation = buy(server, fan, date)
            wait_until(lambda: other.about(reservation) == BOUGHT, what="what happens meanwhile, elsewhere")
        gone = False
        server.ok("PUT", path, {"url": receiver.url}, by=staff)
        later = buy(server, fan, date)
        wait_until(lambda: receiver.about(later) == BOUGHT, what="what happens from now on")
        assert receiver.about(reservation) == [] and len(receiver.arrived) > arrived


def test_a_redirect_is_not_followed(sale):
    """It counts as a failure: where it leads was never checked."""
    server, staff, _, _ = sale
    with Receiver(lambda event: 302) as receiver:
        webhook = make(server, staff, receiver)
        tried = server.ok("POST", f"/admin/webhooks/{webhook['id']}/test", by=staff, key=True)
        path = f"/admin/webhook-deliveries/{tried['id']}"
        wait_until(lambda: server.ok("GET", path, by=staff)["log"], what="a try")
        assert server.ok("GET", path, by=staff)["log"][0]["statusCode"] == 302
        assert len(receiver.arrived) == 1


def test_after_a_new_secret_both_are_good(sale):
    """Whoever knows the old one and whoever knows the new one finds a signature that is theirs."""
    server, staff, _, _ = sale
    with Receiver() as receiver:
        webhook = make(server, staff, receiver)
        path = f"/admin/webhooks/{webhook['id']}"
        key = new_key()
        rotated = server.call("POST", f"{path}/secret", by=staff, key=key)
        assert rotated.status_code == 200 and rotated.json()["secret"] != webhook["secret"]
        assert rotated.json()["previousSecretUntil"]
        assert server.call("POST", f"{path}/secret", by=staff, key=key).content == rotated.content
        for secret in (webhook["secret"], rotated.json()["secret"]):
            receiver.secret = secret
            before = len(receiver.arrived)
            server.ok("POST", f"{path}/test", by=staff, key=True)
            wait_until(lambda: len(receiver.arrived) > before, what="a test event")
            assert receiver.arrived[-1][2]
        receiver.secret = "whsec_" + "A" * 43 + "="
        before = len(receiver.arrived)
        server.ok("POST", f"{path}/test", by=staff, key=True)
        wait_until(lambda: len(receiver.arrived) > before, what="a test event")
        assert not receiver.arrived[-1][2], "a receiver that takes any signature shows nothing"


@pytest.mark.parametrize("url", [
    "http://hooks.example.com/", "https://127.0.0.1/", "https://10.1.2.3:8443/x", "https://169.254.169.254/latest",
    "https://[::1]/", "https://[::ffff:10.0.0.1]/", "https://[fd00::1]/", "https://localhost/", "https://100.64.0.1/",
    "https://0.0.0.0/", "https://224.0.0.1/", "https://user:pw@hooks.example.com/", "ftp://hooks.example.com/", "",
    "https://hooks.example.com/#x", "https://hooks.example.com:99999/", "https://예제.kr/", "https:// a/", "x" * 2001,
])
def test_private_targets_are_refused_by_default(server, staff, url):
    """What is written as an address of our own network, and what is no address, is refused when it is given."""
    response = server.call("POST", "/admin/webhooks", {"url": url}, by=staff, key=True)
    assert response.status_code == 400, response.text
    assert (response.json()["code"], response.json()["field"]) == ("invalidRequest", "url")


@pytest.mark.parametrize("host", ["127.1", "2130706433", "0x7f000001", "localtest.localhost."])
def test_private_targets_are_refused_when_something_is_sent(server, staff, host):
    """What only leads there by a name, or is written oddly, is found out at the time; nobody is connected to."""
    with Receiver() as receiver:
        url = receiver.url.replace("http", "https").replace("127.0.0.1", host)
        webhook = server.ok("POST", "/admin/webhooks", {"url": url}, by=staff, key=True)
        tried = server.ok("POST", f"/admin/webhooks/{webhook['id']}/test", by=staff, key=True)
        path = f"/admin/webhook-deliveries/{tried['id']}"
        log = wait_until(lambda: server.ok("GET", path, by=staff)["log"], what="a try")
        assert log[0]["statusCode"] is None
        assert "private" in log[0]["error"] or "not found" in log[0]["error"], log
        assert receiver.arrived == []
        server.call("DELETE", f"/admin/webhooks/{webhook['id']}", by=staff)


def test_wrong_bodies_are_refused(server, staff):
    """Events that there are not, twice the same, a concert that there is not, unknown fields: 400 naming the field."""
    good = {"url": "https://hooks.example.com/"}
    for body, field in (
        ({}, "url"), (good | {"url": 5}, "url"), (good | {"events": "all"}, "events"),
        (good | {"events": ["reservation.paid"]}, "events[0]"), (good | {"events": ["jari.reservation.eaten"]}, "events[0]"),
        (good | {"events": BOUGHT + BOUGHT[:1]}, "events[2]"), (good | {"concertId": new_key()}, "concertId"),
        (good | {"concertId": "x"}, "concertId"), (good | {"description": "x" * 501}, "description"),
        (good | {"isEnabled": "yes"}, "isEnabled"), (good | {"secret": "whsec_x"}, "secret"),
    ):
        response = server.call("POST", "/admin/webhooks", body, by=staff, key=True)
        assert (response.status_code, response.json().get("field")) == (400, field), response.text
    assert server.call("POST", "/admin/webhooks", good, by=staff).json()["code"] == "idempotencyKeyMissing"
    assert server.call("GET", f"/admin/webhooks/{new_key()}/deliveries", by=staff,
                       params={"status": "LOST"}).json()["field"] == "status"


def test_a_webhook_is_its_owners(server, staff, admin):
    """Other staff find nothing there; administrators see all of them."""
    webhook = server.ok("POST", "/admin/webhooks", {"url": "https://hooks.example.com/a", "events": BOUGHT}, by=staff,
                        key=True)
    other = server.staff(admin)
    path = f"/admin/webhooks/{webhook['id']}"
    body = {"url": "https://hooks.example.com/b"}
    for method, where, sent in (("GET", path, None), ("PUT", path, body), ("DELETE", path, None),
                                ("GET", f"{path}/deliveries", None), ("POST", f"{path}/secret", None),
                                ("POST", f"{path}/test", None)):
        response = server.call(method, where, sent, by=other, key=method == "POST")
        assert (response.status_code, response.json()["code"]) == (404, "notFound"), where
    assert server.ok("GET", "/admin/webhooks", by=other)["items"] == []
    assert webhook["id"] in [one["id"] for one in server.ok("GET", "/admin/webhooks", by=admin)["items"]]
    changed = server.ok("PUT", path, body, by=admin)
    assert (changed["url"], changed["events"], changed["ownerId"]) == (body["url"], [], staff.id)
    assert server.call("DELETE", path, by=staff).status_code == 204
    assert server.call("GET", path, by=staff).status_code == 404
    assert server.call("DELETE", path, by=staff).status_code == 404


def test_copies_of_a_request_make_one_webhook(server, admin):
    """With the same key all have the first answer, secret and all; another body is refused."""
    staff = server.staff(admin)
    key, body = new_key(), {"url": "https://hooks.example.com/copies"}
    answers = at_once([lambda: server.call("POST", "/admin/webhooks", body, by=staff, key=key)] * 5)
    assert [one.status_code for one in answers] == [201] * 5, [one.text for one in answers]
    assert len({one.content for one in answers}) == 1
    assert len(server.ok("GET", "/admin/webhooks", by=staff)["items"]) == 1
    other = server.call("POST", "/admin/webhooks", body | {"description": "x"}, by=staff, key=key)
    assert (other.status_code, other.json()["code"]) == (422, "idempotencyKeyReused")
    path = f"/admin/webhooks/{answers[0].json()['id']}"
    key = new_key()
    rotated = at_once([lambda: server.call("POST", f"{path}/secret", by=staff, key=key)] * 5)
    assert [one.status_code for one in rotated] == [200] * 5 and len({one.content for one in rotated}) == 1


def test_one_may_have_twenty(server, admin):
    """One more is `wrongState`, and makes none."""
    staff = server.staff(admin)
    for number in range(20):
        server.ok("POST", "/admin/webhooks", {"url": f"https://hooks.example.com/{number}"}, by=staff, key=True)
    response = server.call("POST", "/admin/webhooks", {"url": "https://hooks.example.com/"}, by=staff, key=True)
    assert (response.status_code, response.json()["code"]) == (409, "wrongState")
    assert len(server.ok("GET", "/admin/webhooks", by=staff, params={"limit": 100})["items"]) == 20


def test_several_processes_tell_everything_in_order(tmp_path):
    """Over Kafka, on PostgreSQL, while one process after the other is killed: every event, each first time in order."""
    running = Processes(tmp_path, 2, **PRIVATE)
    try:
        first, second = running.servers
        admin = first.admin()
        date = first.date(admin)["id"]
        fan = first.fan(points=1_000_000)
        first.enter(fan, date)
        with Receiver() as receiver:
            make(first, admin, receiver, events=BOUGHT)
            # The other process knows of it two seconds later.
            probe = wait_until_told(second, fan, date, receiver)
            reservations = [probe]
            for server in (first, second):
                reservations += [buy(running.any(), fan, date) for _ in range(10)]
                server.kill_process()
                server.restart()
            wait_until(lambda: all(receiver.about(one) == BOUGHT for one in reservations), seconds=90,
                       what="every event", every=0.2)
            assert all(signed for _, _, signed in receiver.arrived)
            doubles = len(receiver.taken) - len({event["id"] for event in receiver.taken})
            assert doubles <= 2 * 8, "only what was under way at a kill may come twice"
        first.audit()
    finally:
        running.close()


def wait_until_told(server, fan, date, receiver) -> str:
    """Buys until a purchase is told from its beginning, and gives it."""
    bought = []

    def told():
        bought.append(buy(server, fan, date))
        return next((one for one in bought if receiver.about(one) == BOUGHT), None)

    return wait_until(told, seconds=60, what="a purchase that is told", every=0.5)
