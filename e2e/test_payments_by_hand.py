"""What only a person can decide about money, and what money that came too late must not show."""

from __future__ import annotations

import subprocess

import httpx
import pytest

import jari
from jari import pay_on_page, wait_until
from test_cards import NO_REFUND, Sandbox, reservation, status

REASON = "11월 25일에 계좌로 이체했습니다."


@pytest.fixture(scope="module")
def quick():
    with jari.Server(JARI_GATEWAY_TIMEOUT_MS="1500") as running:
        yield running


@pytest.fixture(scope="module")
def date(quick):
    return quick.date(quick.admin(), rows=5, seats_per_row=20, price=10_000)["id"]


@pytest.fixture
def sandbox(tmp_path):
    running = Sandbox(tmp_path)
    yield running
    running.close()


def refused(response, status_, code):
    assert (response.status_code, response.json()["code"]) == (status_, code), response.text


def logged(server, kind: str) -> list[dict]:
    entries = server.ok("GET", "/admin/audit-log", by=server.admin(), params={"limit": 100})["items"]
    return [entry for entry in entries if entry["kind"] == kind]


def capture_elsewhere(sandbox, payment: str, payment_key: str, amount: int):
    """As if somebody else had confirmed it with our secret key."""
    answer = httpx.post(
        f"{sandbox.url}/v1/payments/confirm", auth=(jari.SANDBOX_KEY, ""),
        json={"paymentKey": payment_key, "orderId": payment, "amount": amount})
    assert answer.is_success, answer.text


def test_a_failed_refund_is_settled_by_hand_once(quick, date):
    fan, staff = quick.fan(), quick.staff()
    _, payment = quick.to_pay(fan, date)
    quick.confirm(fan, payment["id"], pay_on_page(payment["checkout"], NO_REFUND))
    quick.ok("POST", f"/payments/{payment['id']}/refunds", {"reason": "못 가요"}, by=fan, key=True)

    def refund():
        return quick.ok("GET", f"/payments/{payment['id']}", by=fan)["refunds"][0]

    path, body = f"/admin/refunds/{refund()['id']}/settle", {"reason": REASON}
    wait_until(lambda: refund()["status"] == "FAILED", seconds=60, what="the gateway's refusal")
    wait_until(lambda: "jari_refunds_failed 1" in quick.http.get("/metrics").text, what="the metric")

    refused(quick.call("POST", path, body, key=True), 401, "notAuthenticated")
    refused(quick.call("POST", path, body, by=fan, key=True), 403, "notAllowed")
    refused(quick.call("POST", path, body, by=staff), 400, "idempotencyKeyMissing")
    for bad in ({}, {"reason": ""}, {"reason": "x" * 201}, body | {"status": "DONE"}):
        refused(quick.call("POST", path, bad, by=staff, key=True), 400, "invalidRequest")
    refused(quick.call("POST", f"/admin/refunds/{payment['id']}/settle", body, by=staff, key=True), 404, "notFound")
    assert refund()["status"] == "FAILED" and logged(quick, "refund.settled") == []

    key = jari.new_key()
    first = quick.call("POST", path, body, by=staff, key=key)
    assert first.status_code == 200 and first.json() == refund() and first.json()["status"] == "SETTLED"
    again = quick.call("POST", path, body, by=staff, key=key)
    assert again.content == first.content and again.headers["idempotency-replayed"] == "true"
    refused(quick.call("POST", path, body, by=staff, key=True), 409, "wrongState")
    wait_until(lambda: "jari_refunds_failed 0" in quick.http.get("/metrics").text, what="the metric")
    entry, = logged(quick, "refund.settled")
    assert (entry["staffId"], entry["subjectId"], entry["reason"]) == (staff.id, first.json()["id"], REASON)
    quick.audit()


def test_staff_read_why_a_fan_gave_tickets_back(quick, date):
    fan = quick.fan(points=20_000)
    paid = quick.buy(fan, date, 2)
    path = f"/payments/{paid['id']}"
    quick.ok("POST", f"{path}/refunds", {"ticketIds": paid["tickets"][:1], "reason": "한 명이 아파요"}, by=fan, key=True)
    assert "refundReasons" not in quick.ok("GET", path, by=fan)
    found = quick.ok("GET", path, by=quick.staff())["refundReasons"]
    assert found == [{"ticketId": paid["tickets"][0], "reason": "한 명이 아파요"}]


def test_a_payment_of_another_amount_at_the_gateway_is_let_go_and_stays_a_difference(fresh, sandbox):
    server = fresh(JARI_SANDBOX_URL=sandbox.url, JARI_GATEWAY_TIMEOUT_MS="1500")
    admin = server.admin()
    date = server.date(admin, rows=2, seats_per_row=10, price=10_000)["id"]
    fan, staff = server.fan(points=1_000), server.staff(admin)
    held, payment = server.to_pay(fan, date, points=1_000)
    # The fan changed what the page was told, and somebody captured it there.
    url = payment["checkout"]["url"].replace("amount=9000", "amount=8000")
    key = pay_on_page(payment["checkout"] | {"url": url, "amount": 8_000})
    path, body = f"/admin/payments/{payment['id']}/resolve", {"outcome": "DECLINED", "reason": "다른 금액"}
    refused(server.call("POST", path, body, by=staff, key=True), 409, "wrongState")
    capture_elsewhere(sandbox, payment["id"], key, 8_000)
    answer = server.confirm(fan, payment["id"], key)
    assert (answer.status_code, answer.json()["status"]) == (202, "UNKNOWN"), answer.text
    assert server.balance(fan) == 0

    for bad in ({}, {"outcome": "DECLINED"}, {"reason": "x"}, body | {"outcome": "CAPTURED"}, body | {"x": 1}):
        refused(server.call("POST", path, bad, by=staff, key=True), 400, "invalidRequest")
    refused(server.call("POST", path, body, by=fan, key=True), 403, "notAllowed")
    refused(server.call("POST", path, body, by=staff), 400, "idempotencyKeyMissing")
    refused(server.call("POST", f"/admin/payments/{held['id']}/resolve", body, by=staff, key=True), 404, "notFound")

    again = jari.new_key()

    def let_go():
        response = server.call("POST", path, body, by=staff, key=again)
        if response.status_code == 409:
            assert response.json()["code"] == "paymentUnderWay" and int(response.headers["retry-after"]) >= 1
            return None
        return response

    done = wait_until(let_go, seconds=30, what="the end of the asking")
    assert (done.status_code, done.json()["status"], done.json()["declineCode"]) == (200, "DECLINED", "LET_GO")
    assert server.balance(fan) == 1_000 and reservation(server, fan, held)["status"] in ("PENDING", "EXPIRED")
    assert server.call("POST", path, body, by=staff, key=again).content == done.content
    refused(server.call("POST", path, body, by=staff, key=True), 409, "wrongState")
    entry, = logged(server, "payment.letGo")
    assert (entry["staffId"], entry["subjectId"], entry["reason"]) == (staff.id, payment["id"], "다른 금액")

    # Nothing was paid by that, and the money at the gateway is not forgotten.
    told = server.run("reconcile")
    assert told.returncode == 2 and f"notCaptured  {payment['id']}  ours 0, the gateway's 8000" in told.stdout
    assert status(server, fan, payment["id"]) == "DECLINED"
    assert server.ok("GET", "/tickets", by=fan)["items"] == []
    server.audit()


def test_money_that_came_too_late_shows_no_tickets_of_another_payment(fresh, sandbox):
    server = fresh(JARI_SANDBOX_URL=sandbox.url, JARI_GATEWAY_TIMEOUT_MS="1500")
    date = server.date(server.admin(), rows=1, seats_per_row=5, price=10_000)["id"]
    fan = server.fan(points=10_000)
    held, late = server.to_pay(fan, date)
    key = pay_on_page(late["checkout"])
    paid = server.pay(fan, held["id"]).json()
    assert len(paid["tickets"]) == 1
    capture_elsewhere(sandbox, late["id"], key, 10_000)
    told = server.call("POST", "/webhooks/payments", {
        "eventType": "PAYMENT_STATUS_CHANGED", "data": {"orderId": late["id"], "paymentKey": key, "status": "DONE"}})
    assert told.status_code == 204
    found = server.ok("GET", f"/payments/{late['id']}", by=fan)
    assert (found["status"], found["declineCode"], found["tickets"]) == ("REFUNDED", "RETURNED", [])
    assert server.ok("GET", f"/payments/{paid['id']}", by=fan)["tickets"] == paid["tickets"]
    server.audit()


def test_checkout_pages_run_no_script_and_no_style_but_our_files(quick, fresh):
    for path in ("/checkout/success?orderId=a&paymentKey=<b>", "/checkout/fail?code=x"):
        page = quick.http.get(path)
        assert "unsafe" not in page.headers["content-security-policy"]
        assert "<style" not in page.text and "<b>" not in page.text
        assert all(script.startswith(' src="/assets/') or script.startswith(' type="module" src="/assets/')
                   for script in page.text.split("<script")[1:])
    assert quick.http.get("/checkout").status_code == 404
    assert quick.http.get("/checkout/assets/gateway.js").status_code == 404

    toss = fresh(JARI_GATEWAY="toss", JARI_TOSS_SECRET_KEY="test_sk_x", JARI_TOSS_CLIENT_KEY="test_ck_AbC-1")
    page = toss.http.get("/checkout?orderId=x")
    assert "unsafe" not in page.headers["content-security-policy"] and 'data-client-key="test_ck_AbC-1"' in page.text
    assert "<style" not in page.text and "<script>" not in page.text
    script = toss.http.get("/checkout/assets/gateway.js")
    assert script.headers["content-type"].startswith("text/javascript") and "requestPayment" in script.text
    assert toss.http.get("/checkout/assets/gateway.css").headers["content-type"].startswith("text/css")


def test_nobody_knows_the_key_of_a_sandbox_that_was_given_none(tmp_path, fresh):
    keys = set()
    for number in range(2):
        log = tmp_path / f"log-{number}"
        with log.open("w") as output:
            process = subprocess.Popen([jari.BINARY, "sandbox-gateway"], stdout=output, stderr=subprocess.STDOUT)
        try:
            words = wait_until(lambda: "faults" in log.read_text() and log.read_text().split(), what="its greeting")
            url = next(word for word in words if word.startswith("http://"))
            key = next(word for word in words if word.startswith("test_sk_"))
            assert httpx.get(f"{url}/sandbox/ledger", auth=("test_sk_sandbox", "")).status_code == 401
            assert httpx.get(f"{url}/sandbox/ledger", auth=(key, "")).status_code == 200
            keys.add(key)
        finally:
            process.kill()
            process.wait()
    assert len(keys) == 2

    server = jari.Server(tmp_path / "server", JARI_SANDBOX_URL=url, JARI_SANDBOX_SECRET_KEY="")
    (tmp_path / "server").mkdir(exist_ok=True)
    result = server.run("serve")
    assert result.returncode != 0 and "JARI_SANDBOX_SECRET_KEY" in result.stderr


def test_the_greeting_says_what_jari_reconcile_needs(fresh):
    server = fresh(JARI_SANDBOX_SECRET_KEY="")
    told = server.run("reconcile")
    assert told.returncode != 0
    assert "JARI_SANDBOX_URL" in told.stderr and "JARI_SANDBOX_SECRET_KEY" in told.stderr, told.stderr
    words = wait_until(lambda: "sandbox key" in server.stdout() and server.stdout().split(), what="the greeting")
    key = next(word for word in words if word.startswith("test_sk_"))
    url = next(word for word in words if word.endswith("/checkout")).removesuffix("/checkout")
    server.settings |= {"JARI_SANDBOX_URL": url, "JARI_SANDBOX_SECRET_KEY": key}
    told = server.run("reconcile")
    assert told.returncode == 0 and "0 differences" in told.stdout, told.stderr


def test_a_payment_is_not_let_go_while_the_gateway_is_away_or_may_still_capture_it(fresh, sandbox):
    server = fresh(JARI_SANDBOX_URL=sandbox.url, JARI_GATEWAY_TIMEOUT_MS="1500")
    admin = server.admin()
    date = server.date(admin, rows=1, seats_per_row=5, price=10_000)["id"]
    fan, staff = server.fan(), server.staff(admin)
    _, payment = server.to_pay(fan, date)
    key = pay_on_page(payment["checkout"])
    sandbox.close()
    assert server.confirm(fan, payment["id"], key).json()["status"] == "UNKNOWN"
    path, body = f"/admin/payments/{payment['id']}/resolve", {"outcome": "DECLINED", "reason": "x"}

    def refused_by_silence():
        answer = server.call("POST", path, body, by=staff, key=True)
        assert answer.status_code != 200, answer.text
        return answer.status_code == 503 and answer

    answer = wait_until(refused_by_silence, seconds=30, what="a moment in which nobody else asks")
    assert int(answer.headers["retry-after"]) >= 1 and answer.json()["code"] == "unavailable"
    assert status(server, fan, payment["id"]) == "UNKNOWN" and logged(server, "payment.letGo") == []
