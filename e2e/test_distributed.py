"""Several processes sell one date: what holds for one must hold for all of them together."""

from __future__ import annotations

import contextlib
import hashlib
import random
import subprocess
import uuid
from urllib.parse import urlsplit

import pytest

from distributed import Flood, Processes, service, services
from jari import Server, wait_until

SEATS = 600


@pytest.fixture
def processes(tmp_path):
    running = []

    def start(count=3, **settings):
        running.append(Processes(tmp_path, count, **settings))
        return running[-1]

    yield start
    for one in running:
        one.close()


def open_sale(processes, fan_count, points=10_000_000, **date):
    """A date of `SEATS` seats, with fans inside who have come in through different processes."""
    fans = processes.first.fans(fan_count, points=points)
    sale = processes.first.date(processes.first.admin(), rows=12, seats_per_row=50, **date)["id"]
    for fan in fans:
        processes.any().enter(fan, sale)
    return sale, fans


def check_sold_out(processes, flood, date, maps_within=1):
    """Every seat has one ticket, all maps show it within a second, every event arrives, and the audit is content."""
    sold = [ticket for _, payment in flood.paid for ticket in payment["tickets"]]
    assert len(sold) == len(set(sold)) == SEATS
    wait_until(lambda: len(set(processes.maps(date))) == 1, seconds=maps_within, what="equal seat maps")
    seats = processes.servers[-1].ok("GET", f"/dates/{date}/seats")["seats"]
    assert {seat["status"] for seat in seats} == {"PAID"}
    assert processes.sql(f"SELECT count(DISTINCT seat_id) FROM tickets WHERE date_id = '{date}' AND status = 'VALID'") \
        == str(SEATS)
    wait_until(lambda: processes.undelivered() == 0, seconds=30, what="an empty outbox")
    admin = processes.first.admin()
    wait_until(
        lambda: sum(grade["sold"] for grade in
                    processes.any().ok("GET", f"/admin/dates/{date}/sales", by=admin)["grades"]) == SEATS,
        seconds=30, what="sales figures of every sale", every=0.2)
    processes.first.audit()


def test_three_processes_sell_out_a_date_under_a_flood(processes):
    """Overlapping holds at three processes: no seat twice, equal maps, every event delivered, a clean audit."""
    running = processes()
    date, fans = open_sale(running, 24)
    with Flood(running, fans, date) as flood:
        flood.finish()
    assert flood.refusals.get("seatTaken", 0) > 0, "nobody wanted the same seats: this shows nothing"
    check_sold_out(running, flood, date)


def test_processes_that_are_killed_every_few_seconds_lose_nothing(processes):
    """The same, with one process after the other killed and started again."""
    running = processes()
    date, fans = open_sale(running, 24)
    kills = 0
    with Flood(running, fans, date, seats_a_time=2) as flood:
        while not all(work.done() for work in flood.works):
            victim = random.choice(running.servers)
            sold = len(flood.paid)
            wait_until(
                lambda: len(flood.paid) > sold + SEATS // 20 or all(work.done() for work in flood.works),
                seconds=60, what="sales between two kills")
            victim.kill_process()
            kills += 1
            victim.restart()
        flood.finish()
    assert kills >= 3
    # A process that dies between a commit and telling of it is noticed by its silence.
    check_sold_out(running, flood, date, maps_within=4)


def test_redis_may_forget_everything_in_the_middle_of_a_sale(processes):
    """FLUSHALL: no seat twice, everybody keeps the place, the audit is clean."""
    running = processes()
    date, fans = open_sale(running, 24)
    admin = running.first.admin()
    running.first.ok("POST", f"/admin/dates/{date}/queue/pause", by=admin, key=True)
    waiting = running.first.fans(20)
    tokens = [running.any().ok("POST", "/queue/token", {"dateId": date}, by=fan)["token"] for fan in waiting]
    places = list(range(1, 21))
    assert [running.any().ok("GET", "/queue/token", queue=token)["position"] for token in tokens] == places
    with Flood(running, fans, date) as flood:
        for _ in range(3):
            sold = len(flood.paid)
            wait_until(lambda: len(flood.paid) > sold + 5 or not flood.left, what="some sales")
            redis_cli("FLUSHALL")
            # Buyers whom the room has forgotten come back before those who wait, while we ask: no place gets better.
            positions = [ask_again(running, token)["position"] for token in tokens]
            assert all(before < behind for before, behind in zip(positions, positions[1:])), f"inversion: {positions}"
        flood.finish()
    check_sold_out(running, flood, date)


def test_redis_may_forget_a_draw_that_few_have_asked_about(processes):
    """FLUSHALL right after the opening: everybody stands where the seed says, and nobody who comes later is before."""
    running = processes()
    admin = running.first.admin()
    date = running.first.date(admin, opens=6)["id"]
    running.first.ok("POST", f"/admin/dates/{date}/queue/pause", by=admin, key=True)
    fans = running.first.fans(20)
    tokens = {fan.id: running.any().ok("POST", "/queue/token", {"dateId": date}, by=fan)["token"] for fan in fans}
    figures = lambda: running.any().ok("GET", f"/dates/{date}/queue")
    assert figures()["drawSeed"] is None, "the sale opened before all had come"
    seed = bytes.fromhex(wait_until(lambda: figures()["drawSeed"], seconds=10, what="the opening"))
    lot = lambda fan: hashlib.sha256(seed + uuid.UUID(date).bytes + uuid.UUID(fan).bytes).digest()
    expected = sorted(tokens, key=lot)
    for fan in random.sample(expected, 3):
        assert ask_again(running, tokens[fan])["position"] == expected.index(fan) + 1
    redis_cli("FLUSHALL")
    late = running.first.fan()
    joined = wait_until(
        lambda: (answer := running.any().call("POST", "/queue/token", {"dateId": date}, by=late)).is_success and answer,
        seconds=20, what="the queue's return", every=0.1).json()
    assert joined["position"] == 21
    assert [ask_again(running, tokens[fan])["position"] for fan in expected] == list(range(1, 21))


def test_redis_away_stops_the_queue_and_not_the_sale(processes):
    """Those inside go on buying; the queue says when to come again; when Redis is back, so is the queue."""
    running = processes()
    date, fans = open_sale(running, 24)
    stranger = running.first.fan()
    with Flood(running, fans, date) as flood:
        wait_until(lambda: len(flood.paid) > 5, what="some sales")
        services("stop", "redis")
        try:
            sold = len(flood.paid)
            wait_until(lambda: len(flood.paid) > sold + 20 or not flood.left, seconds=60, what="sales without Redis")
            refused = running.any().call("POST", "/queue/token", {"dateId": date}, by=stranger)
            assert refused.status_code == 503 and int(refused.headers["Retry-After"]) >= 1, refused.text
            assert running.any().http.get("/readyz").status_code == 200
        finally:
            services("up", "redis")
        flood.finish()
        wait_until(
            lambda: running.any().call("POST", "/queue/token", {"dateId": date}, by=stranger).status_code in (200, 201),
            seconds=30, what="the queue's return", every=0.2)
    check_sold_out(running, flood, date)


def test_kafka_away_lets_the_outbox_grow_and_then_drain(processes):
    """Sales go on without the broker; when it is back every event arrives."""
    running = processes(count=2)
    date, fans = open_sale(running, 24)
    services("stop", "kafka")
    try:
        with Flood(running, fans, date) as flood:
            flood.finish()
        assert running.undelivered() > SEATS / 3
    finally:
        services("up", "kafka")
    check_sold_out(running, flood, date)


def test_a_process_starts_without_redis_and_kafka(processes):
    """Neither keeps it from selling to those who are inside; `/readyz` names them; their return needs no restart."""
    running = processes(count=1)
    server = running.first
    date, fans = open_sale(running, 1)
    services("stop", "redis", "kafka")
    try:
        server.kill()
        server.start()
        held = wait_until(
            lambda: (answer := server.hold(fans[0], date, 1)).status_code == 201 and answer, what="a hold")
        assert server.pay(fans[0], held.json()["id"]).status_code == 201
        state = server.http.get("/readyz").json()
        assert state["status"] == "ready"
        assert (state["checks"]["store"], state["checks"]["coordination"]) == ("ok", "unavailable")
    finally:
        services("up", "redis", "kafka")
    fan = server.fan()
    # Until Redis is found again the queue says so, and to ask later.
    wait_until(lambda: server.call("POST", "/queue/token", {"dateId": date}, by=fan).is_success, seconds=10,
               what="the queue's return")
    server.enter(fan, date, seconds=30)
    wait_until(lambda: running.undelivered() == 0, seconds=30, what="an empty outbox")


@pytest.mark.parametrize("trouble", ["unreachable", "password", "database", "newer"])
def test_a_store_that_cannot_be_used_is_one_clear_line(processes, tmp_path, trouble):
    """Unreachable, a wrong password, no such database, a newer schema: one line that says so, and an exit code."""
    running = processes(count=1)
    address = urlsplit(running.uri)
    broken = {
        "unreachable": (running.uri.replace(f":{address.port}/", ":1/"), "127.0.0.1"),
        "password": (running.uri.replace(f":{address.password}@", ":wrong@"), "password"),
        "database": (running.uri + "_none", "does not exist"),
        "newer": (running.uri, "newer"),
    }[trouble]
    if trouble == "newer":
        running.first.stop()
        running.sql("INSERT INTO schema_versions (version, oldest_program) VALUES (99, 99)")
    with contextlib.closing(Server(tmp_path / "broken", **running.first.settings | {"JARI_STORE": broken[0]})) as server:
        server.folder.mkdir()
        server.launch()
        assert server.process.wait(20) > 0
        # Beside the log, where the connection tells of its trouble too.
        complaints = [line for line in server.stderr().splitlines() if line.startswith("jari: ")]
        assert len(complaints) == 1 and broken[1] in complaints[0], server.stderr()
        assert address.password not in server.stderr()


def ask_again(running, token):
    """The place of a token, from whichever process; while the room is put together again it asks again."""
    def asked():
        answer = running.any().call("GET", "/queue/token", queue=token)
        return answer.json() if answer.status_code == 200 else None

    return wait_until(asked, seconds=20, what="the place", every=0.1)


def redis_cli(*arguments):
    host, port = service("JARI_TEST_REDIS").removeprefix("redis://").split("/")[0].split(":")
    subprocess.run(["redis-cli", "-h", host, "-p", port, *arguments], check=True, capture_output=True, timeout=20)
